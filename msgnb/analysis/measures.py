"""The declaration of an analysis function, from which everything else about it follows.

    @measure(
        ResultColumn("period", "time", "key", "start of the period"),
        ResultColumn("messages", "amount", "sum", "number of messages"),
        order=("period",),
    )
    def volume(messages: Messages, *, by: str = "day") -> Frame:
        '''Count messages per period.'''

A measure returns a narwhals frame with its rows in any order. The declaration says what each column holds,
how its values of several partitions combine, and how rows are sorted. From it follow:

* the result: it has exactly the declared columns, in their order, sorted, in the library that came in;
* Dask: how the results of several partitions become one, see `msgnb.analysis.partitions`;
* `frame.msg`: `msgnb.analysis.accessor` makes the methods, with signature and docstring of the measure;
* `frame.msg.mask`: which columns of a result are counts and times, and which hold people;
* the table of measures in the docs, see `msgnb.analysis.reference`.

A column that does not say how it combines can't be declared, and a result with an undeclared column is an
error with every library, not a table with wrong rows.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from itertools import chain
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar, cast, get_args

import narwhals as nw

from msgnb.analysis.frames import Frame, Messages, categories_as_text
from msgnb.analysis.partitions import Sort, aggregate_parts, compute_parts, concat_parts
from msgnb.core.errors import InvalidRequest
from msgnb.tables.schema import MESSAGES, Role, role_of

Table = TypeVar("Table")
P = ParamSpec("P")

Combine = Literal["key", "sum", "min", "max", "row"]
"""How the values of several partitions become one.

