"""The measures as a page of the docs, written from their declarations."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from msgnb.analysis import MEASURES
from msgnb.analysis.measures import ChosenColumns, Measure, ResultColumn


def measures_table(measures: Iterable[Measure] | None = None) -> str:
    """Return a Markdown table with one row per measure: its call, what it does, and its columns.

    Args:
        measures: the measures; by default all of them.
    """
    rows = [
        f"| `{_call(measure)}` | {_escaped(measure.doc)} | {', '.join(map(_label, measure.columns))} |"
        for measure in _listed(measures)
    ]
    return (
        "\n".join(["| measure | what it does | columns of the result |", "| --- | --- | --- |", *rows]) + "\n"
    )


def measures_page(measures: Iterable[Measure] | None = None) -> str:
    """Return a Markdown section per measure, with what each column of its result means.

    Args:
        measures: the measures; by default all of them.
    """
    return "\n".join(map(_section, _listed(measures)))


def _listed(measures: Iterable[Measure] | None) -> list[Measure]:
    return sorted(MEASURES.values() if measures is None else measures, key=lambda measure: measure.name)


def _section(measure: Measure) -> str:
    rows = [f"| {_label(column)} | {_holds(column)} | {_escaped(column.doc)} |" for column in measure.columns]
    head = [f"## {measure.name}", "", f"`{_call(measure)}`", "", measure.doc, ""]
    table = ["| column | holds | meaning |", "| --- | --- | --- |", *rows]
    return "\n".join([*head, *table, "", f"Sorted by {_order(measure)}."]) + "\n"


def _call(measure: Measure) -> str:
    """How it is called, with the names of its arguments."""
    arguments = (
        f"{each.name}=" if each.kind is inspect.Parameter.KEYWORD_ONLY else each.name
        for each in measure.arguments
    )
    return f"{measure.name}({', '.join(arguments)})"


def _label(column: ResultColumn | ChosenColumns) -> str:
    return f"`{column.name}`" if isinstance(column, ResultColumn) else f"the columns of `{column.argument}`"


def _holds(column: ResultColumn | ChosenColumns) -> str:
    if isinstance(column, ChosenColumns):
        return "as in `messages`"
    return column.holds or "personal"


def _order(measure: Measure) -> str:
    names = (
        f"`{entry.removeprefix('-')}`{' (descending)' if entry.startswith('-') else ''}"
        for entry in measure.order
    )
    return ", ".join(names)


def _escaped(text: str) -> str:
    """A text in a cell of a table, where a bar would begin the next cell."""
    return text.replace("|", "\\|")
