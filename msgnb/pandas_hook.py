"""Registers `frame.msg` on pandas' DataFrame, whichever of msgnb and pandas is imported first.

Importing pandas takes a second that many programs don't need, so msgnb doesn't import it. If pandas is loaded
already, the accessor is registered at once; otherwise a finder at the front of `sys.meta_path` waits for
pandas to be imported, registers the accessor after that, and removes itself. What is registered is a function
that loads `msgnb.analysis.accessor` when somebody first writes `frame.msg`.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.analysis.accessor import Messaging


def messaging(frame: pd.DataFrame) -> Messaging:
    """Return what msgnb can do with a DataFrame; pandas calls this for `frame.msg`."""
    from msgnb.analysis.accessor import Messaging  # noqa: PLC0415 - loads when first used

    return Messaging(frame)


class PandasFinder(MetaPathFinder):
    """Lets pandas be imported as usual, and registers the accessor right after."""

    def find_spec(self, name: str, *_: Any) -> Any:
        """Return pandas' own spec, whose loader registers the accessor when it is done."""
        if name != "pandas":
            return None
        with suppress(ValueError):  # another thread removed it
            sys.meta_path.remove(self)
        spec = find_spec(name)
        if spec and (loader := spec.loader):
            execute = loader.exec_module

            def exec_module(module: Any) -> None:
                execute(module)
                register()

            loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def register() -> None:
    """Register `frame.msg`, now or as soon as pandas is imported."""
    pandas: Any = sys.modules.get("pandas")
    if pandas is None:
        sys.meta_path.insert(0, PandasFinder())
    elif hasattr(pandas, "DataFrame") and not hasattr(pandas.DataFrame, "msg"):
        pandas.api.extensions.register_dataframe_accessor("msg")(messaging)
