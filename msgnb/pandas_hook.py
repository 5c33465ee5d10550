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

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return pandas' own spec, whose loader registers the accessor when it is done."""
        if name != "pandas":
            return None
        # It stays until pandas is there: who asks for a spec need not import it, and an import may fail.
        others = (finder for finder in tuple(sys.meta_path) if finder is not self)
        found = (finder.find_spec(name, path, target) for finder in others if hasattr(finder, "find_spec"))
        spec = next(filter(None, found), None)
        if spec and (loader := spec.loader):
            execute = loader.exec_module

            def exec_module(module: Any) -> None:
                execute(module)
                with suppress(ValueError):  # another import has removed it
                    sys.meta_path.remove(self)
                _register_on(module)

            loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def register() -> None:
    """Register `frame.msg`, now or as soon as pandas is imported."""
    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, PandasFinder())
        return
    # Another thread may be in the middle of importing pandas: this waits until it is done.
    import pandas as pd  # noqa: PLC0415

    _register_on(pd)


def _register_on(pandas: Any) -> None:
    if hasattr(pandas, "DataFrame") and not hasattr(pandas.DataFrame, "msg"):
        pandas.api.extensions.register_dataframe_accessor("msg")(messaging)
