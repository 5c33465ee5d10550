"""The form without a screen."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import msgnb
from msgnb.core.sending import SendResult
from msgnb.platforms.message_kinds import Upload
from msgnb.widgets import SendForm


class Fake:
    """A client that notes what it sends and does what it is told."""

    platform = "blip"
    account = "bot@msging.net"
    connection = SimpleNamespace(http=SimpleNamespace(source=None))

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

    def credit(self) -> int | None:
        return None


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
    form.press("send")
    assert client.sent == [("5511@wa.gw.msging.net", "$5 and $6 <b>now</b>", None)]
    assert client.button_off == [True]
    assert form.state == "sent"
    form.text.value = "another"
    form.press("send")
    assert [text for _, text, _ in client.sent] == ["$5 and $6 <b>now</b>", "another"]


@pytest.mark.parametrize(
    ("outcome", "state", "words"),
    [
        (msgnb.InvalidRequest.of(to="is nobody"), "rejected", "Not sent. to: is nobody"),
        (msgnb.Unreachable("no connection"), "rejected", "Not sent. no connection"),
        (msgnb.OutcomeUnknown("lost", id="m1"), "unknown", "Not known whether it was sent. lost"),
        (KeyboardInterrupt(), "unknown", "It was interrupted"),
        (RuntimeError("<oops>"), "unknown", "RuntimeError: <oops>"),
    ],
)
def test_every_outcome_stands_in_the_form(outcome: BaseException, state: str, words: str) -> None:
    """Nothing is raised; what happened is shown, escaped, and kept in state, result and error."""
    form = filled(Fake(outcome))
    result = form.submit()
    assert result is form.result
    assert result is not None
    assert (result.state, form.state, form.error) == (state, state, outcome)
    assert words in form.status.spec["words"]
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
    assert "$5 and $6 &lt;b&gt;now&lt;/b&gt;" in form._preview.html
    assert "bot@msging.net → 5511@wa.gw.msging.net" in form._preview.html
    form.text.value = ""
    assert form._preview.html == ""


def test_a_sender_is_asked_for_where_there_is_one() -> None:
    """Where the account is always the sender there is no field for one; elsewhere it is sent."""
    without = SendForm(Fake())
    assert not without.sender.shown
    client = Fake()
    client.platform = "netsapiens"
    form = SendForm(client)
    client.form = form
    form.to.value, form.sender.value, form.text.value = "1", "2", "3"
    form.submit()
    assert form.sender.shown
    assert client.sent == [("1", "3", "2")]


def test_its_repr_is_plain() -> None:
    """Where no widget is drawn, the form is a line of text."""
    assert repr(SendForm(Fake())) == "<SendForm as bot@msging.net state=ready>"


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


@pytest.mark.parametrize(
    ("kind", "fields", "type_", "code"),
    [
        ("Text", {"text": "Hi"}, "text/plain", "bot.send_text('551100001111@0mn.io', 'Hi')"),
        (
            "Picture or file at an address",
            {"url": "https://example.com/a.pdf", "text": "The menu"},
            "application/vnd.lime.media-link+json",
            "content.media('https://example.com/a.pdf', 'application/pdf', text='The menu')",
        ),
        ("Link", {"url": "https://example.com"}, "application/vnd.lime.web-link+json", "web_link"),
        (
            "Menu",
            {"text": "Tea?", "options": "Yes\n\n No "},
            "application/vnd.lime.select+json",
            "['Yes', 'No']",
        ),
        (
            "Quick replies",
            {"text": "Tea?", "options": "Yes"},
            "application/vnd.lime.select+json",
            "quick_reply",
        ),
        ("Place", {"place": "-19.9, -43.9"}, "application/vnd.lime.location+json", "location(-19.9, -43.9"),
    ],
)
def test_every_kind_of_a_bot_is_sent(
    world: msgnb.testing.Offline, kind: str, fields: dict[str, str], type_: str, code: str
) -> None:
    """Each kind shows its own fields, goes out with its type, and stands as the Python line that does it."""
    form = SendForm(world.blip)
    form.kind.value = kind
    form.to.value = "551100001111@0mn.io"
    for name, value in fields.items():
        assert getattr(form, name).shown
        getattr(form, name).value = value
    assert code in form.python
    form.submit()
    assert form.state == "sent", form.error
    assert world.blip.messages("551100001111@0mn.io", limit=1)["content_type"][0] == type_


def test_a_message_for_later_is_in_the_zone_that_is_stated(world: msgnb.testing.Offline) -> None:
    """A time is what a clock in the stated zone shows; the form says what that is in UTC."""
    form = SendForm(world.blip, zone="America/Sao_Paulo")
    form.to.value, form.text.value, form.time.value = "551100001111@0mn.io", "Hi", "2030-05-05T12:30"
    assert form.time.note == "is 2030-05-05 15:30 UTC"
    assert "datetime.fromisoformat('2030-05-05T12:30:00-03:00')" in form.python
    form.submit()
    assert form.status.spec["words"].startswith("Accepted for later, to 551100001111@0mn.io")
    assert str(world.blip.schedules()["at"].max()) == "2030-05-05 15:30:00+00:00"
    form.zone.value = "Sao Paulo"
    assert form.zone.problem == "'Sao Paulo' is none; write it like America/Sao_Paulo"
    form.zone.value, form.time.value = "Europe/Berlin", "2030-03-31T02:30"
    assert form.time.problem == "clocks in Europe/Berlin skip that hour; choose another"
    assert form.submit() is not None
    assert form.state == "rejected"


def test_an_sms_for_later_on_smsdrop(world: msgnb.testing.Offline) -> None:
    """The platform gets the moment, with its zone, and the type of a flash message."""
    form = SendForm(world.smsdrop, zone="Asia/Tokyo")
    form.kind.value = "Flash SMS"
    form.to.value, form.sender.value, form.text.value = "+22963588213", "MyShop", "Hi"
    form.time.value = "2030-05-05T12:30"
    form.submit()
    assert form.state == "sent", form.error
    campaign = world.smsdrop.read_campaigns(limit=1)[0]
    assert campaign.defer_until is not None
    assert campaign.defer_until.astimezone(UTC) == datetime(2030, 5, 5, 3, 30, tzinfo=UTC)
    assert campaign.message_type == msgnb.MessageType.FLASH_MESSAGE


def test_a_file_goes_along(world: msgnb.testing.Offline) -> None:
    """On NetSapiens a file makes it an MMS, or a chat with media."""
    form = SendForm(world.netsapiens)
    form.kind.value = "Picture or file"
    form.to.value, form.file.value = "1002", Upload("menu.png", "image/png", b"\x89PNG....")
    assert "media='menu.png'" in form.python
    result = form.submit()
    assert form.state == "sent", form.error
    assert result is not None
    sent = world.netsapiens.messages(result.session or "")
    assert sent["media_type"][0] == "image/png"


def test_what_can_not_be_right_stands_beside_its_field(world: msgnb.testing.Offline) -> None:
    """While one types, the field says what is wrong with it; nothing is sent until it is right."""
    form = SendForm(world.smsdrop)
    form.to.value = "12"
    assert form.to.problem == "'12' is no phone number; write it like +22963588213"
    form.sender.value = "MyShopIsTooLong"
    assert "15 characters, 11 are allowed" in form.sender.problem
    form.to.value, form.sender.value = "+22963588213", "MyShop"
    assert form.to.problem == form.sender.problem == ""
    form.submit()
    assert form.text.problem == "is empty"
    assert form.state == "rejected"
    pbx = SendForm(world.netsapiens)
    pbx.to.value = "1002, Ana Sousa"
    assert pbx.to.problem == "'Ana Sousa' is neither a phone number nor a user"
    pbx.submit()
    assert world.received("smsdrop").get("+22963588213") is None


def test_a_text_is_counted_as_it_is_typed(world: msgnb.testing.Offline) -> None:
    """The counter knows encoding, SMS and credit; what forces Unicode can be written plainly by a click."""
    form = SendForm(world.smsdrop)
    form.load()
    form.text.value = "It’s on us – " * 6
    assert (
        form.text.note
        == "78 characters · UCS-2 · 2 SMS, 56 places left · of 5,000 in credit · Unicode because of ’ –"
    )
    assert "spares 1 SMS" in form._plain.html
    form.press("plain")
    assert form.text.value == "It's on us - " * 6
    assert "GSM-7 · 1 SMS" in form.text.note
    assert form._plain.html == ""
    bot = SendForm(world.blip)
    bot.text.value = "It’s"
    assert bot.text.note == "4 characters"


def test_a_group_of_users_gets_no_sms(world: msgnb.testing.Offline) -> None:
    """On NetSapiens SMS are counted for phones only, however many users a chat goes to."""
    form = SendForm(world.netsapiens)
    form.text.value = "Lunch?"
    for to, counted in (("", False), ("1002, 1004, 1006", False), ("18585550001", True)):
        form.to.value = to
        assert ("SMS" in form.text.note) is counted


def test_people_are_offered_by_name_and_number(world: msgnb.testing.Offline) -> None:
    """Contacts and sessions are read once the field is entered, and offered by what is typed."""
    form = SendForm(world.blip)
    contact = world.blip.contacts()
    name = next(each for each in contact["name"] if isinstance(each, str))
    assert form.to.spec["options"] == []
    form.load()
    form.to.value = name.split()[0].lower()
    offered = dict(form.to.spec["options"])
    assert contact.set_index("name")["contact"][name] in offered
    assert len(offered) <= 20
    pbx = SendForm(world.netsapiens)
    pbx.load()
    assert [value for value, _ in pbx.sender.spec["options"]] == list(world.netsapiens.numbers()["number"])
    assert pbx.thread.spec["options"]


def test_a_table_of_people_is_offered(world: msgnb.testing.Offline) -> None:
    """Any table with contacts or phones can be given to choose from; another one is refused."""
    people = pd.DataFrame({"phone": ["+22963588213", None], "name": ["Ana", "Bia"]})
    form = SendForm(world.smsdrop, contacts=people)
    form.to.value = "ana"
    assert form.to.spec["options"] == [("+22963588213", "Ana · +22963588213")]
    with pytest.raises(msgnb.InvalidRequest, match="none of the columns contact, recipient, phone"):
        SendForm(world.smsdrop, contacts=pd.DataFrame({"x": [1]}))


def test_the_cell_run_again_sends_nothing_again() -> None:
    """After a message was sent, the form of the same client stands as sent until something is changed."""
    client = Fake()
    filled(client).submit()
    client.sent.clear()
    again = SendForm(client)
    client.form = again
    assert again.state == "sent"
    assert again.submit() is None
    assert client.sent == []
    again.text.value = "another"
    again.submit()
    assert [text for _, text, _ in client.sent] == ["another"]


def test_the_line_that_does_the_same_does_the_same(world: msgnb.testing.Offline) -> None:
    """The Python line, run, sends what the form would send."""
    form = SendForm(world.netsapiens)
    form.to.value, form.text.value = "1002, 1004", 'It\'s "us"'
    names = {"pbx": world.netsapiens}
    result = eval(form.python, names)
    assert result.recipient == "1002,1004"
    assert world.netsapiens.messages(result.session)["text"][0] == 'It\'s "us"'


def test_a_form_of_another_world_starts_empty() -> None:
    """What was sent in one world was not sent in the next, although platform and account are the same."""
    for seed in (7, 7):
        with msgnb.offline(seed) as world:
            form = SendForm(world.netsapiens)
            assert (form.state, form.to.value) == ("ready", "")
            form.to.value, form.text.value = "1002", "Hello"
            form.submit()
            assert form.state == "sent"
            again = SendForm(world.netsapiens)
            assert (again.state, again.to.value) == ("sent", "1002")
