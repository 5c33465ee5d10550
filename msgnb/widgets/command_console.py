"""A console for commands: choose one, fill it in, send it, and see the response.

* A collection is shown as a table and everything else as JSON. All of it is escaped, since external senders
  wrote it.
* A command that changes something is sent once: afterwards the button is disabled until a field is changed. A
  command that only reads can be repeated.
* A notebook drops the exceptions of handlers, so none is raised: failures are shown in the console, and are
  in `error`.
* Which commands are offered is declared in the platform's descriptor.
"""

from __future__ import annotations

import logging
import pprint
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import orjson

from msgnb.core.errors import InvalidRequest, MsgnbError, NotSupported, OutcomeUnknown
from msgnb.core.html import Markup, element, table
from msgnb.platforms.base import Client
from msgnb.platforms.registry import get_platform
from msgnb.tables.transcript import QUIET
from msgnb.widgets.form import Form, describe_account
from msgnb.widgets.parts import Button, Code, Control, Pane, State

if TYPE_CHECKING:
    import pandas as pd

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


@runtime_checkable
class CommandProcessor(Protocol):
    """A client that sends commands."""

    @property
    def account(self) -> str:
        """The account that sends them."""
        ...

    def process_command(self, command: dict[str, Any]) -> dict[str, Any]:
        """Send a command, and return the response."""
        ...


class CommandConsole(Form):
    """A form for any command of a platform that has commands.

    >>> console = msgnb.widgets.CommandConsole(bot)
    >>> console

    Without a browser, as in a test, set `console.method.value`, `uri`, `to`, `type` and `resource`, or call
    `console.choose("Contacts: all")` to fill them in, and call `console.submit()`.

    Args:
        client: the account that sends; a client with `process_command`.

    Attributes:
        method: field of the method.
        uri: field of the URI.
        to: field of the node that the command is for; the account's own server if it is empty.
        type: field of the resource's MIME type.
        resource: field of the resource, as JSON or plain text.
        state: `ready`, `sending`, `sent`, `rejected` or `unknown`.
        answer: the platform's response to the last command.
        error: why the last command failed.
        history: the commands that were sent, the latest one last.

    Raises:
        NotSupported: the platform has no commands.
        SettingsError: the client's platform is not installed.
    """

    presses: ClassVar = {"send": "submit"}

    def __init__(self, client: Client) -> None:
        platform = get_platform(client.platform)
        if not platform.commands or not isinstance(client, CommandProcessor):
            raise NotSupported(f"{platform.title} does not support commands")
        self._client: CommandProcessor = client
        self._variable = platform.variable
        self._commands = {each.title: each for each in platform.commands}
        self.answer: dict[str, Any] | None = None
        self.error: BaseException | None = None
        self.history: list[dict[str, Any]] = []
        titles = [CHOOSE, *((title, title) for title in self._commands)]
        nodes = sorted({each.to for each in platform.commands if each.to})
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
        super().__init__(
            f"Commands of {platform.title}",
            describe_account(client, "as"),
            parts,
            layout,
            look="command-console",
            owner=client,
        )
        self._listen()

    def choose(self, title: str) -> None:
        """Fill in a command that the platform declares, by its title.

        Raises:
            InvalidRequest: there is no command of this title.
        """
        if title not in self._commands:
            raise InvalidRequest.of(title=f"{title!r} is none of {', '.join(self._commands)}")
        self.known.value = title

    def submit(self) -> dict[str, Any] | None:
        """Send the command, as a click on the button does, and return the response; `None` if it failed.

        Does nothing while a command is being sent, and after a command that changed something until a field
        is changed.
        """
        if self._button.disabled:
            return None
        self.answer = self.error = None
        try:
            command = self.command()
            self.show("sending", "Sending …")
            self.answer = self._client.process_command(command)
            self._remember(command)
            self.show("sent", f"{command['method']} succeeded")
        except OutcomeUnknown as error:
            self._fail("unknown", error, f"Not known whether it was carried out. {error}")
        except MsgnbError as error:
            self._fail("rejected", error, str(error))
        # Interrupting the kernel ends the wait for the response, and not what the command does.
        except KeyboardInterrupt as error:
            self._fail("unknown", error, "Interrupted on its way: look before you send it again.")
        except Exception as error:
            # The command may have been sent before this failed.
            log.exception("the console failed")
            self._fail("unknown", error, f"Something broke: {type(error).__name__}: {error}")
        self._answer.html = self._drawn()
        return self.answer

    def command(self) -> dict[str, Any]:
        """Return the command that is filled in.

        Raises:
            InvalidRequest: the URI is empty, a placeholder is not filled in, or the resource is not valid
                JSON.
        """
        uri = self.uri.text
        if not uri.startswith(("/", "lime://")):
            raise InvalidRequest.of(uri=f"{uri!r} must begin with / or lime://")
        command: dict[str, Any] = {"method": self.method.value, "uri": uri}
        if self.to.text:
            command["to"] = self.to.text
        if self.method.value in {"set", "merge", "observe"}:
            command |= {"type": self._mime_type(), "resource": self._document()}
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
        return f"{self._variable}.process_command({pprint.pformat(command, width=100, sort_dicts=False)})"

    @property
    def frame(self) -> pd.DataFrame | None:
        """The response as a table if it is a collection; `None` otherwise."""
        import pandas as pd  # noqa: PLC0415 - loads when first used

        resource = (self.answer or {}).get("resource")
        if not isinstance(resource, Mapping) or not isinstance(resource.get("items"), list):
            return None
        items = resource["items"]
        plain = not all(isinstance(item, Mapping) for item in items)
        return pd.DataFrame({"item": items}) if plain else pd.json_normalize(items, max_level=1)

    def __repr__(self) -> str:
        return (
            f"<CommandConsole of {self._client.account}: {self.method.value} {self.uri.value}, {self.state}>"
        )

    def _listen(self) -> None:
        self.known.on(self._fill)
        self.sent.on(self._again)
        for part in (self.method, self.uri, self.to, self.type, self.resource):
            part.on(self._changed)
        with self.together():
            self._changed()
            # Last, because a change sets the status to ready.
            self.resume()

    def _fill(self) -> None:
        known = self._commands.get(self.known.value)
        if known is None:
            return
        with self.together():
            self.method.value, self.uri.value, self.to.value = known.method, known.uri, known.to
            self.type.value, self.resource.value = known.type, _written(known.resource)

    def _again(self) -> None:
        """Fill in a command that was sent before, without sending it."""
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

    def _mime_type(self) -> str:
        given = self.type.text
        if "/" not in given:
            raise InvalidRequest.of(type=f"{given!r} is no MIME type; write it like application/json")
        return given

    def _document(self) -> Any:
        """Return the resource: parsed if its type is JSON, otherwise as text."""
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
        """Set the state and the status line; if a command could take effect twice, disable the button."""
        with self.together():
            super().show(state, words)
            reading = self.method.value == "get"
            # A command that was rejected has changed nothing, and may be sent again as it is.
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
