"""Measures are declared once: results, Dask, `frame.msg`, masking and docs follow from the declaration."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import dask.dataframe
import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pytest

import msgnb
from msgnb import analysis, tables
from msgnb.analysis import measures
from msgnb.analysis.accessor import Messaging
from msgnb.analysis.frames import select_columns
from msgnb.analysis.measures import MEASURES, ChosenColumns, Measure, ResultColumn, from_messages, measure
from msgnb.analysis.reference import measures_page, measures_table

KEY = "a long secret of ours"
KINDS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "lazy polars": lambda frame: pl.from_pandas(frame).lazy(),
    "duckdb": lambda frame: duckdb.from_arrow(pl.from_pandas(frame).to_arrow()),
    "dask": lambda frame: dask.dataframe.from_pandas(frame, npartitions=3),
}
SESSION = ResultColumn("session", "address", "key", "ID of the session")
COUNT = ResultColumn("count", "amount", "sum", "number of messages")
PER = ChosenColumns("per", "key", "the columns that `per` names")


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test declares is gone after it."""
    monkeypatch.setattr(measures, "MEASURES", dict(MEASURES))
    yield


@pytest.fixture(scope="module")
def messages() -> pd.DataFrame:
    """Four sessions, each with a question and the answer to it."""
    sessions = [f"551199999888{number}@wa.gw.msging.net" for number in range(4)]
    values = {
        "platform": "blip",
        "account": "bot@msging.net",
        "session": sessions * 2,
        "message": [f"m{number}" for number in range(8)],
        "at": [f"2026-10-0{1 + number // 4}T0{number}:00:00Z" for number in range(8)],
        "direction": ["inbound"] * 4 + ["outbound"] * 4,
        "sender": [*sessions, *["ana@example.com"] * 4],
        "text": ["stop", "My order, please", "Where is my order?", "order"] * 2,
        "status": "sent",
        "campaign": "c",
    }
    return tables.MESSAGES.frame(8, values)


def eager(table: Any) -> pd.DataFrame:
    """A result of any library as a pandas frame."""
    frame = nw.from_native(table.compute() if "dask" in type(table).__module__ else table)
    return (frame.collect() if isinstance(frame, nw.LazyFrame) else frame).to_pandas()


def counted(found: Any, *keys: str, **more: Any) -> Any:
    """Messages by some columns, in a column `count`, and further aggregates."""
    grouped = found.group_by(*keys).agg(nw.len().alias("count"), *(each.alias(n) for n, each in more.items()))
    return grouped.with_columns(nw.col("count").cast(nw.Int64))


