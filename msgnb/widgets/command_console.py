"""A console for BLiP's commands: choose one, fill it in, send it, see the answer.

* A collection is shown as a table, everything else as JSON; all of it is escaped, since strangers wrote it.
* What changes something is sent once: afterwards the button is off until a part is changed. Reading may be
  repeated as often as one likes.
* Nothing is raised out of a handler: each failure stands in the console, and in `error`.
* The Python line that does the same stands below, to copy.
"""

from __future__ import annotations

import logging
import pprint
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import orjson

from msgnb.blip.known import KNOWN
from msgnb.errors import InvalidRequest, MsgnbError, OutcomeUnknown
from msgnb.markup import Markup, element, table
from msgnb.widgets.fields import FRAME, QUIET, State, field, notice

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.blip import Blip

log = logging.getLogger("msgnb.widgets")

METHODS = ("get", "set", "merge", "delete", "subscribe", "unsubscribe", "observe")
NOTHING = -1
MOST_ROWS = 100
LONGEST_CELL = 200
LONGEST_JSON = 20_000
_PLACEHOLDER = re.compile(r"\{[a-z]+\}")
_SCROLL = "overflow:auto;max-height:28em;line-height:1.4"
_CODE = (
    "white-space:pre-wrap;overflow-wrap:anywhere;margin:0;font-size:12px;"
    "font-family:var(--jp-code-font-family, monospace)"
)


class CommandConsole(widgets.VBox):
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

    def __init__(self, bot: Blip) -> None:
        self._bot = bot
        self.state: State = "ready"
        self.answer: dict[str, Any] | None = None
        self.error: BaseException | None = None
        self.history: list[dict[str, Any]] = []
        titles = [("Choose a command …", ""), *((each.title, each.title) for each in KNOWN)]
        self.known = field(widgets.Dropdown, "Command", options=titles)
        self.method = field(widgets.Dropdown, "Method", options=METHODS)
        self.uri = field(widgets.Text, "URI", "/contacts?$take=10")
        nodes = sorted({each.to for each in KNOWN if each.to})
        self.to = field(widgets.Combobox, "To", "the bot's own server", options=nodes, ensure_option=False)
        self.type = field(widgets.Text, "Type", "application/vnd.lime.contact+json")
        self.resource = field(widgets.Textarea, "Resource", "JSON, or plain text", rows=5)
        self.sent = field(widgets.Dropdown, "History", options=[("Nothing sent yet", NOTHING)], disabled=True)
        self._button = widgets.Button(description="Send", icon="paper-plane", button_style="primary")
        self._status, self._answer, self._line = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._parts = (self.method, self.uri, self.to, self.type, self.resource)
        self._written = widgets.VBox([self.type, self.resource])
        super().__init__(self._children(), layout={**FRAME, "max_width": "64em"})
        self.add_class("msgnb-command-console")
        self._listen()
        self._changed(None)

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
            self._show("sending", "Sending …")
            self.answer = self._bot.process_command(command)
            self._remember(command)
            self._show("sent", f"{command['method']} succeeded")
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
        self._answer.value = self._drawn()
        return self.answer

    def command(self) -> dict[str, Any]:
        """The command as it is filled in.

        Raises:
            InvalidRequest: the uri is empty or has a part that is not filled in, or the resource is no JSON.
        """
        uri = self.uri.value.strip()
        if not uri.startswith(("/", "lime://")):
            raise InvalidRequest.of(uri=f"{uri!r} must begin with / or lime://")
        command: dict[str, Any] = {"method": self.method.value, "uri": uri}
        if self.to.value.strip():
            command["to"] = self.to.value.strip()
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

    def _children(self) -> list[Any]:
        title = widgets.HTML(element("b", "Commands of BLiP"))
        account = widgets.HTML(element("span", f"as {self._bot.account}", style=QUIET))
        head = widgets.HBox([title, account], layout={"margin": "0 0 4px 0"})
        actions = widgets.HBox(
            [self._button, self._status], layout={"margin": "4px 0 0 88px", "align_items": "center"}
        )
        return [
            head, self.known, self.method, self.uri, self.to, self._written, actions, self._answer, self.sent,
            self._line,
        ]  # fmt: skip

    def _listen(self) -> None:
        self._button.on_click(lambda _: self.submit())
        self.known.observe(lambda change: self._fill(change["new"]), "value")
        self.sent.observe(lambda change: self._again(change["new"]), "value")
        for part in self._parts:
            part.observe(self._changed, "value")

    def _fill(self, title: str) -> None:
        known = next((each for each in KNOWN if each.title == title), None)
        if known is None:
            return
        self.method.value, self.uri.value, self.to.value = known.method, known.uri, known.to
        self.type.value = known.type
        self.resource.value = _written(known.resource)

    def _again(self, index: int) -> None:
        """Fill in what was sent before; it is not sent by that."""
        if index == NOTHING:
            return
        command = self.history[index]
        self.method.value, self.uri.value = command["method"], command["uri"]
        self.to.value, self.type.value = command.get("to", ""), command.get("type", "")
        self.resource.value = _written(command.get("resource"))

    def _changed(self, _change: Any) -> None:
        self._written.layout.display = "" if self.method.value in {"set", "merge", "observe"} else "none"
        self._line.value = element("pre", self.python, style=_CODE) if self.python else ""
        self._show("ready", "")

    def _kind(self) -> str:
        kind = self.type.value.strip()
        if "/" not in kind:
            raise InvalidRequest.of(type=f"{kind!r} is no MIME type; write it like application/json")
        return str(kind)

    def _document(self) -> Any:
        """The resource as its type wants it: JSON, or text as it is."""
        text = self.resource.value
        if not self.type.value.strip().endswith("json"):
            return text
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise InvalidRequest.of(resource=f"is no JSON: {error}") from None

    def _remember(self, command: dict[str, Any]) -> None:
        self.history.append(command)
        options = [(f"{each['method']} {each['uri']}", index) for index, each in enumerate(self.history)]
        self.sent.options = [(f"{len(options)} sent", NOTHING), *options[::-1]]
        self.sent.disabled = False

    def _fail(self, state: State, error: BaseException, words: str) -> None:
        self.error = error
        self._show(state, words)

    def _show(self, state: State, words: str) -> None:
        self.state = state
        reading = self.method.value == "get"
        self._button.disabled = state == "sending" or (state in {"sent", "unknown"} and not reading)
        self._status.value = notice(state, words)

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
