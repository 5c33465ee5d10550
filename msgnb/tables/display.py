"""What a notebook must know before it shows a table of msgnb."""

from __future__ import annotations

from functools import cache

from msgnb.core import notebook


# Once, so that whoever changes the option back keeps it.
@cache
def prepare_notebook() -> None:
    """Let a notebook show "$5 and $6" in a DataFrame as it was written, instead of as a formula.

    Messages are full of prices, and MathJax takes the text between two dollar signs for a formula. Set
    `pandas.options.display.html.use_mathjax = True` to undo this.
    """
    if notebook.running():
        import pandas as pd  # noqa: PLC0415 - loads when first used

        pd.options.display.html.use_mathjax = False
