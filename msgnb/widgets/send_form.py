"""A form that sends one text.

* The button is off while a message is on its way, and afterwards until something is changed: a second click,
  also one that waited in the queue, can't send the same message twice.
* Nothing is raised out of a handler, where it would be lost: each outcome stands in the form and in `state`,
  `result` and `error`.
* Fields tell their value when they are left, not letter by letter: a click made while the kernel is busy
  would otherwise send half of the text.
"""

from __future__ import annotations

import logging
from typing import Any, Literal

import ipywidgets as widgets

from msgnb.client import Client
from msgnb.errors import MsgnbError, OutcomeUnknown
from msgnb.markup import Markup, element
from msgnb.sending import SendResult
from msgnb.widgets.fields import FRAME, QUIET, State, field, notice

log = logging.getLogger("msgnb.widgets")

_BUBBLE = (
    "display:inline-block;max-width:34em;margin:2px 0;padding:6px 10px;border-radius:10px;line-height:1.4;"
    "white-space:pre-wrap;overflow-wrap:anywhere;background:var(--jp-layout-color2, #eee);"
    "color:var(--jp-ui-font-color1, #222)"
)


class SendForm(widgets.VBox):
    """A form that sends one text through a client.

    >>> form = msgnb.widgets.SendForm(world.netsapiens)
    >>> form

    Without a screen, as in a test, fill in `form.to.value`, `form.sender.value`, `form.text.value` and call
    `form.submit()`.

    Attributes:
        to: the field of the recipient.
        sender: the field of the sender; not shown where the account is always the sender.
        text: the field of the text.
        state: `ready`, `sending`, `sent`, `rejected` or `unknown`.
        result: what became of the last message.
        error: the exception behind a message that was rejected or is unknown.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self.state: State = "ready"
        self.result: SendResult | None = None
        self.error: BaseException | None = None
        self.to = field(widgets.Text, "To", client.recipient_hint)
        self.sender = field(widgets.Text, "From", client.sender_hint or "")
        self.text = field(widgets.Textarea, "Text", "What do you want to say?", rows=4)
        self._preview = widgets.HTML()
        self._status = widgets.HTML()
        self._button = widgets.Button(
            description="Send", icon="paper-plane", button_style="primary", tooltip="Send this text once"
        )
        self._button.on_click(lambda _: self.submit())
        self._fields = [self.to, *([self.sender] if client.sender_hint else []), self.text]
        for each in self._fields:
            each.observe(self._changed, "value")
        actions = widgets.HBox(
            [self._button, self._status], layout={"margin": "4px 0 0 88px", "align_items": "center"}
        )
        title = widgets.HTML(element("b", f"Send a text on {_NAMES.get(client.platform, client.platform)}"))
        account = widgets.HTML(element("span", f"as {client.account}", style=QUIET))
        head = widgets.HBox([title, account], layout={"margin": "0 0 4px 0"})
        super().__init__(
            [head, *self._fields, self._preview, actions],
            layout=FRAME,
        )
        self.add_class("msgnb-send-form")
        self._show("ready", "")
        self._preview.value = self._drawn()

    def submit(self) -> SendResult | None:
        """Send what the form holds, as a click on the button does; returns what became of it.

        While a message is on its way, and after it until a field is changed, it does nothing.
        """
        if self._button.disabled:
            return None
        self._show("sending", "Sending …")
        try:
            self._finish(self._sent())
        except OutcomeUnknown as error:
            self._fail("unknown", error, f"Not known whether it was sent. {error}")
        except MsgnbError as error:
            self._fail("rejected", error, f"Not sent. {error}")
        except KeyboardInterrupt as error:
            self._fail("unknown", error, "Interrupted on its way: look it up before you send it again.")
        except Exception as error:
            # A handler that raises is lost in a notebook; and what failed inside may have been sent.
            log.exception("the form failed")
            self._fail("unknown", error, f"Something broke: {type(error).__name__}: {error}")
        return self.result

    def __repr__(self) -> str:
        return f"<SendForm {self._client.platform} to={self.to.value!r} state={self.state}>"

    def _sent(self) -> SendResult:
        return self._client.send_text(
            self.to.value.strip(), self.text.value, sender=self.sender.value.strip() or None
        )

    def _finish(self, result: SendResult) -> None:
        self.result, self.error = result, None
        known_as = result.message or result.campaign or result.session
        self._show("sent", f"Sent to {result.recipient}" + (f" as {known_as}" if known_as else ""))

    def _fail(self, state: Literal["rejected", "unknown"], error: BaseException, words: str) -> None:
        self.error = error
        self.result = SendResult(self._client.platform, self.to.value.strip(), state, error=words)
        self._show(state, words)

    def _show(self, state: State, words: str) -> None:
        self.state = state
        # What was rejected may be sent again as it is, for example when the network is back.
        self._button.disabled = state in {"sending", "sent", "unknown"}
        self._status.value = notice(state, words)

    def _changed(self, _change: Any) -> None:
        self._preview.value = self._drawn()
        self._show("ready", "")

    def _drawn(self) -> Markup:
        """The message as its recipient will see it."""
        text = self.text.value
        if not text:
            return Markup()
        sender = self.sender.value.strip() or self._client.account
        line = f"{sender} → {self.to.value.strip() or '…'} · {len(text)} characters"
        return element(
            "div",
            element("div", line, style=QUIET),
            element("div", text, style=_BUBBLE, dir="auto"),
            style="margin-left:88px",
        )


_NAMES = {"blip": "BLiP", "netsapiens": "NetSapiens", "smsdrop": "SMSDrop"}
