"""The base of all forms: one widget that draws its parts in the browser and handles what a person does there.

* The browser sends each change in a message of its own, numbered, and a press of a button after all of them.
  However busy the kernel was meanwhile, a press acts on everything that was typed before it.
* Nothing that comes from the browser raises an exception there: errors are shown in the form, and logged.
* When the cell is run again, the new form starts with the values of the last one, except secrets and files.
* Where no script runs, the form is shown as a static picture, and printed as one line.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

import anywidget
import traitlets

from msgnb.core.errors import InvalidRequest, MsgnbError
from msgnb.core.html import Markup, element, replace_control_characters, without_mathjax
from msgnb.core.visible import escape_invisible
from msgnb.tables.transcript import QUIET
from msgnb.widgets.ordered_inbox import OrderedInbox
from msgnb.widgets.parts import Control, FileControl, Pane, Part, State, Status

if TYPE_CHECKING:
    from msgnb.platforms.base import Client

log = logging.getLogger("msgnb.widgets")

_STILL = "max-width:46em;padding:8px 12px;border:1px solid var(--jp-border-color2, #e0e0e0);border-radius:6px"
HERE = Path(__file__).parent
Layout = Sequence[Any]
"""Names of parts, one below the other. A list among them is a row; a list in a row is a column again."""

Memory = dict[str, dict[str, Any]]
"""The last values of each form and its last status, by the form's class."""
_OF_CLIENTS: WeakKeyDictionary[Any, Memory] = WeakKeyDictionary()
"""By client, since another client may be in another world, where nothing was sent."""
_OF_PLATFORMS: dict[str, Memory] = {}
_STATUS = "\0status"
_STILL_SENDING = (
    "This was being sent when the cell was run again. Check whether it arrived before you send it again."
)


def forget_values() -> None:
    """Forget what was entered in earlier forms; forms that are made from now on start empty."""
    _OF_CLIENTS.clear()
    _OF_PLATFORMS.clear()


def _remembered(owner: object, form: str) -> dict[str, Any]:
    """What is remembered of a form; nothing that outlives the form if it has no owner."""
    if owner is None:
        return {}
    if isinstance(owner, str):
        return _OF_PLATFORMS.setdefault(owner, {}).setdefault(form, {})
    return _OF_CLIENTS.setdefault(owner, {}).setdefault(form, {})


def describe_account(client: Client, role: str = "") -> str:
    """Return for whom a form acts, and what answers if it is not the platform: `as ana@acme, mock world`.

    Args:
        client: the client that the form uses.
        role: the word before the account.
    """
    source = client.connection.http.source
    return f"{role} {client.account}".strip() + (f" · {source}" if source else "")


