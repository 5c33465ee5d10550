"""A form that sends one message.

* The button is off while a message is on its way, and afterwards until something is changed: a second click,
  also one that waited in the queue, can't send the same message twice; nor does the cell, run again.
* What it does is a call of the client's method, and stands below as a Python line.
* Nothing is raised out of a handler, where it would be lost: each outcome stands in the form and in `state`,
  `result` and `error`.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from msgnb.campaigns import sms
from msgnb.core.errors import InvalidRequest, MsgnbError, OutcomeUnknown
from msgnb.core.html import Markup, element
from msgnb.core.sending import SendResult
from msgnb.platforms.base import Client
from msgnb.platforms.calls import NAMES, TITLES, Call
from msgnb.platforms.message_kinds import KINDS, Kind, Values, check_recipient, check_sender, members
from msgnb.platforms.netsapiens.media import LARGEST
from msgnb.platforms.netsapiens.messages import is_phone
from msgnb.tables.transcript import QUIET, bubble
from msgnb.widgets.form import Form
from msgnb.widgets.parts import Button, Code, Control, FileControl, Pane
from msgnb.widgets.people import People
from msgnb.widgets.zones import When

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("msgnb.widgets")

OFFERED_SESSIONS, OFFERED_CONTACTS = 200, 1_000
"""How many the form reads for its picker."""
_FIELDS = {
    "to": "to", "destination": "to", "recipient": "to", "recipient_list": "to",
    "sender": "sender", "from_number": "sender", "text": "text", "message": "text",
    "messagesession": "thread", "session": "thread", "media": "file", "mime_type": "file",
    "uri": "address", "defer_until": "time", "when": "time",
}  # fmt: skip
"""The form's fields, by what errors call them."""
_UNSURE = (
    "Not known whether it was sent. {} Look into the conversation; change something to send it once more."
)


