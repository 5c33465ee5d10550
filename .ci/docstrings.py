"""Shows the examples of docstrings, which begin with `>>>`, as code in the site of the docs."""

from __future__ import annotations

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"^>>> .*(?:\n(?:>>>|\.\.\.) .*|\n(?!\n)(?!\w+:$).+)*", re.MULTILINE)


class Examples(griffe.Extension):
    """Puts each example into a fence."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of one object."""
        if obj.docstring:
            obj.docstring.value = EXAMPLE.sub(lambda found: f"```pycon\n{found[0]}\n```", obj.docstring.value)