class Form(anywidget.AnyWidget):
    """Parts of a form, in a layout.

    Without a browser, as in a test, set `form.<part>.value` and call `form.submit()` or `form.press(name)`.

    Args:
        title: what the form does.
        subtitle: the account that it acts for.
        parts: the parts by their names.
        layout: where they are.
        look: the form's style class, after `msgnb-`.
        owner: client or platform whose last values the form starts with; nothing is remembered if `None`.

    Attributes:
        state: `ready`, `sending`, `sent`, `rejected` or `unknown`.
        status: the status line.
    """

    _esm = traitlets.Unicode((HERE / "form.js").read_text(encoding="utf-8")).tag(sync=True)
    _css = traitlets.Unicode((HERE / "form.css").read_text(encoding="utf-8")).tag(sync=True)
    view = traitlets.Dict().tag(sync=True)

    presses: ClassVar[Mapping[str, str]] = {"send": "submit"}
    """The method that each button calls, by the button's name."""

    def __init__(
        self,
        title: str,
        subtitle: str,
        parts: Mapping[str, Part],
        layout: Layout,
        *,
        look: str,
        owner: object = None,
    ) -> None:
        self.state: State = "ready"
        self.status = Status()
        self._title, self._subtitle = title, subtitle
        self._parts = {**parts, "status": self.status}
        self._layout = list(layout)
        self._answered = 0
        self._drawing = threading.RLock()
        self._held = 0
        self._memory = _remembered(owner, type(self).__name__)
        # Read first, because showing a status replaces it.
        self._last_status: tuple[State, str] = self._memory.get(_STATUS, ("ready", ""))
        super().__init__()
        self.add_class("msgnb")
        self.add_class(f"msgnb-{look}")
        for part in self._parts.values():
            # Not before the widget exists: drawing sets one of its traits.
            part.notify = self._draw
        self.on_msg(OrderedInbox(self._receive).receive)
        with self.together():
            self._restore()

    # Between kernel and browser

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send all changes within the `with` block to the browser at once."""
        with self._drawing:
            self._held += 1
        try:
            yield
        finally:
            with self._drawing:
                self._held -= 1
            self._draw()

    def press(self, name: str, value: str | None = None) -> Any:
        """Do what a click on a button does.

        Args:
            name: the button's name.
            value: the row that the button belongs to, if there is one in each row.

        Raises:
            InvalidRequest: there is no such button.
        """
        if name not in self.presses:
            raise InvalidRequest.of(button=f"{name!r} is none of {', '.join(self.presses)}")
        action = getattr(self, self.presses[name])
        return action() if value is None else action(value)

    def _draw(self) -> None:
        with self._drawing:
            if self._held:
                return
            self.view = replace_control_characters(
                {
                    "title": self._title,
                    "subtitle": self._subtitle,
                    "parts": {name: part.spec for name, part in self._parts.items()},
                    "layout": self._layout,
                    "answered": self._answered,
                }
            )

    def _receive(self, content: Any, buffers: Sequence[Any]) -> None:
        """Handle a message of the browser; whatever goes wrong is shown in the form."""
        try:
            self._handle(content, buffers)
        except MsgnbError as error:
            self.show("rejected", str(error))
        except KeyboardInterrupt:
            self.show("unknown", "Interrupted.")
        except Exception as error:
            # A notebook drops the exceptions of handlers.
            log.exception("the form failed")
            self.show("rejected", f"Something broke: {type(error).__name__}: {error}")
        finally:
            if isinstance(content, dict) and content.get("do") == "press":
                # When the browser sees the new number, it enables its buttons again.
                self._answered += 1
                self._draw()

    def _handle(self, content: Any, buffers: Sequence[Any]) -> None:
        match content:
            case {"do": "change", "name": str(name), "value": value}:
                part = self._parts[name]
                if isinstance(part, Control):
                    with self.together():
                        part.typed(value)
            case {"do": "file", "name": str(name), **about}:
                part = self._parts[name]
                if isinstance(part, FileControl):
                    part.arrived(bytes(buffers[0]) if buffers else b"", about)
            case {"do": "press", "name": str(name), "value": str(value)}:
                self.press(name, value)
            case {"do": "press", "name": str(name)}:
                self.press(name)
            case {"do": "focus", "name": str(name)}:
                self.focused(name)

    def focused(self, name: str) -> None:
        """Called when a person enters a field for the first time; for what is only worth loading then."""

    # Status

    def show(self, state: State, words: str) -> None:
        """Set the state and the text of the status line."""
        self.state = state
        self.status.set(state=state, words=words)
        # A form that is made meanwhile, by running the cell again, must not send the same beside this one.
        self._memory[_STATUS] = ("unknown", _STILL_SENDING) if state == "sending" else (state, words)

    def blame(self, error: InvalidRequest, names: Mapping[str, str]) -> None:
        """Show each problem of an error below its field.

        Args:
            error: the error.
            names: the fields' names, by the words that errors have for them.
        """
        for word, problem in error.fields.items():
            part = self._parts.get(names.get(word, word))
            if isinstance(part, Control):
                part.problem = problem

    # The values of the last form

    def _restore(self) -> None:
        last = self._memory
        for name, part in self._parts.items():
            if not isinstance(part, Control) or part.spec["kind"] in {"file", "secret"}:
                continue
            # What was chosen last may no longer be offered.
            if name in last and (part.spec["kind"] != "select" or last[name] in dict(part.spec["options"])):
                part.value = last[name]
            part.on(lambda name=name, part=part: last.__setitem__(name, part.value))  # type: ignore[misc]

    def resume(self) -> None:
        """Show the last status if a message was sent: running the cell again must not send it again."""
        state, words = self._last_status
        if state in {"sent", "unknown"}:
            self.show(state, words)

    # Where no script runs

    def __repr__(self) -> str:
        return escape_invisible(f"<{type(self).__name__} {self._subtitle} state={self.state}>", keep="")

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            # Viewers that don't run widgets fall back to this.
            bundle[0]["text/html"] = str(self.still())
        return bundle

    def still(self) -> Markup:
        """Return a static picture of the form, for where no script runs."""
        head = element("div", element("b", self._title), f" {self._subtitle}")
        pieces = [_still(part) for part in self._parts.values() if part.shown]
        return without_mathjax(element("div", head, *(piece for piece in pieces if piece), style=_STILL))


def _still(part: Part) -> Markup:
    if isinstance(part, Pane):
        return part.still
    if isinstance(part, Control) and part.spec["value"] not in {"", None, False}:
        label = element("span", f"{part.spec['label']}: ", style=QUIET)
        return element("div", label, str(part.spec["value"]), style="white-space:pre-wrap")
    if isinstance(part, Status) and part.spec["words"]:
        return element("div", part.spec["words"])
    return Markup()