class SendForm(Form):
    """A form that sends messages of any kind through a client.

    >>> form = msgnb.widgets.SendForm(world.netsapiens)
    >>> form

    Without a screen, as in a test, fill in `form.to.value`, `form.sender.value`, `form.text.value` and call
    `form.submit()`. It restores what was last put in when its cell is run again.

    Args:
        client: whose account sends.
        contacts: a table of people to choose from, of any size; the account's latest sessions and contacts
            are read where it is `None`, once the field is entered.
        zone: the zone of times, as `America/Sao_Paulo`; this machine's where it is `None`.

    Attributes:
        to: the field of the recipient; several on NetSapiens, separated by commas, make a group.
        kind: the field of the kind of message, by its title.
        sender: the field of the sender; not shown where the account is always the sender.
        text: the field of the text.
        file: the field of a file to send.
        time: the field of the time to send at, as a clock in `zone` shows it.
        zone: the field of the zone.
        state: `ready`, `sending`, `sent`, `rejected` or `unknown`.
        result: what became of the last message.
        error: the exception behind a message that was rejected or is unknown.

    Raises:
        InvalidRequest: `contacts` names nobody.
    """

    presses: ClassVar = {"send": "submit", "plain": "make_plain"}

    def __init__(
        self, client: Client, *, contacts: pd.DataFrame | None = None, zone: str | None = None
    ) -> None:
        self._client = client
        self._kinds = {kind.title: kind for kind in KINDS[client.platform]}
        self._people = People(() if contacts is None else (contacts,))
        self._loads = contacts is None
        self._credit: int | None = None
        self.result: SendResult | None = None
        self.error: BaseException | None = None
        self.to = Control("text", "To", hint=client.recipient_hint)
        self.kind = Control("select", "Kind", options=list(self._kinds))
        self.sender = Control("text", "From", hint=client.sender_hint or "")
        self.text = Control("textarea", "Text", hint="What do you want to say?")
        self.address = Control("text", "Address", hint="https://example.com/menu.pdf")
        self.options = Control("textarea", "Options", hint="One to a line", rows=3)
        self.place = Control("text", "Place", hint="-19.92, -43.94")
        self.file = FileControl("File", accept="image/*,audio/*,video/*,.pdf,.vcf", most=LARGEST)
        self.thread = Control("text", "Thread", hint="a new one, or the id of a session to answer in")
        self._when = When(zone)
        self.time, self.zone = self._when.time, self._when.zone
        self._plain = Pane()
        self._plain.still = Markup()
        self._preview = Pane(label="Preview")
        self._button = Button("Send", look="primary", hint="Send this once", enter=True)
        self._line = Code()
        super().__init__(
            f"Send a message on {TITLES[client.platform]}",
            f"as {client.account}",
            {
                "to": self.to, "sender": self.sender, "kind": self.kind, "file": self.file,
                "address": self.address, "place": self.place, "text": self.text, "plain": self._plain,
                "options": self.options, "thread": self.thread, "time": self.time, "zone": self.zone,
                "preview": self._preview, "send": self._button, "line": self._line,
            },
            [
                "to", "sender", "kind", "file", "address", "place", "text", "plain", "options", "thread",
                ["time", "zone"], "preview", ["send", "status"], "line",
            ],
            look="send-form",
            kept=f"{client.platform} {client.account}",
        )  # fmt: skip
        self._listen()

    # Sending

    def submit(self) -> SendResult | None:
        """Send what the form holds, as a click on the button does; returns what became of it.

        While a message is on its way, and after it until a field is changed, it does nothing.
        """
        if self._button.disabled:
            return None
        try:
            self._act(self._call())
        except InvalidRequest as error:
            self.blame(error, _FIELDS)
            self._fail("rejected", error, f"Not sent. {error}")
        except MsgnbError as error:
            self._fail("rejected", error, f"Not sent. {error}")
        return self.result

    def _act(self, call: Call) -> None:
        self.show("sending", "Sending …")
        try:
            self._finish(call.on(self._client))
        except OutcomeUnknown as error:
            self._fail("unknown", error, _UNSURE.format(error))
        except KeyboardInterrupt as error:
            self._fail("unknown", error, _UNSURE.format("It was interrupted on its way."))
        except MsgnbError:
            raise
        except Exception as error:
            # What failed inside may have been sent.
            log.exception("the form failed")
            self._fail("unknown", error, _UNSURE.format(f"Something broke: {type(error).__name__}: {error}."))

    def _call(self) -> Call:
        """What the form asks for.

        Raises:
            InvalidRequest: a field can't be right.
        """
        if not self.to.text:
            raise InvalidRequest.of(to="is empty: whom to send to?")
        kind = self._kind
        return kind.call(
            Values(
                to=self.to.text,
                sender=self.sender.text or None,
                text=self.text.value,
                when=self._when.moment() if "when" in kind.fields else None,
                thread=self.thread.text or None,
                address=self.address.text,
                options=tuple(filter(None, map(str.strip, self.options.value.splitlines()))),
                place=self.place.text,
                file=self.file.value,
            )
        )

    def _finish(self, result: SendResult) -> None:
        self.result, self.error = result, None
        known_as = result.message or result.campaign or result.session
        later = self.time.text and "when" in self._kind.fields
        words = "Accepted for later, to" if later else "Sent to"
        self.show("sent", f"{words} {result.recipient}" + (f" as {known_as}" if known_as else ""))

    def _fail(self, state: Literal["rejected", "unknown"], error: BaseException, words: str) -> None:
        self.error = error
        self.result = SendResult(self._client.platform, self.to.text, state, error=words)
        self.show(state, words)

    def show(self, state: Any, words: str) -> None:
        """Say how it stands; the button is off until something changes, where sending again could repeat."""
        with self.together():
            super().show(state, words)
            # What was rejected may be sent again as it is, for example when the network is back.
            self._button.disabled = state in {"sending", "sent", "unknown"}

    # While it is filled in

    @property
    def _kind(self) -> Kind:
        return self._kinds[self.kind.value]

    @property
    def python(self) -> str:
        """The Python line that does the same; empty while a field can't be right."""
        try:
            return self._call().code(NAMES[self._client.platform])
        except InvalidRequest:
            return ""

    def make_plain(self) -> None:
        """Write the characters that force Unicode in their plain form, where they have one."""
        self.text.value = sms.size(self.text.value).suggestion or self.text.value

    def _listen(self) -> None:
        fields = (
            self.to, self.kind, self.sender, self.text, self.address, self.options, self.place, self.file,
            self.thread, self.time, self.zone,
        )  # fmt: skip
        for each in fields:
            each.on(self._changed)
        with self.together():
            self._changed()
            self.resume()

    def _changed(self) -> None:
        with self.together():
            taken = self._kind.fields
            parts = {
                "text": self.text, "address": self.address, "options": self.options, "place": self.place,
                "file": self.file, "thread": self.thread,
            }  # fmt: skip
            for name, part in parts.items():
                part.shown = name in taken
            self._when.shown("when" in taken)
            self.sender.shown = self._client.sender_hint is not None
            self._check()
            self._count()
            self.to.offer(self._people.matching(self.to.text))
            self._preview.html = self._drawn()
            self._line.set(code=self.python)
            self.show("ready", "")

    def _check(self) -> None:
        platform = self._client.platform
        for part, check in ((self.to, check_recipient), (self.sender, check_sender)):
            part.problem = _trouble(check, platform, part.text) if part.text else ""
        for part in (self.text, self.address, self.options, self.place, self.file, self.thread):
            part.problem = ""

    def _count(self) -> None:
        """The text's length and, where it goes as SMS, what it takes."""
        text = self.text.value
        size = sms.size(text)
        words = f"{size.characters:,} characters" if text else ""
        plain = Markup()
        if text and self._kind.priced and self._is_sms():
            words += f" · {size.encoding} · {size.segments} SMS, {size.left} places left"
            words += f" · of {self._credit:,} in credit" if self._credit is not None else ""
            if size.culprits:
                words += f" · Unicode because of {' '.join(size.culprits[:8])}"
            if size.suggestion and sms.size(size.suggestion).segments < size.segments:
                spared = size.segments - sms.size(size.suggestion).segments
                label = f"Use plain characters, which spares {spared} SMS"
                plain = element(
                    "button", label, type="button", **{"class": "msgnb-chip", "data-press": "plain"}
                )
        self.text.note = words
        self._plain.html = plain

    def _is_sms(self) -> bool:
        """Whether the text goes to a phone: on NetSapiens a user gets a chat message."""
        if self._client.platform != "netsapiens":
            return True
        given = members(self.to.text)
        return bool(self.sender.text) or (bool(given) and all(map(is_phone, given)))

    def _drawn(self) -> Markup:
        """The message as its recipient will see it."""
        text = self.text.value
        if not text.strip():
            return Markup()
        sender = self.sender.text or self._client.account
        line = element("div", f"{sender} → {self.to.text or '…'}", style=QUIET)
        return element("div", line, bubble(text, own=True))

    # Whom one can write to

    def focused(self, name: str) -> None:
        """Read whom one can write to, once somebody wants to."""
        if name == "to" and self._loads:
            self._loads = False
            threading.Thread(target=self.load, name="msgnb contacts", daemon=True).start()

    def load(self) -> None:
        """Read whom one can write to, one's numbers and the credit; what can't be read is left out."""
        client = self._client
        reads = {
            "contacts": lambda: client.contacts(limit=OFFERED_CONTACTS),
            "sessions": lambda: client.sessions(limit=OFFERED_SESSIONS),
        }
        found = {name: table for name, read in reads.items() if (table := _read(read)) is not None}
        numbers = _read(client.numbers) if hasattr(client, "numbers") else None
        with self.together():
            self._people = People(found.values())
            self.to.offer(self._people.matching(self.to.text))
            if numbers is not None:
                self.sender.offer(list(numbers["number"]))
            if "sessions" in found and client.platform == "netsapiens":
                table = found["sessions"]
                named = table["name"].fillna(table["contact"]).fillna("")
                self.thread.offer(list(zip(table["session"], named, strict=True)))
            self._credit = _read(client._credit)  # noqa: SLF001 - the client's own, as in plan_campaign
            self._count()


def _read(read: Any) -> Any:
    """What can be read; nothing where the platform has it not or does not let us."""
    try:
        return read()
    except MsgnbError as error:
        log.info("not offered in the form: %s", error)
        return None


def _trouble(check: Any, platform: str, given: str) -> str:
    try:
        check(platform, given)
    except InvalidRequest as error:
        return "; ".join(error.fields.values())
    return ""
