"""What people say: opt-out words, keywords, and words in a row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import narwhals as nw

from msgnb import tables
from msgnb.analysis.frames import COUNTS, SESSION, Frame, Table, counted, frame_of, given, grouped
from msgnb.analysis.partitions import added_up, one_by_one
from msgnb.core.errors import InvalidRequest

OPT_OUTS = (
    "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "sair", "parar", "cancelar",
    "remover", "descadastrar", "baja", "salir", "arret", "arrêt", "desabonner", "désabonner", "stopp",
    "abmelden",
)  # fmt: skip
# Patterns say what a space is: kinds of tables differ in what \s means, and in what they search quickly.
SPACES = " \t\r\n\x0b\x0c\u00a0"
AROUND = SPACES + ".!?,;:\"'*-"
"""What may stand around a word that opts out."""
MARKS = rf"""[{SPACES}.,;:!?…"“”„«»()\[\]{{}}<>¡¿/|\\*_~=+–—]+"""
BETWEEN = rf"['’-]*(?:{MARKS}['’-]*)+"
"""What stands between two words; within one there may be an apostrophe or a hyphen."""
MOST_IN_A_ROW = 5
EACH = {nw.Implementation.POLARS: "${1}\n", nw.Implementation.PYSPARK: "$1\n"}
"""How a kind of table writes what a pattern found; all others as Python does."""


@one_by_one("at", *SESSION)
def opt_outs(messages: Table, *, words: Iterable[str] = OPT_OUTS) -> Table:
    """Who wants no more messages: what is inbound and nothing but an opt-out word.

    Case, spaces and signs around the word do not count; a sentence that has the word in it is none.

    Args:
        messages: a table `messages`.
        words: the words, in small letters; those of five languages where nothing is given.

    Returns:
        A row for each such message, the earliest first: platform, account, session, at, word.
    """
    frame = frame_of(messages, *SESSION, "at", "direction", "text").filter(nw.col("direction") == "inbound")
    word = nw.col("text").str.to_lowercase().str.strip_chars(AROUND)
    found = frame.with_columns(word.alias("word")).filter(nw.col("word").is_in(list(words)))
    told: Table = given(found, "at", *SESSION, columns=(*SESSION, "at", "word"))
    return told


@added_up("messages")
def keywords(messages: Table, words: Iterable[str]) -> Table:
    """How many messages have certain words in them, as whole words, whatever their case.

    >>> analysis.keywords(messages, ["order", "credit card", "refund"])

    Args:
        messages: a table `messages`.
        words: the words; one may be several words in a row.

    Returns:
        A row for each that is there, the most frequent first: word, messages, inbound, outbound, sessions.

    Raises:
        InvalidRequest: there is no word, or one has no letter.
    """
    sought = {word: _cleaned(word) for word in words}
    if not sought or not all(sought.values()):
        raise InvalidRequest.of(words=f"{list(sought)} are no words to look for")
    frame = _with_words(frame_of(messages, "session", "direction", "text"))
    found = [
        frame.filter(nw.col("_words").str.contains(f" {said} ", literal=True)).with_columns(
            nw.lit(word).alias("word")
        )
        for word, said in sought.items()
    ]
    told: Table = given(
        grouped(counted(nw.concat(found)), ("word",), COUNTS, sessions=True),
        "messages",
        "word",
        descending=[True, False],
    )
    return told


@added_up("count")
def ngrams(
    messages: Table,
    *,
    n: int = 1,
    direction: str | None = "inbound",
    ignore: Iterable[str] = (),
    least: int = 2,
) -> Table:
    """Which words, or words in a row, are said most.

    >>> analysis.ngrams(messages, n=2, ignore=["the", "a", "of"])

    Signs between words and their case do not count; words in a row are those of one message.

    Args:
        messages: a table `messages`.
        n: how many words in a row, 5 at most.
        direction: of the messages: `inbound`, `outbound`, or all where it is `None`.
        ignore: words that are left out before those in a row are counted.
        least: what is said less often is left out.

    Returns:
        A row for each, the most frequent first: ngram, count (how often it is said), sessions (by how many).

    Raises:
        InvalidRequest: `n` or the direction can't be.
    """
    if not 1 <= n <= MOST_IN_A_ROW:
        raise InvalidRequest.of(n=f"{n} is not between 1 and {MOST_IN_A_ROW}")
    if direction not in {None, *tables.DIRECTIONS}:
        raise InvalidRequest.of(direction=f"{direction!r} is neither inbound nor outbound")
    frame = frame_of(messages, "session", "direction", "text")
    chosen = frame.filter(nw.col("direction") == direction) if direction else frame
    said = _without(_with_words(chosen), ignore).select("session", "_words")
    marked = _in_a_row(said, n).with_columns(nw.lit(1).alias("count"))
    found = grouped(marked, ("ngram",), ("count",), sessions=True).filter(nw.col("count") >= least)
    told: Table = given(found, "count", "ngram", descending=[True, False])
    return told


def _cleaned(text: str) -> str:
    return re.sub(BETWEEN, " ", f" {text.lower()} ").strip()


def _with_words(frame: Frame) -> Frame:
    """With its words, one space around each, beside each message that has a text."""
    padded = nw.concat_str(nw.lit(" "), nw.col("text").str.to_lowercase(), nw.lit(" "))
    words = frame.filter(~nw.col("text").is_null()).with_columns(padded.alias("_words"))
    return words.with_columns(nw.col("_words").str.replace_all(BETWEEN, " "))


def _without(frame: Frame, ignored: Iterable[str]) -> Frame:
    """Without some words."""
    alike = "|".join(sorted(re.escape(_cleaned(word)) for word in ignored))
    if not alike:
        return frame
    # Each word gets two spaces of its own, so that neighbours are both found.
    apart = nw.col("_words").str.replace_all(" ", "  ", literal=True)
    return frame.with_columns(apart.str.replace_all(f" (?:{alike}) ", "").str.replace_all(" +", " "))


def _in_a_row(frame: Frame, n: int) -> Frame:
    """A row for each `ngram`: every n words from the first on, from the second on, and so on."""
    together = f"[^ ]+(?: [^ ]+){{{n - 1}}}"
    each = EACH.get(frame.implementation, "\\1\n")
    begun = (nw.col("_words").str.replace_all(f"^ (?:[^ ]+ ){{{start}}}", "") for start in range(n))
    lines = (words.str.replace_all(f"({together}) ", each) for words in begun)
    joined = nw.concat_str(*lines, separator="\n")
    whole = nw.col("ngram").str.contains(f"^{together}$")
    return _in_lines(frame.with_columns(joined.alias("ngram"))).filter(whole)


def _in_lines(frame: Frame) -> Frame:
    """A row for each line of `ngram`."""
    if not frame.implementation.is_pandas_like():
        return frame.with_columns(nw.col("ngram").str.split("\n")).explode("ngram")
    # Lists of pandas are unknown to narwhals.
    native: Any = frame.to_native().reset_index(drop=True)
    lines = native["ngram"].str.split("\n").explode().astype(native["ngram"].dtype)
    return nw.from_native(native[["session"]].join(lines).reset_index(drop=True))
