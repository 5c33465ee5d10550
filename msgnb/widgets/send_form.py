"""A form that sends one message.

* The Send button is disabled while a message is being sent, and afterwards until a field is changed. So a
  second click, even one that waited in the queue, cannot send the same message twice; running the cell again
  cannot either.
* The form calls a method of the client, and shows that call as a Python line.
* A notebook drops the exceptions of handlers, so none is raised: every result is shown in the form, and is in
  `state`, `result` and `error`.
* The platform's descriptor says what kinds of messages there are, what each needs, and what is valid.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from msgnb.campaigns import sms
from msgnb.core.errors import InvalidRequest, MsgnbError, OutcomeUnknown
from msgnb.core.html import Markup, element
from msgnb.core.sending import SendResult
from msgnb.platforms.base import Client
from msgnb.platforms.calls import Call
from msgnb.platforms.message_kinds import Draft, MessageKind
from msgnb.platforms.registry import get_platform
from msgnb.tables.transcript import QUIET, bubble
from msgnb.widgets.form import Form, describe_account
from msgnb.widgets.parts import Button, Code, Control, FileControl, Pane
from msgnb.widgets.people import People
from msgnb.widgets.zones import TimeFields

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("msgnb.widgets")

OFFERED_SESSIONS, OFFERED_CONTACTS = 200, 1_000
"""How many sessions and contacts the form reads for its suggestions."""
_FIELDS = {
    "to": "to", "destination": "to", "recipient": "to", "recipient_list": "to",
    "sender": "sender", "from_number": "sender", "text": "text", "message": "text",
    "messagesession": "thread", "session": "thread", "media": "file", "mime_type": "file",
    "url": "url", "uri": "url", "at": "time", "defer_until": "time", "when": "time",
}  # fmt: skip
"""The form's fields, by the words of errors for them."""
_UNSURE = (
    "Not known whether it was sent. {} Look into the conversation; change something to send it once more."
)


