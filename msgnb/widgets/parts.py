"""The parts of forms: fields, buttons, panes, and the status line.

* A part is described to the browser by a few plain values; nothing else is sent there.
* A value that a person typed is not sent back to the browser, so the form never overwrites what is being
  typed.
* Secrets only travel from the browser to the kernel, and are never part of the description.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from msgnb.core.errors import InvalidRequest
from msgnb.core.html import Markup, element
from msgnb.core.secrets import Secret, sealed
from msgnb.platforms.message_kinds import Upload

State = Literal["ready", "sending", "sent", "rejected", "unknown"]
Kind = Literal["text", "textarea", "select", "check", "datetime-local"]
Choices = Iterable[str | tuple[str, str]]


class Part:
    """One part of a form, described by plain values.

    Args:
        kind: what the browser draws, as in `form.js`.
        spec: the plain values.

    Attributes:
        spec: the plain values, with the kind.
        notify: called when they change; the form sets it.
    """

    def __init__(self, kind: str, **spec: Any) -> None:
        self.spec: dict[str, Any] = {"kind": kind, **spec}
        self.notify: Callable[[], None] = lambda: None

    def set(self, **spec: Any) -> None:
        """Change some of the plain values."""
        # Each notification draws the whole form, so nothing is reported that stays the same.
        if any(self.spec.get(name) != value for name, value in spec.items()):
            self.spec = {**self.spec, **spec}
            self.notify()

    @property
    def shown(self) -> bool:
        """Whether the part is shown."""
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
        label: the label.
        value: the first value.
        hint: the placeholder, such as an example.
        options: the choices; suggestions if it is a text field.
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
        choices = _pairs(options)
        super().__init__(kind, label=label, hint=hint, options=choices, problem="", note="", stamp=0, **look)
        self._callbacks: list[Callable[[], None]] = []
        self._value: Any = value if value or kind != "select" else (choices[0][0] if choices else "")
        self.spec["value"] = self._value

    @property
    def value(self) -> Any:
        """The value of the field."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._take(value, stamp=self.spec["stamp"] + 1)

    @property
    def text(self) -> str:
        """The value as text, without leading and trailing spaces."""
        return str(self._value or "").strip()

    @property
    def problem(self) -> str:
        """What is wrong with the value; shown below the field."""
        return str(self.spec["problem"])

    @problem.setter
    def problem(self, words: str) -> None:
        self.set(problem=words)

    @property
    def note(self) -> str:
        """A remark on the value if nothing is wrong with it; shown below the field."""
        return str(self.spec["note"])

    @note.setter
    def note(self, words: str) -> None:
        self.set(note=words)

    def offer(self, options: Choices) -> None:
        """Replace the choices; if the current choice no longer exists, the first one is chosen."""
        choices = _pairs(options)
        self.set(options=choices)
        if self.spec["kind"] == "select" and self._value not in dict(choices):
            self.value = choices[0][0] if choices else ""

    def typed(self, value: Any) -> None:
        """Take a value that a person entered in the browser."""
        self._take(value)

    def on(self, callback: Callable[[], None]) -> None:
        """Call a function whenever the value changes."""
        self._callbacks.append(callback)

    def _take(self, value: Any, **stamp: int) -> None:
        if self.spec["kind"] == "select" and value not in dict(self.spec["options"]):
            names = ", ".join(repr(name) for name, _ in self.spec["options"])
            raise InvalidRequest.of(**{self.spec["label"].lower(): f"{value!r} is none of {names}"})
        if value == self._value:
            return
        self._value = value
        # Without a new stamp the browser leaves alone what the field shows.
        self.spec = {**self.spec, "value": self._describe(value), **stamp}
        self.notify()
        for callback in self._callbacks:
            callback()

    def _describe(self, value: Any) -> Any:
        """Return what the browser learns of a value."""
        return value


class FileControl(Control):
    """A field for a file. Its value is an `Upload`, or `None` if no file is chosen.

    Args:
        label: the label.
        accept: the types of files to choose from, in the browser's notation.
        most: the largest file that is accepted, in bytes.
    """

    def __init__(self, label: str, *, accept: str, most: int) -> None:
        super().__init__("file", label, value=None, accept=accept, most=most)
        self._coming = bytearray()

    def arrived(self, piece: bytes, about: Mapping[Any, Any]) -> None:
        """Take the next piece of a file that the browser uploads.

        Raises:
            InvalidRequest: a piece is missing, or the file is too large.
        """
        # A first piece starts anew, even if the upload before it was not completed.
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

    def _describe(self, value: Any) -> Any:
        return value.name if value else ""


class SecretControl(Control):
    """A field for a secret, which the browser empties as soon as it has sent it. Its value is a `Secret`.

    Args:
        label: the label.
        hint: an example or an explanation.
        kept: the note that a secret was entered, and how long it is kept.
    """

    def __init__(self, label: str, *, hint: str = "", kept: str = "kept for this sign-in only") -> None:
        super().__init__("secret", label, value=None, hint=hint)
        self._kept = kept

    @sealed
    def typed(self, value: Any) -> None:
        """Take a secret that a person entered; an empty field leaves the value as it is."""
        if value:
            super().typed(value)

    def _describe(self, value: Any) -> Any:  # noqa: ARG002 - nothing of a secret is described
        return ""

    @sealed
    def _take(self, value: Any, **stamp: int) -> None:
        super()._take(Secret(value) if value else None, **stamp)
        self.note = self._kept if value else ""


class Button(Part):
    """A button; `look` is `primary`, `plain` or `danger`."""

    def __init__(self, label: str, *, look: str = "plain", hint: str = "", **spec: Any) -> None:
        super().__init__("button", label=label, look=look, hint=hint, disabled=False, **spec)

    @property
    def disabled(self) -> bool:
        """Whether the button cannot be pressed now."""
        return bool(self.spec["disabled"])

    @disabled.setter
    def disabled(self, disabled: bool) -> None:
        self.set(disabled=disabled)


class Pane(Part):
    """A piece of HTML from the kernel; `role` and `label` describe it to screen readers."""

    def __init__(self, **spec: Any) -> None:
        super().__init__("pane", html=Markup(), **spec)
        self._still: Markup | None = None

    @property
    def still(self) -> Markup:
        """What replaces the pane where no script runs; without what can only be clicked."""
        return self.html if self._still is None else self._still

    @still.setter
    def still(self, html: Markup) -> None:
        self._still = html

    @property
    def html(self) -> Markup:
        """The content; text that is not markup is escaped."""
        return Markup(self.spec["html"])

    @html.setter
    def html(self, html: Markup) -> None:
        if not isinstance(html, Markup):
            html = element("div", html)
        self.set(html=html)


class Status(Part):
    """The status line."""

    def __init__(self) -> None:
        super().__init__("status", state="ready", words="")


class Code(Part):
    """The Python line that does the same as the form, with a button to copy it."""

    def __init__(self) -> None:
        super().__init__("code", code="")


def _pairs(options: Choices) -> list[tuple[str, str]]:
    """Return the value and the label of each choice."""
    return [(each, each) if isinstance(each, str) else each for each in options]
