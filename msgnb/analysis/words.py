r"""Measures of what messages say: opt-out words, keywords, and frequent words.

The engines differ in what `\w` and `\s` match and in how fast they search for them, so the patterns here
list spaces and punctuation themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import narwhals as nw

from msgnb.analysis.frames import (
    COUNTS,
    SESSION,
    Frame,
    Messages,
    aggregate,
    select_columns,
    with_counts,
)
from msgnb.analysis.measures import ResultColumn, from_messages, measure
from msgnb.core.errors import InvalidRequest
from msgnb.tables.schema import DIRECTIONS

OPT_OUTS = (
    "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "sair", "parar", "cancelar",
    "remover", "descadastrar", "baja", "salir", "arret", "arrêt", "desabonner", "désabonner", "stopp",
    "abmelden",
)  # fmt: skip
SPACES = " \t\r\n\x0b\x0c\u00a0"
AROUND = SPACES + ".!?,;:\"'*-"
"""Characters that may surround an opt-out word."""
MARKS = rf"""[{SPACES}.,;:!?…"“”„«»()\[\]{{}}<>¡¿/|\\*_~=+–—]+"""
BETWEEN = rf"['’-]*(?:{MARKS}['’-]*)+"
"""What separates two words; a word may contain an apostrophe or a hyphen."""
SPELLINGS = (("i\u0307", "i"), ("ς", "σ"), ("σ ", "ς "))
"""What engines write differently in lower case: the Turkish İ, and the Greek sigma at the end of a word."""
LONGEST_NGRAM = 5
REPLACEMENTS = {nw.Implementation.POLARS: "${1}\n", nw.Implementation.PYSPARK: "$1\n"}
"""How an engine writes the first group of a match; all others write it as Python does."""


@measure(
    *from_messages(*SESSION, "at", combine="row"),
    ResultColumn("word", "category", "row", "the opt-out word, in lower case", choices=OPT_OUTS),
    order=("at", *SESSION, "word"),
)
def opt_outs(messages: Messages, *, words: Iterable[str] = OPT_OUTS) -> Frame:
    """Find inbound messages that contain nothing but an opt-out word.

    Case, and spaces and punctuation around the word, are ignored. A sentence that contains the word does not
    count.

    Args:
        messages: a `messages` table.
        words: the words, in lower case; by default `OPT_OUTS`, which has those of five languages.

    Returns:
        One row per message, earliest first.
    """
    frame = select_columns(messages, *SESSION, "at", "direction", "text")
    inbound = frame.filter(nw.col("direction") == "inbound")
    word = nw.col("text").str.to_lowercase().str.strip_chars(AROUND)
    spelled = _spelled(nw.concat_str(word, nw.lit(" "))).str.strip_chars(" ")
    wanted = [_spelled_text(f"{each} ").strip() for each in words]
    found = inbound.with_columns(spelled.alias("word")).filter(nw.col("word").is_in(wanted))
    return found.select(*SESSION, "at", "word")


@measure(
    ResultColumn("word", "text", "key", "the keyword, as it was passed"),
    ResultColumn("messages", "amount", "sum", "number of messages that contain it"),
    ResultColumn("inbound", "amount", "sum", "those from the other party"),
    ResultColumn("outbound", "amount", "sum", "those from the account"),
    ResultColumn("sessions", "amount", "sum", "number of sessions that contain it"),
    order=("-messages", "word"),
)
def keywords(messages: Messages, words: Iterable[str]) -> Frame:
    """Count the messages that contain certain words, as whole words and in any case.

    >>> analysis.keywords(messages, ["order", "credit card", "refund"])

    Args:
        messages: a `messages` table.
        words: the keywords; one may consist of several words in a row.

    Returns:
        One row per keyword that was found, the most frequent first.

    Raises:
        InvalidRequest: there are no keywords, or one has no letters.
    """
    patterns = {word: _normalized(word) for word in words}
    if not patterns or not all(patterns.values()):
        raise InvalidRequest.of(words=f"{list(patterns)} are no words to look for")
    frame = _with_words(select_columns(messages, "session", "direction", "text"))
    # A message that contains several keywords counts for each of them, so each has a frame of its own.
    # Between spaces, a literal search finds whole words only.
    found = [
        frame.filter(nw.col("_words").str.contains(f" {pattern} ", literal=True)).with_columns(
            nw.lit(word).alias("word")
        )
        for word, pattern in patterns.items()
    ]
    return aggregate(with_counts(nw.concat(found)), ("word",), COUNTS, sessions=True)


@measure(
    # Masked as personal: among the words are names, and addresses without the signs that show what they are.
    ResultColumn("ngram", None, "key", "the word or words, in lower case"),
    ResultColumn("count", "amount", "sum", "how often they occur", minimum="least"),
    ResultColumn("sessions", "amount", "sum", "number of sessions in which they occur"),
    order=("-count", "ngram"),
)
def ngrams(
    messages: Messages,
    *,
    n: int = 1,
    direction: str | None = "inbound",
    ignore: Iterable[str] = (),
    least: int = 2,  # noqa: ARG001 - the minimum of the column `count`
) -> Frame:
    """Count the most frequent words, or sequences of words.

    >>> analysis.ngrams(messages, n=2, ignore=["the", "a", "of"])

    Case and punctuation between words are ignored. A sequence never spans two messages.

    Args:
        messages: a `messages` table.
        n: number of words in a sequence, at most 5.
        direction: of the messages, `inbound` or `outbound`; both if `None`.
        ignore: words to remove before sequences are counted.
        least: the smallest count to return.

    Returns:
        One row per word or sequence, the most frequent first.

    Raises:
        InvalidRequest: `n` or the direction is not valid.
    """
    if not 1 <= n <= LONGEST_NGRAM:
        raise InvalidRequest.of(n=f"{n} is not between 1 and {LONGEST_NGRAM}")
    if direction not in {None, *DIRECTIONS}:
        raise InvalidRequest.of(direction=f"{direction!r} is neither inbound nor outbound")
    frame = select_columns(messages, "session", "direction", "text")
    chosen = frame.filter(nw.col("direction") == direction) if direction else frame
    words = _remove_words(_with_words(chosen), ignore).select("session", "_words")
    marked = _with_ngrams(words, n).with_columns(nw.lit(1).alias("count"))
    return aggregate(marked, ("ngram",), ("count",), sessions=True)


def _normalized(text: str) -> str:
    """The words of a text in lower case, separated by single spaces."""
    return _spelled_text(re.sub(BETWEEN, " ", f" {text.lower()} ")).strip()


def _spelled(words: Any) -> Any:
    """Words in lower case, as all engines spell them; a space follows each word."""
    for written, wanted in SPELLINGS:
        words = words.str.replace_all(written, wanted, literal=True)
    return words


def _spelled_text(words: str) -> str:
    """The same for a single text."""
    for written, wanted in SPELLINGS:
        words = words.replace(written, wanted)
    return words


def _with_words(frame: Frame) -> Frame:
    """The messages that have text, with a column `_words`: their words, each with a space on both sides."""
    padded = nw.concat_str(nw.lit(" "), nw.col("text").str.to_lowercase(), nw.lit(" "))
    words = frame.filter(~nw.col("text").is_null()).with_columns(padded.alias("_words"))
    spaced = words.with_columns(nw.col("_words").str.replace_all(BETWEEN, " "))
    return spaced.with_columns(_spelled(nw.col("_words")).alias("_words"))


def _remove_words(frame: Frame, ignored: Iterable[str]) -> Frame:
    """The frame without some words in `_words`."""
    words = sorted({_normalized(word) for word in ignored} - {""})
    if not words:
        return frame
    pattern = "|".join(map(re.escape, words))
    # A match consumes the spaces around it, so each word needs its own two.
    apart = nw.col("_words").str.replace_all(" ", "  ", literal=True)
    return frame.with_columns(apart.str.replace_all(f" (?:{pattern}) ", "").str.replace_all(" +", " "))


def _with_ngrams(frame: Frame, n: int) -> Frame:
    """One row per `ngram`: all sequences of n words."""
    ngram = f"[^ ]+(?: [^ ]+){{{n - 1}}}"
    # With the first 0, 1 … n - 1 words removed, cutting every n words finds each sequence once.
    line = REPLACEMENTS.get(frame.implementation, "\\1\n")
    starts = (nw.col("_words").str.replace_all(f"^ (?:[^ ]+ ){{{start}}}", "") for start in range(n))
    lines = (words.str.replace_all(f"({ngram}) ", line) for words in starts)
    joined = nw.concat_str(*lines, separator="\n")
    # Words that are left over at the end are fewer than n.
    whole = nw.col("ngram").str.contains(f"^{ngram}$")
    return _split_lines(frame.with_columns(joined.alias("ngram"))).filter(whole)


def _split_lines(frame: Frame) -> Frame:
    """One row per line of `ngram`."""
    if not frame.implementation.is_pandas_like():
        return frame.with_columns(nw.col("ngram").str.split("\n")).explode("ngram")
    # narwhals has no lists in pandas.
    native: Any = frame.to_native().reset_index(drop=True)
    lines = native["ngram"].str.split("\n").explode().astype(native["ngram"].dtype)
    return nw.from_native(native[["session"]].join(lines).reset_index(drop=True))
