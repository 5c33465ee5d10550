"""What forms are made of: fields, buttons, panes, and the line that says how it stands.

* A part is described to the browser by a few plain values; nothing else goes there.
* A field's value that comes from the browser is not sent back, so that nobody's typing is overwritten.
* Secrets only ever travel from the browser to the kernel, and never become part of the description.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from msgnb.core.errors import InvalidRequest
from msgnb.core.html import Markup, element
from msgnb.core.secrets import Secret

State = Literal["ready", "sending", "sent", "rejected", "unknown"]
Kind = Literal["text", "textarea", "select", "check", "datetime-local"]
Choices = Iterable[str | tuple[str, str]]


class Part:
    """One thing of a form, described by plain values; `told` is called when they change."""

    def __init__(self, kind: str, **spec: Any) -> None:
        self.spec: dict[str, Any] = {"kind": kind, **spec}
        self.told: Callable[[], None] = lambda: None

    def set(self, **spec: Any) -> None:
        """Describe it anew."""
        if any(self.spec.get(name) != value for name, value in spec.items()):
            self.spec = {**self.spec, **spec}
            self.told()

    @property
    def shown(self) -> bool:
        """Whether it is shown."""
        return bool(self.spec.get("shown", True))

    @shown.setter
    def shown(self, shown: bool) -> None:
        self.set(shown=shown)


class Control(Part):
    """A field with its label.

    >>> field = Control("text", "To", hint="+22963588213")
    >>> field.value = "+22963588213"

    Args:
        kind: `text`, `textarea`, `select`, `check` or `datetime-local`.
        label: what it is called.
        value: what it holds at first.
        hint: how it is filled in, by example.
        options: what can be chosen; for text, what is offered.
        look: further plain values for the browser.
    """

    def __init__(
        self,
        kind: Kind | Literal["file", "secret"],
        label: str,
        *,
        value: Any = "",
        hint: str = "",
        options: Choices = (),
        **look: Any,
    ) -> None:
        choices = _choices(options)
        super().__init__(kind, label=label, hint=hint, options=choices, problem="", note="", stamp=0, **look)
        self._callbacks: list[Callable[[], None]] = []
        self._value: Any = value if value or kind != "select" else (choices[0][0] if choices else "")
        self.spec["value"] = self._value

    @property
    def value(self) -> Any:
        """What it holds."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._take(value, stamp=self.spec["stamp"] + 1)

    @property
    def text(self) -> str:
        """What it holds, without the blanks around it."""
        return str(self._value or "").strip()

    @property
    def problem(self) -> str:
        """What is wrong with it, in words that stand beside it."""
        return str(self.spec["problem"])

    @problem.setter
    def problem(self, words: str) -> None:
        self.set(problem=words)

    @property
    def note(self) -> str:
        """What is to be said of it, where nothing is wrong."""
        return str(self.spec["note"])

    @note.setter
    def note(self, words: str) -> None:
        self.set(note=words)

    def offer(self, options: Choices) -> None:
        """What can be chosen from now on; a choice that is gone falls back to the first."""
        choices = _choices(options)
        self.set(options=choices)
        if self.spec["kind"] == "select" and self._value not in dict(choices):
            self.value = choices[0][0] if choices else ""

    def typed(self, value: Any) -> None:
        """Take what a person put in."""
        self._take(value)

    def on(self, callback: Callable[[], None]) -> None:
        """Call this when it holds something else."""
        self._callbacks.append(callback)

    def _take(self, value: Any, **stamp: int) -> None:
        if self.spec["kind"] == "select" and value not in dict(self.spec["options"]):
            names = ", ".join(repr(name) for name, _ in self.spec["options"])
            raise InvalidRequest.of(**{self.spec["label"].lower(): f"{value!r} is none of {names}"})
        if value == self._value:
            return
        self._value = value
        # Without a new stamp the browser leaves alone what the field shows.
        self.spec = {**self.spec, "value": self._described(value), **stamp}
        self.told()
        for callback in self._callbacks:
            callback()

    def _described(self, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class Upload:
    """A file that was chosen."""

    name: str
    mime_type: str
    content: bytes = field(repr=False)


class FileControl(Control):
    """A field for a file; it holds an `Upload`, or `None`.

    Args:
        label: what it is called.
        accept: what is offered to choose, as browsers write it.
        most: bytes that are taken.
    """

    def __init__(self, label: str, *, accept: str, most: int) -> None:
        super().__init__("file", label, value=None, accept=accept, most=most)
        self._coming = bytearray()

    def arrived(self, piece: bytes, about: Mapping[Any, Any]) -> None:
        """Take one more piece of a file that comes from the browser."""
        if about["offset"] == 0:
            self._coming = bytearray()
        if about["offset"] != len(self._coming):
            raise InvalidRequest.of(file=f"{about['file']} did not arrive in full; choose it again")
        if about["size"] > self.spec["most"]:
            raise InvalidRequest.of(
                file=f"{about['file']} has {about['size']:,} bytes; {self.spec['most']:,} are the most"
            )
        self._coming += piece
        if len(self._coming) >= about["size"]:
            self.typed(Upload(about["file"], about["type"], bytes(self._coming)))
            self._coming = bytearray()

    def _described(self, value: Any) -> Any:
        return value.name if value else ""


class SecretControl(Control):
    """A field for a secret; the browser empties it as soon as it has told it."""

    def __init__(self, label: str, *, hint: str = "") -> None:
        super().__init__("secret", label, value=None, hint=hint)

    def typed(self, value: Any) -> None:
        """Take what a person put in; nothing typed leaves what was there."""
        if value:
            super().typed(Secret(value))

    def _described(self, value: Any) -> Any:  # noqa: ARG002 - it is not described
        return ""

    def _take(self, value: Any, **stamp: int) -> None:
        super()._take(value, **stamp)
        self.note = "kept for this sign-in only" if value else ""


class Button(Part):
    """A button; `look` is `primary`, `plain` or `danger`."""

    def __init__(self, label: str, *, look: str = "plain", hint: str = "", **spec: Any) -> None:
        super().__init__("button", label=label, look=look, hint=hint, disabled=False, **spec)

    @property
    def disabled(self) -> bool:
        """Whether it can't be pressed now."""
        return bool(self.spec["disabled"])

    @disabled.setter
    def disabled(self, disabled: bool) -> None:
        self.set(disabled=disabled)


class Pane(Part):
    """A piece of HTML that the kernel has made; `role` and `label` tell screen readers what it is."""

    def __init__(self, **spec: Any) -> None:
        super().__init__("pane", html=Markup(), **spec)
        self._still: Markup | None = None

    @property
    def still(self) -> Markup:
        """What stands for it where no script runs: what is only there to be clicked is left out."""
        return self.html if self._still is None else self._still

    @still.setter
    def still(self, html: Markup) -> None:
        self._still = html

    @property
    def html(self) -> Markup:
        """What it shows."""
        return Markup(self.spec["html"])

    @html.setter
    def html(self, html: Markup) -> None:
        if not isinstance(html, Markup):
            html = element("div", html)
        self.set(html=html)


class Status(Part):
    """The line that says how it stands."""

    def __init__(self) -> None:
        super().__init__("status", state="ready", words="")


class Code(Part):
    """The Python line that does the same, to copy."""

    def __init__(self) -> None:
        super().__init__("code", code="")


def _choices(options: Choices) -> list[tuple[str, str]]:
    return [(each, each) if isinstance(each, str) else each for each in options]
