"""A console for BLiP's commands: choose one, fill it in, send it, see the answer.

* A collection is shown as a table, everything else as JSON; all of it is escaped, since strangers wrote it.
* What changes something is sent once: afterwards the button is off until a part is changed. Reading may be
  repeated as often as one likes.
* Nothing is raised out of a handler: each failure stands in the console, and in `error`.
"""

from __future__ import annotations

import logging
import pprint
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import orjson

from msgnb.core.errors import InvalidRequest, MsgnbError, OutcomeUnknown
from msgnb.core.html import Markup, element, table
from msgnb.platforms.blip.command_catalogue import KNOWN
from msgnb.tables.transcript import QUIET
from msgnb.widgets.form import Form
from msgnb.widgets.parts import Button, Code, Control, Pane, State

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.platforms.blip import Blip

log = logging.getLogger("msgnb.widgets")

METHODS = ("get", "set", "merge", "delete", "subscribe", "unsubscribe", "observe")
NOTHING = ""
CHOOSE = ("", "Choose a command …")
MOST_ROWS = 100
LONGEST_CELL = 200
LONGEST_JSON = 20_000
_PLACEHOLDER = re.compile(r"\{[a-z]+\}")
_SCROLL = "overflow:auto;max-height:28em;line-height:1.4"
_CODE = (
    "white-space:pre-wrap;overflow-wrap:anywhere;margin:0;font-size:12px;"
    "font-family:var(--jp-code-font-family, monospace)"
)


