"""Calls of measures as a type checker sees them; `test_measures.py` checks this file with mypy.

A line with `# type: ignore[…]` is an error that mypy must find: it warns of one that it does not need.
"""

from __future__ import annotations

from typing import assert_type

import pandas as pd
import polars as pl

from msgnb import analysis
from msgnb.analysis.accessor import Messaging


def measures(frame: pd.DataFrame, other: pl.LazyFrame) -> None:
    assert_type(analysis.volume(frame, by="week", per=["kind", "platform"]), pd.DataFrame)
    assert_type(analysis.volume(other, zone="Asia/Tokyo"), pl.LazyFrame)
    assert_type(analysis.keywords(frame, ["order"]), pd.DataFrame)
    analysis.volume(frame, period="week")  # type: ignore[call-arg]
    analysis.keywords(frame)  # type: ignore[call-arg]


def methods(frame: pd.DataFrame) -> None:
    assert_type(Messaging(frame).volume(by="week"), pd.DataFrame)
    assert_type(Messaging(frame).keywords(["order"]), pd.DataFrame)
    assert_type(Messaging(frame).ngrams(n=2, direction=None), pd.DataFrame)
    assert_type(Messaging(frame).mask("a long secret", holds={"hour": "amount"}), pd.DataFrame)
    Messaging(frame).volume(period="week")  # type: ignore[call-arg]
    Messaging(frame).ngrams(n="2")  # type: ignore[arg-type]
    Messaging(frame).mask("a long secret", holds={"hour": "number"})  # type: ignore[dict-item]
