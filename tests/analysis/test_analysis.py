"""What the measures count, and that all libraries count the same."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dask.dataframe
import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pytest

import msgnb
from msgnb import analysis, tables

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
    """A local Spark session in UTC."""
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
    "dask": lambda frame: dask.dataframe.from_pandas(frame, npartitions=3),
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
    "keywords": lambda m: analysis.keywords(m, ["order", "thank you", "Não"]),
    "words": analysis.ngrams,
    "three words in a row": lambda m: analysis.ngrams(m, n=3, direction=None, ignore=["the", "your"]),
}


def test_every_measure_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is left out of the comparison of libraries."""
    called: set[str] = set()
    monkeypatch.setattr(analysis.Measure, "compute", lambda self, *_, **__: called.add(self.name))
    for call in CALLS.values():
        call(None)
    assert called == set(analysis.MEASURES)


def plain(table: Any) -> list[dict[str, Any]]:
    """A table of any library as plain rows; times without the zone that some libraries add."""
    if "pyspark" in type(table).__module__:
        return [{name: bare(value) for name, value in row.asDict().items()} for row in table.collect()]
    frame = nw.from_native(table.compute() if "dask" in type(table).__module__ else table)
    eager = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return [{name: bare(value) for name, value in row.items()} for row in eager.iter_rows(named=True)]


def bare(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime()
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None)
    return value


@pytest.mark.filterwarnings("ignore:Series.values returning:pandas.errors.Pandas4Warning")  # in Dask
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_table_tells_the_same(whole: pd.DataFrame, kind: str, call: str) -> None:
    """The result has the type of the messages, and the rows that pandas computes."""
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
    """Spark computes the same rows as pandas."""
    names = ", ".join(f"{name} {'timestamp' if name == 'at' else 'string'}" for name in COLUMNS)
    rows = [tuple(map(spark_value, row)) for row in whole.itertuples(index=False)]
    given = spark.createDataFrame(rows, names)
    assert plain(CALLS[call](given)) == plain(CALLS[call](whole))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> msgnb.Archive:
    """The history of all three platforms, on disk."""
    kept = msgnb.Archive(tmp_path_factory.mktemp("history"))
    with msgnb.offline() as world:
        for client in (world.blip, world.netsapiens, world.smsdrop):
            kept.sync(client)
    return kept


FROM_ARCHIVE: list[Callable[[Any], Any]] = [
    lambda m: analysis.volume(m, by="week", per="platform", zone="America/Sao_Paulo"),
    analysis.conversations,
    analysis.agents,
]


@pytest.mark.parametrize("call", FROM_ARCHIVE)
def test_spark_reads_the_archive(archive: msgnb.Archive, spark: Any, call: Callable[[Any], Any]) -> None:
    """Spark reads the archive's folder and computes the same as msgnb."""
    folder = spark.read.parquet(f"file://{archive.path}/messages")
    assert plain(call(folder)) == plain(call(archive.messages()))


@pytest.mark.parametrize("call", FROM_ARCHIVE)
def test_other_tools_read_the_archive(archive: msgnb.Archive, call: Callable[[Any], Any]) -> None:
    """Polars takes platform and account from the folder names, and DuckDB runs SQL."""
    expected = plain(call(archive.messages()))
    assert plain(call(pl.scan_parquet(f"{archive.path}/messages", hive_partitioning=True))) == expected
    assert plain(call(archive.sql("select * from messages"))) == expected


AT = datetime(2026, 10, 5, 9, tzinfo=UTC)  # a Monday


def said(*lines: tuple[int, str], session: str = "a", text: str = "hi") -> pd.DataFrame:
    """Messages of one session: minutes after nine, and `in` or `out`."""
    rows = [
        ("blip", "bot", session, f"m{number:02d}", AT + timedelta(minutes=minutes), f"{side}bound", text)
        for number, (minutes, side) in enumerate(lines)
    ]
    return pd.DataFrame(
        rows, columns=["platform", "account", "session", "message", "at", "direction", "text"]
    )


@pytest.mark.filterwarnings("ignore:Series.values returning:pandas.errors.Pandas4Warning")  # in Dask
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_missing_is_told_alike(kind: str, call: str) -> None:
    """Missing accounts, directions and texts, categories, and repeated row labels."""
    lines = said(*[(minutes, "in") for minutes in (0, 1, 2, 1000, 2500)])
    ragged = lines.assign(
        platform=pd.Categorical(lines["platform"], categories=["smsdrop", "blip"]),
        account=pd.array(["bot", None, None, "bot", "bot"], dtype="str"),
        direction=pd.Categorical(["inbound", "inbound", None, "outbound", "inbound"]),
        text=pd.array(["order", None, "stop", "", "order now"], dtype="str"),
        sender="x",
        kind="chat",
        status="sent",
        campaign=pd.array([None, "c", "c", None, "d"], dtype="str"),
    ).set_index(pd.Index([0, 0, 1, 1, 1]))
    assert blank(plain(CALLS[call](KINDS[kind](ragged)))) == blank(plain(CALLS[call](ragged)))


