"""What the messages tell, the same from pandas, Polars, DuckDB and PySpark."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pytest

import msgnb
from msgnb import analysis

Kind = Callable[[pd.DataFrame], Any]
COLUMNS = [
    "platform", "account", "session", "message", "at", "direction", "sender", "recipient", "text", "status",
    "campaign", "kind",
]  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    """The history of all three platforms."""
    with msgnb.offline() as world:
        found = [client.history() for client in (world.blip, world.netsapiens, world.smsdrop)]
    return pd.concat(found, ignore_index=True)[COLUMNS]


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A Spark of this machine; its times are UTC."""
    if shutil.which("java") is None:
        pytest.skip("no Java here: apt-get install openjdk-17-jre-headless")
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        sql.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    yield session
    session.stop()


KINDS: dict[str, Kind] = {
    "polars": pl.from_pandas,
    "lazy polars": lambda frame: pl.from_pandas(frame).lazy(),
    "duckdb": lambda frame: duckdb.from_arrow(pl.from_pandas(frame).to_arrow()),
}
CALLS: dict[str, Callable[[Any], Any]] = {
    "volume by day": lambda m: analysis.volume(m, zone="America/New_York"),
    "volume by hour": lambda m: analysis.volume(m, by="hour"),
    "volume by week and platform": lambda m: analysis.volume(m, by="week", per="platform", zone="Asia/Tokyo"),
    "volume by month": lambda m: analysis.volume(m, by="month", per=["platform", "kind"]),
    "busy": lambda m: analysis.busy(m, zone="Europe/Berlin"),
    "conversations": lambda m: analysis.conversations(m, gap=timedelta(hours=6)),
    "responses": analysis.responses,
    "unanswered": analysis.unanswered,
    "unanswered by now": lambda m: analysis.unanswered(m, now=datetime(2026, 11, 3, tzinfo=UTC)),
    "funnel": analysis.funnel,
    "cohorts": lambda m: analysis.cohorts(m, by="week", zone="America/Sao_Paulo"),
    "agents": analysis.agents,
    "opt-outs": analysis.opt_outs,
}


def plain(table: Any) -> list[dict[str, Any]]:
    """A table of any kind as plain rows; times without the zone that some kinds add."""
    if "pyspark" in type(table).__module__:
        return [{name: bare(value) for name, value in row.asDict().items()} for row in table.collect()]
    frame = nw.from_native(table)
    eager = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return [{name: bare(value) for name, value in row.items()} for row in eager.iter_rows(named=True)]


def bare(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime()
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None)
    return value


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_table_tells_the_same(whole: pd.DataFrame, kind: str, call: str) -> None:
    """The answer has the kind that was given, and the rows that pandas has."""
    given = KINDS[kind](whole)
    found = CALLS[call](given)
    assert type(found) is type(given)
    expected = plain(CALLS[call](whole))
    assert len(expected) > 0
    assert plain(found) == expected


def spark_value(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return None if pd.isna(value) else value


@pytest.mark.parametrize("call", CALLS)
def test_spark_tells_the_same(whole: pd.DataFrame, spark: Any, call: str) -> None:
    """On Spark as well, where a cluster would count."""
    names = ", ".join(f"{name} {'timestamp' if name == 'at' else 'string'}" for name in COLUMNS)
    rows = [tuple(map(spark_value, row)) for row in whole.itertuples(index=False)]
    given = spark.createDataFrame(rows, names)
    assert plain(CALLS[call](given)) == plain(CALLS[call](whole))