CONTRADICTIONS: dict[str, tuple[tuple[Any, ...], dict[str, Any], str]] = {
    "no column": ((), {"order": []}, "declare the columns of its result"),
    "no order": ((SESSION, COUNT), {"order": []}, "order: the key session is missing"),
    "an unknown way": (
        (SESSION, ResultColumn("x", "amount", "mean", "")),  # type: ignore[arg-type]
        {"order": ["session"]},
        "'mean' is not one of key, sum, min, max, row",
    ),
    "rows and sums": (
        (ResultColumn("x", "amount", "row", ""), COUNT),
        {"order": ["x"]},
        "either all of its columns combine by 'row', or none",
    ),
    "a category without its values": (
        (ResultColumn("x", "category", "key", ""), COUNT),
        {"order": ["x"]},
        "column x: declare the choices of a category",
    ),
    "no key": ((COUNT,), {"order": ["count"]}, "one of its columns must be a 'key'"),
    "a column twice": ((SESSION, SESSION), {"order": ["session"]}, "column session is declared twice"),
    "an order of nothing": ((SESSION,), {"order": ["session", "x"]}, "order: it has no column x"),
    "an argument that is missing": ((SESSION, PER), {"order": ["session", "per"]}, "it has no argument per"),
    "a minimum without its argument": (
        (SESSION, ResultColumn("n", "amount", "sum", "", minimum="least")),
        {"order": ["session"]},
        "it has no argument least",
    ),
    "the minimum of a key": (
        (ResultColumn("n", "amount", "key", "", minimum="now"),),
        {"order": ["n"]},
        "column n: only a sum, min or max has a minimum",
    ),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_contradictory_declaration_is_refused(case: str) -> None:
    """A measure whose declaration does not fit together can't be made, and the error says why."""
    columns, named, words = CONTRADICTIONS[case]

    def toy(messages: Any, *, now: int = 0) -> Any:
        """Count something."""

    with pytest.raises(TypeError, match=f"measure toy: {words}"):
        measure(*columns, **named)(toy)


def test_a_column_must_say_how_it_combines() -> None:
    """A column whose values of several partitions combine in no declared way can't be declared."""
    with pytest.raises(TypeError, match="combine"):
        ResultColumn("count", "amount", doc="number of messages")  # type: ignore[call-arg]


def test_a_name_is_declared_once() -> None:
    """A second function of the same name does not replace the first."""

    def volume(messages: Any) -> Any:
        """Count something else."""

    with pytest.raises(TypeError, match="measure volume: another measure has this name"):
        measure(SESSION, order=["session"])(volume)


@pytest.mark.parametrize("kind", KINDS)
def test_an_undeclared_column_is_an_error(messages: pd.DataFrame, kind: str) -> None:
    """A result with a column that the measure does not declare is refused everywhere, Dask included."""

    @measure(SESSION, COUNT, order=["session"])
    def toy(messages: Any) -> Any:
        """Count messages, and find the first."""
        return counted(select_columns(messages, "session", "at"), "session", share=nw.col("at").min())

    with pytest.raises(TypeError, match="declare how these columns of its result combine: share"):
        toy(KINDS[kind](messages))


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_column_is_an_error(messages: pd.DataFrame, kind: str) -> None:
    """A result without one of the declared columns is refused."""

    @measure(SESSION, COUNT, ResultColumn("first_at", "time", "min", "first time"), order=["session"])
    def toy(messages: Any) -> Any:
        """Count messages."""
        return counted(select_columns(messages, "session"), "session")

    with pytest.raises(TypeError, match="its result lacks declared columns: first_at"):
        toy(KINDS[kind](messages))


@pytest.mark.parametrize("kind", KINDS)
def test_partitions_combine_as_declared(messages: pd.DataFrame, kind: str) -> None:
    """Sums are added, the smallest and largest kept, and rows of equal keys are one row, in the order."""

    @measure(
        *from_messages("platform", combine="key"),
        PER,
        ResultColumn("first_at", "time", "min", "time of the first message"),
        COUNT,
        ResultColumn("last_at", "time", "max", "time of the last message"),
        order=["-per", "platform"],
    )
    def toy(messages: Any, per: str) -> Any:
        """Count messages by platform and one more column."""
        frame = select_columns(messages, "platform", per, "at")
        return counted(frame, "platform", per, last_at=nw.col("at").max(), first_at=nw.col("at").min())

    found = eager(toy(KINDS[kind](messages), "direction"))
    assert list(found.columns) == ["platform", "direction", "first_at", "count", "last_at"]
    assert found["direction"].tolist() == ["outbound", "inbound"]
    assert found["count"].tolist() == [4, 4]
    assert [at.hour for at in found["first_at"]] == [4, 0]
    assert [at.hour for at in found["last_at"]] == [7, 3]


@pytest.mark.parametrize("kind", KINDS)
def test_a_minimum_holds_for_the_combined_value(messages: pd.DataFrame, kind: str) -> None:
    """What is rare in each partition and frequent in all of them is kept."""

    @measure(
        *from_messages("direction", combine="key"),
        ResultColumn("count", "amount", "sum", "number of messages", minimum="least"),
        order=["direction"],
    )
    def toy(messages: Any, *, least: int) -> Any:
        """Count messages by direction."""
        return counted(select_columns(messages, "direction", "session"), "direction")

    given = KINDS[kind](messages.head(7))
    assert eager(toy(given, least=4)).to_numpy().tolist() == [["inbound", 4]]
    assert eager(toy(given, least=5)).empty


def test_a_chosen_column_is_in_the_result_once(messages: pd.DataFrame) -> None:
    """A column that the result has anyway, or that is named twice, is refused with its name."""
    renamed = messages.assign(inbound=1)
    for per in ("inbound", ["kind", "kind"]):
        with pytest.raises(msgnb.InvalidRequest, match=r"per: '(inbound|kind)' is in the result already"):
            analysis.volume(renamed, per=per)


def test_dask_is_not_computed_when_a_measure_is_called(messages: pd.DataFrame) -> None:
    """A call builds the graph only; the latest time of all messages is a part of it."""
    reads: list[int] = []

    def read(number: int) -> pd.DataFrame:
        reads.append(number)
        return messages.iloc[number::3]

    frame = dask.dataframe.from_map(read, range(3), meta=messages.head(0))
    for name, declared in MEASURES.items():
        found = declared.compute(frame, *(["order"],) if name == "keywords" else ())
        assert list(found.columns)
        assert reads == [], name


@pytest.mark.filterwarnings("ignore:Series.values returning:pandas.errors.Pandas4Warning")  # in Dask
@pytest.mark.parametrize("name", MEASURES)
def test_dtypes_are_known_before_dask_computes(messages: pd.DataFrame, name: str) -> None:
    """The result has the dtypes that were announced."""
    found = MEASURES[name].compute(KINDS["dask"](messages), *(["order"],) if name == "keywords" else ())
    announced = found.dtypes
    pd.testing.assert_series_equal(found.compute().dtypes, announced)


@pytest.mark.filterwarnings("ignore:Series.values returning:pandas.errors.Pandas4Warning")  # in Dask
def test_dask_sorts_rows_without_a_first_column(messages: pd.DataFrame) -> None:
    """Rows that miss the column to sort by come first, as in pandas, also if all of them do."""
    for missing in (messages["session"].str.contains("8880|8882"), messages["session"].notna()):
        gaps = messages.assign(at=messages["at"].mask(missing), direction="inbound")
        found = analysis.unanswered(KINDS["dask"](gaps)).compute().reset_index(drop=True)
        pd.testing.assert_frame_equal(found, analysis.unanswered(gaps), check_dtype=False)


@pytest.mark.parametrize("kind", KINDS)
def test_messages_without_a_time_are_in_no_period(messages: pd.DataFrame, kind: str) -> None:
    """A missing time is neither an error nor a period."""
    given = KINDS[kind](messages.assign(at=messages["at"].mask(messages["message"] == "m0")))
    for by in ("hour", "day", "week", "month", "year"):
        assert eager(analysis.volume(given, by=by))["messages"].sum() == 7
    assert eager(analysis.busy(given))["messages"].sum() == 7
    assert eager(analysis.cohorts(given))["sessions"].sum() == 3


@pytest.mark.filterwarnings("ignore:Series.values returning:pandas.errors.Pandas4Warning")  # in Dask
@pytest.mark.parametrize("kind", KINDS)
def test_times_without_a_zone_are_utc(messages: pd.DataFrame, kind: str) -> None:
    """Waiting is measured alike whether the times of a table have a zone or not."""
    bare = messages.head(4).assign(at=messages["at"].dt.tz_localize(None))
    for now in (None, pd.Timestamp("2026-10-02T00:00Z")):
        expected = analysis.unanswered(messages.head(4), now=now)["seconds"].tolist()
        assert eager(analysis.unanswered(KINDS[kind](bare), now=now))["seconds"].tolist() == expected


def functions() -> dict[str, Any]:
    """The public functions of the room that take messages, by their names."""
    found = {}
    for module in pkgutil.iter_modules(analysis.__path__, "msgnb.analysis."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if inspect.isfunction(value) and value.__module__ == module.name and not name.startswith("_"):
                first = next(iter(inspect.signature(value).parameters), "")
                if first == "messages" and module.name.rpartition(".")[2] not in {"frames", "partitions"}:
                    found[name] = value
    return found


def test_every_public_function_is_a_measure() -> None:
    """A function of messages that is public is declared, and exported by the room."""
    exported = {name for name in analysis.__all__ if inspect.isfunction(getattr(analysis, name))}
    assert exported == set(MEASURES) == set(functions())


def test_methods_are_those_of_the_registry() -> None:
    """`frame.msg` has each measure, with its arguments and docstring, and no other."""
    for name, declared in MEASURES.items():
        method, function = getattr(Messaging, name), getattr(analysis, name)
        assert method.__doc__ == function.__doc__
        own, *arguments = inspect.signature(method).parameters.values()
        assert (own.name, tuple(arguments)) == ("self", declared.arguments)
        assert method.__qualname__ == f"Messaging.{name}"
    others = {
        "by_person", "conversation", "failed", "findings", "mask", "plot", "to_csv", "to_excel", "to_string",
        "unknown",
    }  # fmt: skip
    assert {name for name in vars(Messaging) if not name.startswith("_")} == {*MEASURES, *others}


def test_every_measure_is_described() -> None:
    """Each has a first line, and each column a line about what it means and a role or none."""
    roles = {*get_args(tables.Role), None}
    for declared in MEASURES.values():
        assert declared.doc.endswith(".")
        assert declared.doc in (inspect.getdoc(getattr(analysis, declared.name)) or "")
        for column in declared.columns:
            name = column.argument if isinstance(column, ChosenColumns) else column.name
            assert column.doc
            assert "\n" not in column.doc
            assert f"    {name}: {column.doc}" in getattr(analysis, declared.name).__doc__
        assert {column.holds for column in declared.always.values()} <= roles


def test_the_docs_have_a_row_for_every_measure() -> None:
    """The table and the page name each measure and each of its columns."""
    rows = measures_table().splitlines()[2:]
    sections = measures_page().split("## ")[1:]
    assert len(rows) == len(sections) == len(MEASURES)
    for row, section, name in zip(rows, sections, sorted(MEASURES), strict=True):
        declared = MEASURES[name]
        assert row.startswith(f"| `{name}(")
        assert declared.doc in row
        assert section.startswith(f"{name}\n")
        for column in declared.always:
            assert f"`{column}`" in row
            assert f"| `{column}` |" in section
    assert "| `volume(by=, per=, zone=)` | Count messages and sessions per period. | `period`, " in rows[-1]


def test_a_new_measure_comes_into_the_docs() -> None:
    """What is declared is described, without another list."""

    @measure(SESSION, COUNT, order=["-count", "session"])
    def toy(messages: Any, words: str, *, n: int = 1) -> Any:
        """Count a|b."""

    declared = measures.MEASURES["toy"]
    assert isinstance(declared, Measure)
    assert measures_table([declared]).splitlines()[2:] == [
        "| `toy(words, n=)` | Count a\\|b. | `session`, `count` |"
    ]
    assert measures_page([declared]).endswith("\nSorted by `count` (descending), `session`.\n")


@pytest.mark.parametrize("name", MEASURES)
def test_the_result_of_a_measure_is_masked_by_its_declaration(messages: pd.DataFrame, name: str) -> None:
    """Counts, times and flags stay; addresses become the pseudonyms that the messages have."""
    given = messages.assign(direction="inbound") if name == "unanswered" else messages
    found = MEASURES[name].compute(given, *(["order"],) if name == "keywords" else ())
    masked = found.msg.mask(KEY)
    assert len(found) > 0
    shown = masked.to_csv()
    assert "5511999998" not in shown
    assert "ana@example.com" not in shown
    for column, declared in MEASURES[name].always.items():
        if declared.holds in {"amount", "time", "category"}:
            pd.testing.assert_series_equal(masked[column], found[column])
    if "session" in found.columns:
        pseudonyms = dict(zip(given["session"], given.msg.mask(KEY)["session"], strict=True))
        assert masked["session"].tolist() == [pseudonyms[session] for session in found["session"]]


def test_words_that_people_wrote_are_masked(messages: pd.DataFrame) -> None:
    """An n-gram may be a name, or a number without its plus; `holds` shows them to who knows better."""
    found = analysis.ngrams(messages)
    assert found["ngram"].tolist() == ["order", "my"]
    assert found.msg.mask(KEY)["ngram"].str.fullmatch("Value [A-Z2-7]{13}").all()
    assert found.msg.mask(KEY, holds={"ngram": "text"})["ngram"].tolist() == ["order", "my"]


def test_a_column_is_known_within_a_result_only(messages: pd.DataFrame) -> None:
    """A name that a result has does not show a user's own column of that name."""
    own = pd.DataFrame({"first": ["Ana"], "hour": [5511999998888], "period": ["Ana"]})
    assert "Ana" not in own.msg.mask(KEY).to_csv()
    assert "5511999998888" not in own.msg.mask(KEY).to_csv()
    replaced = analysis.responses(messages).assign(first="Ana", seconds="Ana")
    masked = replaced.msg.mask(KEY)
    assert masked["first"].str.startswith("Value ").all()
    assert masked["seconds"].str.startswith("Value ").all()
    assert masked["asked_at"].equals(replaced["asked_at"])


def test_a_category_of_a_result_has_its_choices_only() -> None:
    """A user's table may look like a result: what is none of the declared choices is masked."""
    own = pd.DataFrame({"platform": "blip", "account": "bot", "session": "s", "word": ["stop", "Ana"]})
    own["at"] = pd.NaT
    assert "Ana" not in own.msg.mask(KEY).to_csv()
    assert own.head(1).msg.mask(KEY)["word"].tolist() == ["stop"]


def test_an_index_belongs_to_the_result(messages: pd.DataFrame) -> None:
    """A result keeps its counts if some of its columns became its index."""
    found = analysis.volume(messages, per="sender").set_index(["period", "sender"])
    masked = found.msg.mask(KEY)
    pd.testing.assert_series_equal(
        masked["messages"].reset_index(drop=True), found["messages"].reset_index(drop=True)
    )
    assert list(masked.index.get_level_values("period")) == list(found.index.get_level_values("period"))
    assert set(masked.index.get_level_values("sender")) == set(messages.msg.mask(KEY)["sender"])


def test_calls_are_typed() -> None:
    """A type checker knows arguments and results of functions and methods, and finds the planted errors."""
    path = Path(__file__).with_name("typed_measures.py")
    command = [sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores", str(path)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_room_is_light() -> None:
    """The room loads neither pandas nor Altair, nor its charts."""
    code = (
        "import sys, msgnb.analysis;"
        "late = {'pandas', 'altair', 'polars', 'dask', 'msgnb.analysis.charts', 'msgnb.analysis.accessor'};"
        "assert not late & set(sys.modules), late & set(sys.modules);"
        "import pandas; pandas.DataFrame({'x': [1]}).msg.volume;"
        "assert not {'altair', 'msgnb.analysis.charts'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
