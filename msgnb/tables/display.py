"""What IPython must know before it shows a table of msgnb.

Tables are plain DataFrames, whose texts are what somebody sent. pandas prints them as they are, so a text may
clear a terminal or write backwards. IPython, in notebooks and terminals, can be told how to show a type; for
`print` pandas has no such place, and `frame.msg.to_string()` is what to print.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from msgnb.core import notebook
from msgnb.core.visible import escape_invisible

if TYPE_CHECKING:
    import pandas as pd


# Once, so that whoever changes an option or a formatter back keeps it.
@cache
def prepare_display() -> None:
    r"""Let IPython show a DataFrame or Series with visible escapes, and a notebook without formulas.

    Messages are full of prices, and MathJax takes the text between two dollar signs for a formula. Set
    `pandas.options.display.html.use_mathjax = True` to undo this.
    """
    import pandas as pd  # noqa: PLC0415 - loads when first used

    if notebook.running():
        pd.options.display.html.use_mathjax = False
    if (shell := _find_shell()) is not None:
        for kind in (pd.DataFrame, pd.Series):
            _register(shell, kind)


def _find_shell() -> Any:
    """Return the running IPython; `None` if there is none."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _register(shell: Any, kind: type) -> None:
    formatters = shell.display_formatter.formatters
    for name, write in (("text/plain", _write_plain), ("text/html", _write_html)):
        # Somebody else's choice counts.
        if name in formatters and kind not in formatters[name]:
            formatters[name].for_type(kind, write)


def _write_plain(shown: pd.DataFrame | pd.Series[Any], printer: Any, _cycle: bool) -> None:
    for number, line in enumerate(escape_invisible(repr(shown)).split("\n")):
        if number:
            printer.break_()
        printer.text(line)


def _write_html(shown: pd.DataFrame | pd.Series[Any]) -> str | None:
    # A Series has no HTML, and a DataFrame none if an option says so.
    draw = getattr(shown, "_repr_html_", None)
    html = draw() if draw is not None else None
    return escape_invisible(html) if isinstance(html, str) else None
