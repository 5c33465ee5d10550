"""What pandas and IPython must know before it shows a table of msgnb.

Tables are plain DataFrames, whose texts are what somebody sent. pandas prints them as they are, so a text may
clear a terminal or write backwards. IPython, in notebooks and terminals, can be told how to show a type:
tables, columns, indexes, arrays such as those of `unique()`, and `df.style`. For `print`, pandas asks an
array how its values are written, so the arrays of text are given the same escapes. Columns of other types
are not theirs, nor is the repr of an index: there `frame.msg.to_string()` is what to print. A single text is
shown by IPython as Python writes it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from msgnb.core import notebook
from msgnb.core.visible import escape_invisible

FORMATTER = "_formatter"
"""The method by which pandas asks an array how its values are written, as documented for array types."""
STYLER = ("pandas.io.formats.style", "Styler")


# Once, so that whoever changes an option or a formatter back keeps it.
@cache
def prepare_display() -> None:
    r"""Let IPython and `print` show texts with visible escapes, and a notebook without formulas.

    Messages are full of prices, and MathJax takes the text between two dollar signs for a formula. Set
    `pandas.options.display.html.use_mathjax = True` to undo this.
    """
    import pandas as pd  # noqa: PLC0415 - loads when first used

    for kind in {type(pd.array([""], dtype=dtype)) for dtype in ("str", "string")}:
        _prepare_print(kind)
    if notebook.running():
        pd.options.display.html.use_mathjax = False
    if (shell := _find_shell()) is not None:
        bases: tuple[type, ...] = (pd.DataFrame, pd.Series, pd.Index, pd.api.extensions.ExtensionArray)
        for base in bases:
            for kind in _find_kinds(base):
                _register(shell, kind)
        _register_style(shell)


def _prepare_print(kind: type[Any]) -> None:
    """Let an array of text write its values with escapes."""
    usual = getattr(kind, FORMATTER)

    def formatter(self: Any, boxed: bool = False) -> Callable[[Any], str | None]:
        write = usual(self, boxed)
        return lambda value: escape_invisible(str(write(value)), keep="")

    setattr(kind, FORMATTER, formatter)


def _find_shell() -> Any:
    """Return the running IPython; `None` if there is none."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _find_kinds(base: type) -> Iterator[type]:
    """Yield the types below a type and then the type; IPython prefers a repr of their own to what it knows.

    In this order, because a formatter that knows a type says that it knows those below it, too.
    """
    below: list[type] = base.__subclasses__()
    for kind in below:
        yield from _find_kinds(kind)
    yield base


def _register(shell: Any, kind: type) -> None:
    formatters = shell.display_formatter.formatters
    for name, write in (("text/plain", _write_plain), ("text/html", _write_html)):
        # Somebody else's choice counts.
        if name in formatters and kind not in formatters[name]:
            formatters[name].for_type(kind, write)


def _register_style(shell: Any) -> None:
    # By name, because loading it takes long, and jinja2.
    formatter = shell.display_formatter.formatters.get("text/html")
    if formatter is not None and ".".join(STYLER) not in formatter:
        formatter.for_type_by_name(*STYLER, _write_html)


def _write_plain(shown: Any, printer: Any, _cycle: bool) -> None:
    for number, line in enumerate(escape_invisible(repr(shown)).split("\n")):
        if number:
            printer.break_()
        printer.text(line)


def _write_html(shown: Any) -> str | None:
    # A Series or an array has no HTML, and a DataFrame none if an option says so.
    draw = getattr(shown, "_repr_html_", None)
    html = draw() if draw is not None else None
    return escape_invisible(html) if isinstance(html, str) else None
