"""The form without a screen."""

from __future__ import annotations

from typing import Any

import pytest

import msgnb
from msgnb.markup import Markup, element
from msgnb.sending import SendResult
from msgnb.widgets import SendForm


class Fake:
    """A client that notes what it sends and does what it is told."""

    platform = "blip"
    account = "bot@msging.net"
    recipient_hint = "somebody"
    sender_hint: str | None = None

    def __init__(self, outcome: BaseException | None = None) -> None:
        self.outcome = outcome
        self.sent: list[tuple[str, str, str | None]] = []
        self.button_off: list[bool] = []
        self.form: Any = None

    def send_text(self, to: str, text: str, *, sender: str | None = None) -> SendResult:
        self.sent.append((to, text, sender))
        self.button_off.append(self.form._button.disabled)
        if self.outcome:
            raise self.outcome
        return SendResult("blip", to, "sent", message="m1")


def filled(client: Any) -> SendForm:
    form = SendForm(client)
    client.form = form
    form.to.value, form.text.value = " 5511@wa.gw.msging.net ", "$5 and $6 <b>now</b>"
    return form


def test_it_sends_once() -> None:
    """A message leaves once however often it is submitted, until a field is changed."""
    client = Fake()
    form = filled(client)
    assert form.submit() == SendResult("blip", "5511@wa.gw.msging.net", "sent", message="m1")
    assert form.submit() is None
    form._button.click()
    assert client.sent == [("5511@wa.gw.msging.net", "$5 and $6 <b>now</b>", None)]
    assert client.button_off == [True]
    assert form.state == "sent"
    form.text.value = "another"
    form._button.click()
    assert [text for _, text, _ in client.sent] == ["$5 and $6 <b>now</b>", "another"]


@pytest.mark.parametrize(
    ("outcome", "state", "words"),
    [
        (msgnb.InvalidRequest.of(to="is nobody"), "rejected", "Not sent. to: is nobody"),
        (msgnb.Unreachable("no connection"), "rejected", "Not sent. no connection"),
        (msgnb.OutcomeUnknown("lost", id="m1"), "unknown", "Not known whether it was sent. lost"),
        (KeyboardInterrupt(), "unknown", "Interrupted"),
        (RuntimeError("<oops>"), "unknown", "RuntimeError: &lt;oops&gt;"),
    ],
)
def test_every_outcome_stands_in_the_form(outcome: BaseException, state: str, words: str) -> None:
    """Nothing is raised; what happened is shown, escaped, and kept in state, result and error."""
    form = filled(Fake(outcome))
    result = form.submit()
    assert result is form.result
    assert result is not None
    assert (result.state, form.state, form.error) == (state, state, outcome)
    assert words in form._status.value
    assert form._button.disabled is (state == "unknown")


def test_a_refused_message_can_be_sent_again() -> None:
    """After a refusal the same message can be tried again."""
    client = Fake(msgnb.Unreachable("no connection"))
    form = filled(client)
    form.submit()
    client.outcome = None
    form.submit()
    assert form.state == "sent"
    assert form.error is None
    assert len(client.sent) == 2


def test_the_preview_shows_the_text_as_written() -> None:
    """The preview shows sender, recipient and text, escaped; without a text there is none."""
    form = filled(Fake())
    assert "$5 and $6 &lt;b&gt;now&lt;/b&gt;" in form._preview.value
    assert "bot@msging.net → 5511@wa.gw.msging.net" in form._preview.value
    form.text.value = ""
    assert form._preview.value == ""


def test_a_sender_is_asked_for_where_there_is_one() -> None:
    """Where the account is always the sender there is no field for one; elsewhere it is sent."""
    without = SendForm(Fake())
    assert without.sender not in without.children
    client = Fake()
    client.sender_hint = "18585550001"
    form = SendForm(client)
    client.form = form
    form.to.value, form.sender.value, form.text.value = "1", "2", "3"
    form.submit()
    assert form.sender in form.children
    assert client.sent == [("1", "3", "2")]


def test_its_repr_is_plain() -> None:
    """Where no widget is drawn, the form is a line of text."""
    assert repr(SendForm(Fake())) == "<SendForm blip to='' state=ready>"


def test_it_sends_through_every_client(world: msgnb.testing.Offline) -> None:
    """The form sends on all three platforms, and the message is read next."""
    for client, to, sender in (
        (world.blip, "551100001111@0mn.io", ""),
        (world.netsapiens, "1002", ""),
        (world.smsdrop, "+22963588213", "MyShop"),
    ):
        form = SendForm(client)
        form.to.value, form.sender.value, form.text.value = to, sender, "from the form"
        result = form.submit()
        assert form.state == "sent", form.error
        assert result is not None
        assert client.messages(result.session or "")["text"][0] == "from the form"


def test_markup_is_escaped_once() -> None:
    """Text is escaped, attributes too, and what is markup already is left as it is."""
    inner = element("i", "<x>", title='"quoted"')
    assert inner == '<i title="&quot;quoted&quot;">&lt;x&gt;</i>'
    assert element("b", inner, "&") == f"<b>{inner}&amp;</b>"
    assert isinstance(inner, Markup)