class SendForm(Form):
    """A form that sends messages of every kind that the platform has.

    >>> form = msgnb.widgets.SendForm(client)
    >>> form

    Without a browser, as in a test, set `form.to.value`, `form.sender.value` and `form.text.value`, and call
    `form.submit()`. When the cell is run again, the form starts with the last values.

    Args:
        client: the account that sends.
        contacts: table of people to suggest as recipients, of any size. If `None`, the account's latest
            sessions and contacts are read when somebody enters the field.
        zone: time zone of the time to send at, such as `America/Sao_Paulo`; this machine's if `None`.

    Attributes:
        to: field of the recipient; on some platforms several recipients, separated by commas, make a group.
        kind: field of the kind of message, by its title.
        sender: field of the sender; hidden if the account is always the sender.
        text: field of the text.
        file: field of a file to send.
        url: field of the URL of a file or page.
        place: field of a latitude and longitude, separated by a comma.
        options: field of choices to offer, one per line.
        thread: field of the session to answer in.
        time: field of the time to send at, as a clock in `zone` shows it.
        zone: field of the time zone.
        state: `ready`, `sending`, `sent`, `rejected` or `unknown`.
        result: result of the last message.
        error: the exception, if the last message was rejected or is unknown.

    Raises:
        InvalidRequest: `contacts` has no column of recipients.
        SettingsError: the client's platform is not installed.
    """

    presses: ClassVar = {"send": "submit", "plain": "make_plain"}

    def __init__(
        self, client: Client, *, contacts: pd.DataFrame | None = None, zone: str | None = None
    ) -> None:
        self._client = client
        self._platform = get_platform(client.platform)
        self._kinds = {kind.title: kind for kind in self._platform.message_kinds}
        self._people = People(() if contacts is None else (contacts,))
        self._loads = contacts is None
        self._credit: int | None = None
        self.result: SendResult | None = None
        self._beginning = threading.Lock()
        self.error: BaseException | None = None
        self._make_fields(zone)
        super().__init__(
            f"Send a message on {self._platform.title}",
            describe_account(client, "as"),
            {
                "to": self.to, "sender": self.sender, "kind": self.kind, "file": self.file,
                "url": self.url, "place": self.place, "text": self.text, "plain": self._plain,
                "options": self.options, "thread": self.thread, "time": self.time, "zone": self.zone,
                "preview": self._preview, "send": self._button, "line": self._line,
            },
            [
                "to", "sender", "kind", "file", "url", "place", "text", "plain", "options", "thread",
                ["time", "zone"], "preview", ["send", "status"], "line",
            ],
            look="send-form",
            owner=client,
        )  # fmt: skip
        self._listen()

    def _make_fields(self, zone: str | None) -> None:
        addresses = self._platform.addresses
        self.to = Control("text", "To", hint=addresses.recipient_example)
        self.kind = Control("select", "Kind", options=list(self._kinds))
        self.sender = Control("text", "From", hint=addresses.sender_example or "")
        self.text = Control("textarea", "Text", hint="What do you want to say?")
        self.url = Control("text", "Address", hint="https://example.com/menu.pdf")
        self.options = Control("textarea", "Options", hint="One to a line", rows=3)
        self.place = Control("text", "Place", hint="-19.92, -43.94")
        self.file = FileControl(
            "File", accept="image/*,audio/*,video/*,.pdf,.vcf", most=self._platform.largest_upload
        )
        self.thread = Control("text", "Thread", hint="a new one, or the id of a session to answer in")
        self._when = TimeFields(zone)
        self.time, self.zone = self._when.time, self._when.zone
        self._plain = Pane()
        self._plain.still = Markup()
        self._preview = Pane(label="Preview")
        self._button = Button("Send", look="primary", hint="Send this once", enter=True)
        self._line = Code()

    # Sending

    def submit(self) -> SendResult | None:
        """Send the message, as a click on the button does, and return the result.

        Does nothing while a message is being sent, and afterwards until a field is changed.
        """
        call = self._begin()
        if call is None:
            return self.result if self.state == "rejected" else None
        try:
            self._act(call)
        except MsgnbError as error:
            if isinstance(error, InvalidRequest):
                self.blame(error, _FIELDS)
            self._fail("rejected", error, f"Not sent. {error}")
        return self.result

    def _begin(self) -> Call | None:
        """Return the call to make, and disable the button; `None` if there is nothing to send."""
        # Two presses may come at the same time, from two views or two threads.
        with self._beginning:
            if self._button.disabled:
                return None
            try:
                call = self._call()
            except InvalidRequest as error:
                self.blame(error, _FIELDS)
                self._fail("rejected", error, f"Not sent. {error}")
                return None
            self.show("sending", "Sending …")
            return call

    def _act(self, call: Call) -> None:
        try:
            self._finish(call.on(self._client))
        except OutcomeUnknown as error:
            self._fail("unknown", error, _UNSURE.format(error))
        except KeyboardInterrupt as error:
            self._fail("unknown", error, _UNSURE.format("It was interrupted on its way."))
        # It was rejected, which `submit` shows; of everything else the outcome is open.
        except MsgnbError:
            raise
        except Exception as error:
            # The request may have been sent before this failed.
            log.exception("the form failed")
            self._fail("unknown", error, _UNSURE.format(f"Something broke: {type(error).__name__}: {error}."))

    def _call(self) -> Call:
        """Return the call that sends the message.

        Raises:
            InvalidRequest: a field is not valid.
        """
        if not self.to.text:
            raise InvalidRequest.of(to="is empty: whom to send to?")
        return self._kind.call(self._draft())

    def _draft(self) -> Draft:
        """Return what the form contains; fields that the kind does not have stay empty."""
        readers: Mapping[str, Callable[[], Any]] = {
            "text": lambda: self.text.value,
            "at": self._when.read,
            "thread": lambda: self.thread.text or None,
            "url": lambda: self.url.text,
            "options": lambda: tuple(filter(None, map(str.strip, self.options.value.splitlines()))),
            "place": lambda: self.place.text,
            "file": lambda: self.file.value,
        }
        values = {"text": "", **{name: readers[name]() for name in self._kind.fields}}
        return Draft(to=self.to.text, sender=self.sender.text or None, **values)

    def _finish(self, result: SendResult) -> None:
        self.result, self.error = result, None
        known_as = result.message or result.campaign or result.session
        later = self.time.text and "at" in self._kind.fields
        words = "Accepted for later, to" if later else "Sent to"
        self.show("sent", f"{words} {result.recipient}" + (f" as {known_as}" if known_as else ""))

    def _fail(self, state: Literal["rejected", "unknown"], error: BaseException, words: str) -> None:
        self.error = error
        self.result = SendResult(self._client.platform, self.to.text, state, error=words)
        self.show(state, words)

    def show(self, state: Any, words: str) -> None:
        """Set the state and the status line; if sending again could repeat a message, disable the button."""
        with self.together():
            super().show(state, words)
            # A message that was rejected may be sent again as it is, for example when the network is back.
            self._button.disabled = state in {"sending", "sent", "unknown"}

    # While it is filled in

    @property
    def _kind(self) -> MessageKind:
        return self._kinds[self.kind.value]

    @property
    def python(self) -> str:
        """The Python line that does the same; empty while a field is not valid."""
        try:
            return self._call().code(self._platform.variable)
        except InvalidRequest:
            return ""

    def make_plain(self) -> None:
        """Replace the characters that force Unicode, if each of them has a plain form."""
        self.text.value = sms.size(self.text.value).suggestion or self.text.value

    def _listen(self) -> None:
        fields = (
            self.to, self.kind, self.sender, self.text, self.url, self.options, self.place, self.file,
            self.thread, self.time, self.zone,
        )  # fmt: skip
        for each in fields:
            each.on(self._changed)
        with self.together():
            self._changed()
            # Last, because a change sets the status to ready.
            self.resume()

    def _changed(self) -> None:
        with self.together():
            taken = self._kind.fields
            for name, part in self._optional.items():
                part.shown = name in taken
            self._when.show("at" in taken)
            self.sender.shown = self._platform.addresses.sender_example is not None
            self._check()
            self._count()
            self.to.offer(self._people.matching(self.to.text))
            self._preview.html = self._drawn()
            self._line.set(code=self.python)
            self.show("ready", "")

    @property
    def _optional(self) -> Mapping[str, Control]:
        """The fields that only some kinds have, by the names that `Draft` has for them."""
        return {
            "text": self.text, "url": self.url, "options": self.options, "place": self.place,
            "file": self.file, "thread": self.thread,
        }  # fmt: skip

    def _check(self) -> None:
        addresses = self._platform.addresses
        troubles = (_trouble(addresses.check_recipient, each) for each in addresses.split(self.to.text))
        self.to.problem = next(filter(None, troubles), "") if self.to.text else ""
        self.sender.problem = _trouble(addresses.check_sender, self.sender.text) if self.sender.text else ""
        for part in self._optional.values():
            part.problem = ""

    def _count(self) -> None:
        """Show the length of the text and, if it is sent as SMS, how many it takes."""
        text = self.text.value
        size = sms.size(text)
        words = f"{size.characters:,} characters" if text else ""
        plain = Markup()
        if text and self._counts_sms():
            words += f" · {size.encoding} · {size.segments} SMS, {size.left} places left"
            words += f" · of {self._credit:,} in credit" if self._credit is not None else ""
            if size.culprits:
                words += f" · Unicode because of {' '.join(size.culprits[:8])}"
            plain = _plain_button(size)
        self.text.note = words
        self._plain.html = plain

    def _counts_sms(self) -> bool:
        platform = self._platform
        countable = platform.counts_sms and self._kind.counts_sms
        return countable and platform.addresses.goes_as_sms(self.to.text, self.sender.text)

    def _drawn(self) -> Markup:
        """Return the message as its recipient will see it."""
        text = self.text.value
        if not text.strip():
            return Markup()
        sender = self.sender.text or self._client.account
        line = element("div", f"{sender} → {self.to.text or '…'}", style=QUIET)
        return element("div", line, bubble(text, own=True))

    # Suggestions

    def focused(self, name: str) -> None:
        """Start reading the suggestions when somebody enters the field of the recipient."""
        if name == "to" and self._loads:
            # Before the thread starts, so that a second view of the form starts no other.
            self._loads = False
            threading.Thread(target=self.load, name="msgnb contacts", daemon=True).start()

    def load(self) -> None:
        """Read what to suggest, and the credit; what cannot be read is not suggested."""
        client = self._client
        reads: Mapping[str, Callable[[], pd.DataFrame]] = {
            "contacts": lambda: client.contacts(limit=OFFERED_CONTACTS),
            "sessions": lambda: client.sessions(limit=OFFERED_SESSIONS),
        }
        found = {name: table for name, read in reads.items() if (table := _read(read)) is not None}
        senders = _read(lambda: self._platform.senders(client))
        with self.together():
            self._people = People(found.values())
            self.to.offer(self._people.matching(self.to.text))
            self.sender.offer(senders or ())
            if "sessions" in found and any("thread" in kind.fields for kind in self._kinds.values()):
                self._offer_threads(found["sessions"])
            self._credit = _read(client.credit)
            self._count()

    def _offer_threads(self, sessions: pd.DataFrame) -> None:
        named = sessions["name"].fillna(sessions["contact"]).fillna("")
        self.thread.offer(list(zip(sessions["session"], named, strict=True)))


def _read(read: Callable[[], Any]) -> Any:
    """Return what can be read; `None` if the platform does not have it or refuses it."""
    try:
        return read()
    except MsgnbError as error:
        log.info("not offered in the form: %s", error)
        return None


def _trouble(check: Callable[[str], None], given: str) -> str:
    """Return what a check says about a value; nothing if it is valid."""
    try:
        check(given)
    except InvalidRequest as error:
        return "; ".join(error.fields.values())
    return ""


def _plain_button(size: sms.Size) -> Markup:
    """Return a button that makes the text plain, if that saves SMS."""
    spared = size.segments - sms.size(size.suggestion).segments if size.suggestion else 0
    if spared < 1:
        return Markup()
    label = f"Use plain characters, which spares {spared} SMS"
    return element("button", label, type="button", **{"class": "msgnb-chip", "data-press": "plain"})