ORDER_KEPT = ["conversations", "responses", "unanswered", "opt-outs"]


@pytest.mark.filterwarnings("ignore:Series.values returning:pandas.errors.Pandas4Warning")  # in Dask
@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Etc/GMT+3"])
@pytest.mark.parametrize("call", ["volume by day", "busy", "cohorts", *ORDER_KEPT])
@pytest.mark.parametrize("kind", ["pandas", "polars", "lazy polars", "dask"])
def test_the_zone_of_the_times_does_not_matter(whole: pd.DataFrame, kind: str, call: str, zone: str) -> None:
    """Times in any zone count as the moments that they are."""
    some = whole.head(120)
    moved = some.assign(at=some["at"].dt.tz_convert(zone))
    given = KINDS[kind](moved) if kind in KINDS else moved
    assert blank(plain(CALLS[call](given))) == blank(plain(CALLS[call](some)))


@pytest.mark.filterwarnings("ignore:Series.values returning:pandas.errors.Pandas4Warning")  # in Dask
@pytest.mark.parametrize("call", ORDER_KEPT)
@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_messages_is_total(whole: pd.DataFrame, kind: str, call: str) -> None:
    """Messages of one moment without IDs give the same rows in the same order everywhere."""
    one_moment = whole.head(300).assign(at=whole["at"].iloc[0])
    one_moment.loc[::2, "message"] = None
    assert blank(plain(CALLS[call](KINDS[kind](one_moment)))) == blank(plain(CALLS[call](one_moment)))


@pytest.mark.filterwarnings("ignore:Series.values returning:pandas.errors.Pandas4Warning")  # in Dask
@pytest.mark.parametrize("kind", ["pandas", *KINDS])
def test_lower_case_is_spelled_alike(kind: str) -> None:
    """The engines' own lower case differs in the Turkish İ and in the sigma at the end of a word."""
    texts = pd.array(["ΔΙΑΛΟΣ!", "Διαλος διαλοσ", "İstop"], dtype="str")
    frame = said(*[(n, "in") for n in range(3)]).assign(text=texts)
    given = KINDS[kind](frame) if kind in KINDS else frame
    opted = plain(analysis.opt_outs(given, words=["διαλος", "i\u0307stop"]))
    assert [row["word"] for row in opted] == ["διαλος", "istop"]
    found = plain(analysis.keywords(given, ["ΔΙΑΛΟΣ", "İstop"]))
    assert [(row["word"], row["messages"]) for row in found] == [("ΔΙΑΛΟΣ", 2), ("İstop", 1)]
    counted = plain(analysis.ngrams(given, least=1))
    assert [(row["ngram"], row["count"]) for row in counted] == [("διαλος", 3), ("istop", 1)]


