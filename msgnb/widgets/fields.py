"""What all forms are made of: labelled fields, and a line that says how it stands."""

from __future__ import annotations

from typing import Any, Literal

from msgnb.markup import Markup, element

State = Literal["ready", "sending", "sent", "rejected", "unknown"]

LABEL_WIDTH = "80px"
QUIET = "color:var(--jp-ui-font-color2, #666);overflow-wrap:anywhere;line-height:1.4"
FRAME = {"max_width": "46em", "padding": "8px 12px", "border": "1px solid var(--jp-border-color2, #ccc)"}
_COLOURS: dict[State, str] = {
    "ready": "var(--jp-ui-font-color2, #666)",
    "sending": "var(--jp-ui-font-color2, #666)",
    "sent": "var(--jp-success-color1, #2e7d32)",
    "rejected": "var(--jp-error-color1, #c62828)",
    "unknown": "var(--jp-warn-color0, #b26a00)",
}


def field(kind: type[Any], label: str, hint: str = "", **options: Any) -> Any:
    """A control with its label; text is told when the field is left, not letter by letter.

    A click made while the kernel is busy would otherwise act on half of what was typed.
    """
    hinted = {"placeholder": hint} if hint else {}
    return kind(
        description=label,
        layout={"width": "auto"},
        style={"description_width": LABEL_WIDTH},
        **hinted,
        **({"continuous_update": False} if hasattr(kind, "continuous_update") else {}),
        **options,
    )


def notice(state: State, words: str) -> Markup:
    """A line that says how it stands, in its colour, for eyes and for screen readers."""
    style = f"color:{_COLOURS[state]};line-height:1.4;overflow-wrap:anywhere;margin-left:8px"
    return element("div", words, role="status", style=style)
