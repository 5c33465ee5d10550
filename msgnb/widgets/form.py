"""The base of all forms: one widget that draws its parts in the browser and hears what a person does.

* The browser tells each change by itself, numbered, and a press after all of them: whatever the kernel was
  busy with meanwhile, a press acts on all that was typed.
* Nothing that comes from the browser is raised: it is shown in the form and logged.
* What was put in comes back when the cell is run again; secrets and files don't.
* Where no script runs there is a plain picture of the form, and its repr.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

from msgnb.core.errors import InvalidRequest, MsgnbError
from msgnb.core.html import Markup, as_written, clean, element
from msgnb.tables.transcript import QUIET
from msgnb.widgets.ordered_inbox import Hearing
from msgnb.widgets.parts import Control, FileControl, Pane, Part, State, Status

log = logging.getLogger("msgnb.widgets")

_STILL = "max-width:46em;padding:8px 12px;border:1px solid var(--jp-border-color2, #e0e0e0);border-radius:6px"
HERE = Path(__file__).parent
Layout = Sequence[Any]
"""Names of parts, one below the other; a list in it has them side by side, one in that below again."""

_LAST: dict[tuple[str, ...], dict[str, Any]] = {}
"""What was last put into each form and how it stood, by its class and account."""
_STANDING = "\0standing"


class Form(anywidget.AnyWidget):
    """Parts of a form, in a layout.

    Without a screen, as in a test, set `form.<part>.value` and call `form.submit()` or `form.press(name)`.

    Args:
        title: what it is for.
        subtitle: whose account it acts for.
        parts: its parts by their names.
        layout: how they lie.
        look: a class for its style.
        kept: the account whose last values it begins with; none are kept where it is `None`.
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
        kept: str | None = None,
    ) -> None:
        self.state: State = "ready"
        self.status = Status()
        self._title, self._subtitle = title, subtitle
        self._parts = {**parts, "status": self.status}
        self._layout = list(layout)
        self._answered = 0
        self._drawing = threading.RLock()
        self._held = 0
        self._key = None if kept is None else (type(self).__name__, kept)
        self._stood: tuple[State, str] = _LAST.get(self._key or (), {}).get(_STANDING, ("ready", ""))
        super().__init__()
        self.add_class("msgnb")
        self.add_class(f"msgnb-{look}")
        for part in self._parts.values():
            part.told = self._draw
        self.on_msg(Hearing(self._receive).told)
        with self.together():
            self._restore()

    # Between kernel and browser

    @contextmanager
    def together(self) -> Iterator[None]:
        """Show all that changes within at once."""
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
            self.view = clean(
                {
                    "title": self._title,
                    "subtitle": self._subtitle,
                    "parts": {name: part.spec for name, part in self._parts.items()},
                    "layout": self._layout,
                    "answered": self._answered,
                }
            )

    def _receive(self, content: Any, buffers: Sequence[Any]) -> None:
        """Hear what a person did in the browser."""
        try:
            self._hear(content, buffers)
        except MsgnbError as error:
            self.show("rejected", str(error))
        except KeyboardInterrupt:
            self.show("unknown", "Interrupted.")
        except Exception as error:
            # A handler that raises is lost in a notebook.
            log.exception("the form failed")
            self.show("rejected", f"Something broke: {type(error).__name__}: {error}")
        finally:
            if isinstance(content, dict) and content.get("do") == "press":
                # From here on the browser lets its buttons be pressed again.
                self._answered += 1
                self._draw()

    def _hear(self, content: Any, buffers: Sequence[Any]) -> None:
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
        """A person went into a field; for what is only worth loading then."""

    # How it stands

    def show(self, state: State, words: str) -> None:
        """Say how it stands."""
        self.state = state
        self.status.set(state=state, words=words)
        if self._key and state != "sending":
            _LAST[self._key][_STANDING] = (state, words)

    def blame(self, error: InvalidRequest, names: Mapping[str, str]) -> None:
        """Write beside each field what an error says of it; `names` are fields by the error's words."""
        for word, problem in error.fields.items():
            part = self._parts.get(names.get(word, word))
            if isinstance(part, Control):
                part.problem = problem

    # What was put in before

    def _restore(self) -> None:
        if self._key is None:
            return
        last = _LAST.setdefault(self._key, {})
        for name, part in self._parts.items():
            if not isinstance(part, Control) or part.spec["kind"] in {"file", "secret"}:
                continue
            if name in last and (part.spec["kind"] != "select" or last[name] in dict(part.spec["options"])):
                part.value = last[name]
            part.on(lambda name=name, part=part: last.__setitem__(name, part.value))  # type: ignore[misc]

    def resume(self) -> None:
        """Stand as before, where that was an end: a cell that is run again sends nothing again."""
        state, words = self._stood
        if state in {"sent", "unknown"}:
            self.show(state, words)

    # Where no script runs

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._subtitle} state={self.state}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[0]["text/html"] = str(self.still())
        return bundle

    def still(self) -> Markup:
        """A picture of the form for where no script runs."""
        head = element("div", element("b", self._title), f" {self._subtitle}")
        pieces = [_still(part) for part in self._parts.values() if part.shown]
        return as_written(element("div", head, *(piece for piece in pieces if piece), style=_STILL))


def _still(part: Part) -> Markup:
    if isinstance(part, Pane):
        return part.still
    if isinstance(part, Control) and part.spec["value"] not in {"", None, False}:
        label = element("span", f"{part.spec['label']}: ", style=QUIET)
        return element("div", label, str(part.spec["value"]), style="white-space:pre-wrap")
    if isinstance(part, Status) and part.spec["words"]:
        return element("div", part.spec["words"])
    return Markup()