def blank(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in which every missing value is `None`."""
    return [{name: None if pd.isna(value) else value for name, value in row.items()} for row in rows]


def test_a_silence_of_the_gap_begins_a_conversation() -> None:
    """A silence as long as the gap splits a session, a shorter one does not; sessions are separate."""
    frame = pd.concat(
        [said((0, "in"), (59, "out"), (119, "in"), (120, "out")), said((1, "out"), session="b")]
    )
    found = analysis.conversations(frame, gap=timedelta(minutes=60))
    told = found[["session", "conversation", "messages", "inbound", "outbound", "opened_by"]]
    assert told.to_numpy().tolist() == [
        ["a", 1, 2, 1, 1, "inbound"],
        ["a", 2, 2, 1, 1, "inbound"],
        ["b", 1, 1, 0, 1, "outbound"],
    ]


def test_several_messages_are_one_question() -> None:
    """The wait runs from the first of several messages to the first answer; without one there is no row."""
    frame = said(
        (0, "out"), (10, "in"), (11, "in"), (15, "out"), (16, "out"), (900, "in"), (905, "out"), (906, "in")
    )
    found = analysis.responses(frame)
    assert found[["seconds", "messages", "first"]].to_numpy().tolist() == [[300, 2, True], [300, 1, True]]
    assert list(found["asked_at"]) == [AT + timedelta(minutes=10), AT + timedelta(minutes=900)]


def test_messages_of_one_moment_stand_by_their_ids() -> None:
    """Of two messages of the same time, the one with the smaller ID is first."""
    found = analysis.responses(said((0, "in"), (0, "out")))
    assert list(found["seconds"]) == [0]
    assert analysis.responses(said((0, "out"), (0, "in"))).empty


def test_who_waits_longest_stands_first() -> None:
    """A session whose last message is inbound has waited since the first one that was not answered."""
    frame = pd.concat(
        [
            said((0, "in"), (5, "out"), (30, "in"), (40, "in"), session="a"),
            said((10, "in"), session="b"),
            said((1, "in"), (2, "out"), session="c"),
        ]
    )
    found = analysis.unanswered(frame, now=AT + timedelta(minutes=60))
    assert found[["session", "messages", "seconds"]].to_numpy().tolist() == [["b", 1, 3000], ["a", 2, 1800]]
    assert list(analysis.unanswered(frame)["seconds"]) == [1800, 600]


def test_a_period_is_one_of_the_zone() -> None:
    """Days, weeks and hours are those of the time zone, on both sides of a clock change."""
    night = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)  # New York: 00:30, and at two the clock goes back
    rows = said(*[(0, "in")] * 4).assign(at=[night + timedelta(hours=hours) for hours in (-1, 0, 1, 2)])
    by_hour = analysis.volume(rows, by="hour", zone="America/New_York")
    assert [(each.day, each.hour) for each in by_hour["period"]] == [(31, 23), (1, 0), (1, 1)]
    assert list(by_hour["messages"]) == [1, 1, 2]
    weeks = analysis.volume(rows, by="week", zone="America/New_York")
    assert [f"{each:%Y-%m-%d}" for each in weeks["period"]] == ["2026-10-26"]
    assert list(analysis.busy(rows, zone="Asia/Tokyo")["weekday"]) == [7, 7, 7, 7]


def test_only_a_word_alone_opts_out() -> None:
    """STOP with punctuation and spaces counts; a sentence with the word and outbound messages don't."""
    texts = [" Stop! ", "please stop", "SAIR", "não quero sair", "“stop”"]
    frame = said(*[(n, "in") for n in range(5)]).assign(text=texts)
    assert list(analysis.opt_outs(frame)["word"]) == ["stop", "sair"]
    assert analysis.opt_outs(said((0, "out"), text="stop")).empty
    assert list(analysis.opt_outs(frame, words=["please stop"])["word"]) == ["please stop"]


SAYINGS = [
    "Hello, my order NOW!",
    "my order – my 'order'",
    "¿qué tal?\n\tbem",
    "don't e-mail",
    None,
    "",
    " ... ",
    "order",
]


def test_words_in_a_row_are_those_of_one_message() -> None:
    """Punctuation and case are ignored, hyphens are kept, and no sequence spans two messages."""
    frame = said(*[(n, "in") for n in range(8)]).assign(text=pd.array(SAYINGS, dtype="str"))
    pairs = analysis.ngrams(frame, n=2, least=1).set_index("ngram")["count"]
    assert dict(pairs) == {
        "my order": 3,
        "hello my": 1,
        "order now": 1,
        "order my": 1,
        "qué tal": 1,
        "tal bem": 1,
        "don't e-mail": 1,
    }
    assert analysis.ngrams(frame, least=3)["ngram"].tolist() == ["order", "my"]
    assert analysis.ngrams(frame, n=2, ignore=["?!"], least=1).set_index("ngram")["count"].equals(pairs)
    without = analysis.ngrams(frame, n=2, ignore=["My", "?!"], least=1).set_index("ngram")["count"]
    assert without["hello order"] == without["order order"] == 1


def test_words_are_counted_with_their_sessions() -> None:
    """N-grams have counts and numbers of sessions; outbound messages count if asked for."""
    frame = pd.concat([said((0, "in"), (1, "in"), (2, "out")), said((0, "in"), session="b")])
    assert analysis.ngrams(frame).to_numpy().tolist() == [["hi", 3, 2]]
    assert analysis.ngrams(frame, direction=None).to_numpy().tolist() == [["hi", 4, 2]]
    assert analysis.ngrams(frame, direction="outbound", least=1).to_numpy().tolist() == [["hi", 1, 1]]


def test_a_keyword_is_a_whole_word() -> None:
    """Each keyword counts once per message, in any case; several words must follow each other."""
    frame = said(*[(n, "in") for n in range(7)], (9, "out")).assign(
        text=pd.array([*SAYINGS[:7], "Reorder the ORDER"], dtype="str")
    )
    found = analysis.keywords(frame, ["Order", "my order", "e-mail", "mail"])
    assert found.to_numpy().tolist() == [
        ["Order", 3, 2, 1, 1],
        ["my order", 2, 2, 0, 1],
        ["e-mail", 1, 1, 0, 1],
    ]


def test_a_funnel_counts_who_got_at_least_so_far() -> None:
    """Read messages also count as delivered and sent; failed and unknown ones don't."""
    statuses = ["read", "read", "delivered", "sent", "failed", "unknown"]
    frame = said(*[(n, "out") for n in range(7)]).assign(
        status=[*statuses, "sent"], campaign=["c"] * 6 + [None]
    )
    (row,) = analysis.funnel(frame).to_dict("records")
    assert [row[name] for name in ("messages", *analysis.STAGES, "failed", "unknown")] == [
        6,
        4,
        4,
        3,
        2,
        1,
        1,
    ]


def test_nothing_is_an_empty_table() -> None:
    """Without messages every measure returns a table with its columns and no rows."""
    empty = said((0, "in")).assign(status="sent", campaign="c", sender="x", kind="sms").head(0)
    for call in CALLS.values():
        found = call(empty)
        assert found.empty
        assert found.columns.tolist()


def test_wrong_input_is_named(whole: pd.DataFrame) -> None:
    """Wrong types, missing columns, unknown periods and zones, and times without a zone are named."""
    for call, words in (
        (
            lambda: analysis.volume([1, 2]),
            "messages: a list is no table of pandas, Polars, DuckDB, Dask or PySpark",
        ),
        (
            lambda: analysis.volume(whole.drop(columns=["at"])),
            "the columns at are missing: a table `messages`",
        ),
        (lambda: analysis.volume(whole, by="fortnight"), "by: 'fortnight' is no period; there are hour, day"),
        (lambda: analysis.busy(whole, zone="Mars/Olympus"), "zone: 'Mars/Olympus' is none"),
        (lambda: analysis.ngrams(whole, n=6), "n: 6 is not between 1 and 5"),
        (lambda: analysis.ngrams(whole, direction="in"), "direction: 'in' is neither inbound nor outbound"),
        (lambda: analysis.keywords(whole, ["hi", "?!"]), r"words: \['hi', '\?!'\] are no words to look for"),
        (
            lambda: analysis.unanswered(whole, now=datetime.fromisoformat("2026-01-01")),
            "now: 2026-01-01 00:00:00 has no zone",
        ),
    ):
        with pytest.raises(msgnb.InvalidRequest, match=words):
            call()


def test_a_duckdb_that_counts_in_another_zone_is_told(whole: pd.DataFrame) -> None:
    """DuckDB keeps the time zone in its connection; if it is not UTC, the error says what to do."""
    connection = duckdb.connect()
    connection.sql("SET TimeZone = 'Asia/Tokyo'")
    arrow = pl.from_pandas(whole).to_arrow()
    relation = connection.from_arrow(arrow)
    with pytest.raises(msgnb.InvalidRequest, match="say SET TimeZone = 'UTC' first"):
        analysis.volume(relation, zone="America/New_York")


def test_a_frame_has_it_all_at_hand(whole: pd.DataFrame) -> None:
    """`frame.msg` returns the same as the functions."""
    for name in ("volume", "busy", "conversations", "responses", "unanswered", "funnel", "cohorts", "agents"):
        found = getattr(whole.msg, name)()
        pd.testing.assert_frame_equal(found, getattr(analysis, name)(whole))
    assert whole.msg.opt_outs(words=["x"]).empty
    keywords, pairs = whole.msg.keywords(["order"]), whole.msg.ngrams(n=2, ignore=["the"])
    pd.testing.assert_frame_equal(keywords, analysis.keywords(whole, ["order"]))
    pd.testing.assert_frame_equal(pairs, analysis.ngrams(whole, n=2, ignore=["the"]))


def test_one_person_is_one_session() -> None:
    """In every spelling, on two platforms, and where a session has an ID of its own; groups keep theirs."""
    rows = [
        ("5511999998888@wa.gw.msging.net", "inbound", "5511999998888@wa.gw.msging.net", "bot@msging.net"),
        ("+5511999998888", "outbound", "MyShop", "+5511999998888"),
        ("b88d", "inbound", "5511999998888", "16195550101"),
        ("b88d", "outbound", "16195550101", "5511999998888"),
        ("c77e", "inbound", "1002@pbx.example", "1001@pbx.example"),
        ("d66f", "inbound", "5511999998888", "16195550101"),
        ("d66f", "outbound", "16195550101", "5511999998888,12125550176"),
    ]
    names = ("session", "direction", "sender", "recipient")
    frame = tables.MESSAGES.frame(7, dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    found = frame.msg.by_person()
    assert found["session"].tolist() == ["+5511999998888"] * 4 + ["c77e", "d66f", "d66f"]
    pd.testing.assert_frame_equal(found.drop(columns="session"), frame.drop(columns="session"))