class CommandConsole(Form):
    """A form for any command of a bot.

    >>> console = msgnb.widgets.CommandConsole(bot)
    >>> console

    Without a screen, as in a test, fill in `console.method.value`, `uri`, `to`, `type` and `resource`, or let
    `console.choose("Contacts: all")` do so, and call `console.submit()`.

    Attributes:
        method: the field of the method.
        uri: the field of the uri.
        to: the field of the node that is addressed; the bot's own server where it is empty.
        type: the field of the resource's type.
        resource: the field of the resource, as JSON or plain text.
        state: `ready`, `sending`, `sent`, `rejected` or `unknown`.
        answer: the platform's answer to the last command.
        error: why the last command failed.
        history: the commands that were sent, the latest last.
    """

    presses: ClassVar = {"send": "submit"}

    def __init__(self, bot: Blip) -> None:
        self._bot = bot
        self.answer: dict[str, Any] | None = None
        self.error: BaseException | None = None
        self.history: list[dict[str, Any]] = []
        titles = [CHOOSE, *((each.title, each.title) for each in KNOWN)]
        nodes = sorted({each.to for each in KNOWN if each.to})
        self.known = Control("select", "Command", options=titles)
        self.method = Control("select", "Method", options=METHODS)
        self.uri = Control("text", "URI", hint="/contacts?$take=10")
        self.to = Control("text", "To", hint="the bot's own server", options=nodes)
        self.type = Control("text", "Type", hint="application/vnd.lime.contact+json")
        self.resource = Control("textarea", "Resource", hint="JSON, or plain text", rows=5)
        self.sent = Control("select", "History", options=[(NOTHING, "Nothing sent yet")])
        self._button = Button("Send", look="primary", enter=True)
        self._answer, self._line = Pane(label="Answer"), Code()
        parts = {
            "known": self.known, "method": self.method, "uri": self.uri, "to": self.to, "type": self.type,
            "resource": self.resource, "send": self._button, "answer": self._answer, "sent": self.sent,
            "line": self._line,
        }  # fmt: skip
        layout = [["send", "status"] if name == "send" else name for name in parts]
        account = bot.account
        super().__init__(
            "Commands of BLiP", f"as {account}", parts, layout, look="command-console", kept=account
        )
        self._listen()

    def choose(self, title: str) -> None:
        """Fill in a known command, by its title.

        Raises:
            InvalidRequest: there is none of that title.
        """
        titles = [each.title for each in KNOWN]
        if title not in titles:
            raise InvalidRequest.of(title=f"{title!r} is none of {', '.join(titles)}")
        self.known.value = title

    def submit(self) -> dict[str, Any] | None:
        """Send the command that is filled in, as a click does; returns the answer, `None` where it failed.

        While a command is on its way it does nothing, nor after one that changed something until a part of
        it is changed.
        """
        if self._button.disabled:
            return None
        self.answer = self.error = None
        try:
            command = self.command()
            self.show("sending", "Sending …")
            self.answer = self._bot.process_command(command)
            self._remember(command)
            self.show("sent", f"{command['method']} succeeded")
        except OutcomeUnknown as error:
            self._fail("unknown", error, f"Not known whether it was carried out. {error}")
        except MsgnbError as error:
            self._fail("rejected", error, str(error))
        except KeyboardInterrupt as error:
            self._fail("unknown", error, "Interrupted on its way: look before you send it again.")
        except Exception as error:
            # A handler that raises is lost in a notebook; and what failed inside may have been sent.
            log.exception("the console failed")
            self._fail("unknown", error, f"Something broke: {type(error).__name__}: {error}")
        self._answer.html = self._drawn()
        return self.answer

    def command(self) -> dict[str, Any]:
        """The command as it is filled in.

        Raises:
            InvalidRequest: the uri is empty or has a part that is not filled in, or the resource is no JSON.
        """
        uri = self.uri.text
        if not uri.startswith(("/", "lime://")):
            raise InvalidRequest.of(uri=f"{uri!r} must begin with / or lime://")
        command: dict[str, Any] = {"method": self.method.value, "uri": uri}
        if self.to.text:
            command["to"] = self.to.text
        if self.method.value in {"set", "merge", "observe"}:
            command |= {"type": self._kind(), "resource": self._document()}
        if missing := sorted(
            set(_PLACEHOLDER.findall(f"{uri} {self.resource.value if 'type' in command else ''}"))
        ):
            raise InvalidRequest.of(command=f"{', '.join(missing)} is to be filled in")
        return command

    @property
    def python(self) -> str:
        """The Python line that does the same."""
        try:
            command = self.command()
        except InvalidRequest:
            return ""
        return f"bot.process_command({pprint.pformat(command, width=100, sort_dicts=False)})"

    @property
    def frame(self) -> pd.DataFrame | None:
        """The answer as a table, where it is a collection."""
        import pandas as pd  # noqa: PLC0415 - loads when first used

        resource = (self.answer or {}).get("resource")
        if not isinstance(resource, Mapping) or not isinstance(resource.get("items"), list):
            return None
        items = resource["items"]
        plain = not all(isinstance(item, Mapping) for item in items)
        return pd.DataFrame({"item": items}) if plain else pd.json_normalize(items, max_level=1)

    def __repr__(self) -> str:
        return f"<CommandConsole of {self._bot.account}: {self.method.value} {self.uri.value}, {self.state}>"

    def _listen(self) -> None:
        self.known.on(self._fill)
        self.sent.on(self._again)
        for part in (self.method, self.uri, self.to, self.type, self.resource):
            part.on(self._changed)
        with self.together():
            self._changed()
            self.resume()

    def _fill(self) -> None:
        known = next((each for each in KNOWN if each.title == self.known.value), None)
        if known is None:
            return
        with self.together():
            self.method.value, self.uri.value, self.to.value = known.method, known.uri, known.to
            self.type.value, self.resource.value = known.type, _written(known.resource)

    def _again(self) -> None:
        """Fill in what was sent before; it is not sent by that."""
        if self.sent.value == NOTHING:
            return
        command = self.history[int(self.sent.value)]
        with self.together():
            self.method.value, self.uri.value = command["method"], command["uri"]
            self.to.value, self.type.value = command.get("to", ""), command.get("type", "")
            self.resource.value = _written(command.get("resource"))

    def _changed(self) -> None:
        with self.together():
            self.type.shown = self.resource.shown = self.method.value in {"set", "merge", "observe"}
            self._line.set(code=self.python)
            self.show("ready", "")

    def _kind(self) -> str:
        kind = self.type.text
        if "/" not in kind:
            raise InvalidRequest.of(type=f"{kind!r} is no MIME type; write it like application/json")
        return str(kind)

    def _document(self) -> Any:
        """The resource as its type wants it: JSON, or text as it is."""
        text = self.resource.value
        if not self.type.text.endswith("json"):
            return text
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise InvalidRequest.of(resource=f"is no JSON: {error}") from None

    def _remember(self, command: dict[str, Any]) -> None:
        self.history.append(command)
        sent = [(str(index), f"{each['method']} {each['uri']}") for index, each in enumerate(self.history)]
        self.sent.offer([(NOTHING, f"{len(sent)} sent"), *sent[::-1]])

    def _fail(self, state: State, error: BaseException, words: str) -> None:
        self.error = error
        self.show(state, words)

    def show(self, state: State, words: str) -> None:
        """Say how it stands; the button is off where sending again would change something twice."""
        with self.together():
            super().show(state, words)
            reading = self.method.value == "get"
            self._button.disabled = state == "sending" or (state in {"sent", "unknown"} and not reading)

    def _drawn(self) -> Markup:
        if self.answer is None:
            return Markup()
        frame = self.frame
        return _json(self.answer.get("resource")) if frame is None else _table(frame, self.answer["resource"])


def _written(resource: Any) -> str:
    if resource is None or isinstance(resource, str):
        return resource or ""
    return orjson.dumps(resource, option=orjson.OPT_INDENT_2).decode()


def _json(resource: Any) -> Markup:
    if resource is None:
        return element("div", "The answer brings no resource.", style=QUIET)
    text = _written(resource)
    cut = text if len(text) <= LONGEST_JSON else f"{text[:LONGEST_JSON]}\n… {len(text):,} characters"
    return element("div", element("pre", cut, style=_CODE), style=_SCROLL)


def _table(frame: pd.DataFrame, resource: Mapping[str, Any]) -> Markup:
    total = resource.get("total")
    words = f"{len(frame):,} items" + (
        f" of {total:,}" if isinstance(total, int) and total > len(frame) else ""
    )
    words += f", the first {MOST_ROWS} are shown" if len(frame) > MOST_ROWS else ""
    head = element("div", words, style=QUIET)
    shown = frame.head(MOST_ROWS).map(_cell)
    return element("div", head, element("div", table(list(shown.columns), shown.to_numpy()), style=_SCROLL))


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124 - NaN
        return ""
    text = value if isinstance(value, str) else _written(value)
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}…"