`key` identifies the row: rows with the same keys are one row, in which the other columns are aggregated by
`sum`, `min` or `max`. `row` is for measures whose rows are about one session each: rows are concatenated.
Numbers of messages and of sessions are sums, because no session is in two partitions; a number of distinct
senders is not.
"""


@dataclass(frozen=True)
class ResultColumn:
    """A column of a measure's result.

    Args:
        name: its name.
        holds: what its values are, as in `msgnb.tables.schema`; `None` is masked as personal.
        combine: how the values of several partitions become one.
        doc: what it means, in one line.
        minimum: the argument with the smallest value to keep. It is applied to the combined values, so the
            function itself does not look at the argument.
        choices: all values of a `category`; other values in a column of this name are masked as personal.
    """

    name: str
    holds: Role | None
    combine: Combine
    doc: str
    minimum: str = ""
    choices: tuple[object, ...] = ()


@dataclass(frozen=True)
class ChosenColumns:
    """Columns of messages that the caller chooses by an argument, such as `per` of `volume`.

    Args:
        argument: the argument: one name or several.
        combine: how the values of several partitions become one.
        doc: what they mean, in one line.
    """

    argument: str
    combine: Combine
    doc: str


def from_messages(*names: str, combine: Combine) -> tuple[ResultColumn, ...]:
    """Return columns that a result takes over from `messages`, with what the schema says of them."""
    declared = {column.name: column for column in MESSAGES.columns}
    found = (declared[name] for name in names)
    return tuple(
        ResultColumn(column.name, column.holds, combine, column.doc, choices=column.choices)
        for column in found
    )


Resolved = dict[str, list[ResultColumn]]


@dataclass(frozen=True)
class Measure:
    """An analysis function with its declaration; `measure` makes it.

    Raises:
        TypeError: the declaration is incomplete or contradicts itself.
    """

    name: str
    function: Callable[..., Frame]
    columns: tuple[ResultColumn | ChosenColumns, ...]
    order: tuple[str, ...]
    defaults: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if problem := next(self._problems(), None):
            raise TypeError(f"measure {self.name}: {problem}")

    @property
    def doc(self) -> str:
        """The first line of the docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def arguments(self) -> tuple[inspect.Parameter, ...]:
        """The arguments besides the messages."""
        return tuple(inspect.signature(self.function).parameters.values())[1:]

    @property
    def always(self) -> dict[str, ResultColumn]:
        """The columns that every result has, by their names."""
        return {column.name: column for column in self.columns if isinstance(column, ResultColumn)}

    def compute(self, messages: Messages, *args: Any, **named: Any) -> Any:
        """Return the result, in the library that the messages came in.

        Raises:
            TypeError: the function's result does not have the declared columns.
        """
        arguments = self._bound(messages, args, named)
        columns = self._resolved(arguments)
        if nw.dependencies.is_dask_dataframe(messages):
            return self._combined(messages, arguments, columns)
        frame = self._checked(self.function(messages, **arguments), columns)
        for name, least in self._minimums(arguments).items():
            frame = frame.filter(nw.col(name) >= least)
        names, descending = zip(*self._sort(columns), strict=True)
        return _native(frame.sort(*names, descending=list(descending)))

    def _combined(self, messages: Any, arguments: dict[str, Any], columns: Resolved) -> Any:
        """The result of a Dask frame."""
        # A default such as the latest time is that of all partitions; each partition would find its own.
        missing = [name for name in self.defaults if arguments[name] is None]
        values = [self.defaults[name](messages) for name in missing]

        def part(native: Any, *values: Any) -> Any:
            known = arguments | dict(zip(missing, values, strict=True))
            return _native(self._checked(self.function(native, **known), columns))

        parts, meta = compute_parts(messages, part, values)
        combine: dict[str, str] = {column.name: column.combine for column in chain(*columns.values())}
        if "row" in combine.values():
            return concat_parts(parts, meta, self._sort(columns))
        return aggregate_parts(parts, meta, combine, self._sort(columns), self._minimums(arguments))

    def _bound(self, messages: Any, args: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments by name, with defaults; iterators become tuples, to be used once per partition."""
        bound = inspect.signature(self.function).bind(messages, *args, **named)
        bound.apply_defaults()
        _, *arguments = bound.arguments.items()
        return {name: tuple(value) if isinstance(value, Iterator) else value for name, value in arguments}

    def _resolved(self, arguments: Mapping[str, Any]) -> Resolved:
        """The columns of one result, by the column or argument that declares them."""
        found: Resolved = {}
        for column in self.columns:
            if isinstance(column, ResultColumn):
                found[column.name] = [column]
            else:
                names = column_names(arguments[column.argument])
                found[column.argument] = [
                    ResultColumn(name, role_of(name), column.combine, column.doc) for name in names
                ]
                if twice := [name for name in names if names.count(name) > 1 or name in self.always]:
                    words = f"{twice[0]!r} is in the result already, or there twice"
                    raise InvalidRequest.of(**{column.argument: words})
        return found

    def _minimums(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The smallest values to keep, by column."""
        static = (column for column in self.columns if isinstance(column, ResultColumn))
        return {column.name: arguments[column.minimum] for column in static if column.minimum}

    def _checked(self, found: Any, columns: Resolved) -> Frame:
        """The function's rows with exactly the declared columns, in their order, without categories."""
        frame = nw.from_native(found)
        names, there = [each.name for each in chain(*columns.values())], frame.collect_schema().names()
        if extra := [name for name in there if name not in names]:
            words = f"declare how these columns of its result combine: {', '.join(extra)}"
            raise TypeError(f"measure {self.name}: {words}")
        if missing := [name for name in names if name not in there]:
            raise TypeError(f"measure {self.name}: its result lacks declared columns: {', '.join(missing)}")
        return categories_as_text(frame if there == names else frame.select(*names))

    def _sort(self, columns: Resolved) -> Sort:
        """The columns to sort by, each with whether it is descending."""
        entries = [(entry.removeprefix("-"), entry.startswith("-")) for entry in self.order]
        return [(each.name, descending) for name, descending in entries for each in columns[name]]

    def _problems(self) -> Iterator[str]:
        """What is wrong with the declaration."""
        names = [_label(column) for column in self.columns]
        ways = {column.combine for column in self.columns}
        arguments = {parameter.name for parameter in self.arguments}
        if not names:
            yield "declare the columns of its result"
        yield from (f"column {name} is declared twice" for name in names if names.count(name) > 1)
        yield from (f"{way!r} is not one of {', '.join(get_args(Combine))}" for way in ways - _COMBINE)
        if "row" in ways and ways != {"row"}:
            yield "either all of its columns combine by 'row', or none"
        if not ways & {"row", "key"}:
            yield "one of its columns must be a 'key'"
        yield from self._problems_of_order(names)
        # A category whose values are not known would pass on whatever a user's column of this name has.
        yield from (
            f"column {column.name}: declare the choices of a category"
            for column in self.always.values()
            if column.holds == "category" and not column.choices and role_of(column.name) is None
        )
        used = [column.argument for column in self.columns if isinstance(column, ChosenColumns)]
        limited = [each for each in self.columns if isinstance(each, ResultColumn) and each.minimum]
        yield from (
            f"column {each.name}: only a sum, min or max has a minimum"
            for each in limited
            if each.combine in {"key", "row"}
        )
        used += [each.minimum for each in limited]
        yield from (f"it has no argument {name}" for name in [*used, *self.defaults] if name not in arguments)
        if self.name in MEASURES and not _is_same(MEASURES[self.name].function, self.function):
            yield "another measure has this name"

    def _problems_of_order(self, names: Sequence[str]) -> Iterator[str]:
        ordered = [entry.removeprefix("-") for entry in self.order]
        yield from (f"order: it has no column {name}" for name in ordered if name not in names)
        # Rows that differ in a key only would come in any order.
        keys = [_label(column) for column in self.columns if column.combine == "key"]
        yield from (f"order: the key {name} is missing" for name in keys if name not in ordered)
        if not ordered:
            yield "declare the order of its rows"


_COMBINE = frozenset(get_args(Combine))
MEASURES: dict[str, Measure] = {}
"""Every declared measure by its name."""


class Measured(Protocol[P]):
    """A measure as users call it: the result has the type of the messages."""

    __name__: str

    def __call__(self, messages: Table, /, *args: P.args, **named: P.kwargs) -> Table:
        """Return the result."""


def measure(
    *columns: ResultColumn | ChosenColumns,
    order: Sequence[str],
    defaults: Mapping[str, Callable[[Any], Any]] | None = None,
) -> Callable[[Callable[Concatenate[Any, P], Frame]], Measured[P]]:
    """Declare an analysis function; see the example at the top of this module.

    Args:
        columns: the columns of the result.
        order: the columns to sort by, `-name` for descending; for a `ChosenColumns` its argument.
        defaults: arguments whose default `None` depends on all messages, each with a function that returns
            the value for a Dask frame, as a Dask scalar. In a partition the function gets that value.

    Raises:
        TypeError: the declaration is incomplete or contradicts itself.
    """

    def declare(function: Callable[Concatenate[Any, P], Frame]) -> Measured[P]:
        declared = Measure(function.__name__, function, columns, tuple(order), defaults or {})

        @wraps(function)
        def measured(messages: Any, *args: P.args, **named: P.kwargs) -> Any:
            return declared.compute(messages, *args, **named)

        measured.__doc__ = _documented(declared)
        MEASURES[declared.name] = declared
        return cast("Measured[P]", measured)

    return declare


def column_names(given: str | Sequence[str]) -> list[str]:
    """Return the column names of an argument that takes one or several."""
    return [given] if isinstance(given, str) else list(given)


def _native(frame: Frame) -> Any:
    """The frame in its own library; pandas rows are labelled from 0."""
    native = frame.to_native()
    return native.reset_index(drop=True) if frame.implementation.is_pandas_like() else native


def _label(column: ResultColumn | ChosenColumns) -> str:
    return column.name if isinstance(column, ResultColumn) else column.argument


def _is_same(one: Callable[..., Any], other: Callable[..., Any]) -> bool:
    """Whether two functions are one, whose module was reloaded."""
    return (one.__module__, one.__qualname__) == (other.__module__, other.__qualname__)


def _documented(declared: Measure) -> str:
    """The docstring with the columns of the result."""
    lines = [f"    {_label(column)}: {column.doc}" for column in declared.columns]
    return "\n".join([inspect.getdoc(declared.function) or "", "", "Columns of the result:", *lines])
