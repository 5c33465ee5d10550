"""Checks recordings for what scrubbing missed: secrets, and people who can be identified.

It reads the files again, with detectors of its own. It can't prove that there is nothing: a password that
looks like a word, in a field whose name says nothing, is not found, and neither is a name in a text.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgnb.core.secrets import sealed
from msgnb.core.visible import escape_invisible
from msgnb.testing.detectors import LOOKED_FOR, Detectors
from msgnb.testing.known_secrets import KnownSecrets
from msgnb.testing.layers import decompress

SUFFIXES = (".yaml", ".yml", ".json")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_UNPARSED = re.compile(r"(?:^|\s)(?:#|[&!](?=\S)|%(?=[A-Z]+ ))\s*(.+)")
"""A comment, an anchor, a tag or a directive of YAML."""
_READABLE = re.compile(r"[^\x00-\x1f\x7f-\x9f]{4,}")


@dataclass(frozen=True)
class Finding:
    """Something in a cassette that should not be there; `what` shows only its first characters."""

    file: Path
    line: int
    what: str

    def __str__(self) -> str:
        return escape_invisible(f"{self.file}:{self.line}: {self.what}", keep="")


@dataclass(frozen=True)
class Report:
    """What was looked for, in how much, and what was found.

    Attributes:
        findings: what should not be there.
        files: how many files were read.
        exchanges: how many requests with their responses are in them.
        values: how many values are in them.
    """

    findings: tuple[Finding, ...]
    files: int
    exchanges: int
    values: int

    def __str__(self) -> str:
        where = f"{_count(self.exchanges, 'exchange')} of {_count(self.files, 'file')}"
        found = _count(len(self.findings), "finding") if self.findings else "found none"
        return f"Looked for {', '.join(LOOKED_FOR)}: {found} in {where}"


@dataclass(frozen=True)
class Value:
    """A value of a file, the name beside it, and its line."""

    name: str
    text: str
    line: int
    is_name: bool = False


@sealed
def check(folder: str | Path, secrets: Iterable[str] = ()) -> list[Finding]:
    """Return the secrets and personal data that are found in the cassettes of a folder.

    >>> msgnb.testing.check("cassettes/")
    []

    Args:
        folder: the folder, with all folders inside.
        secrets: values that must not occur, in any encoding.

    Returns:
        What was found, with file and line. That nothing was found does not prove that nothing is there.

    Raises:
        FileNotFoundError: there is no such folder, or no file in it.
    """
    return list(inspect(folder, secrets).findings)


@sealed
def inspect(folder: str | Path, secrets: Iterable[str] = ()) -> Report:
    """Return what `check` finds, together with what was looked for and in how much.

    Args:
        folder: the folder, with all folders inside.
        secrets: values that must not occur, in any encoding.

    Raises:
        FileNotFoundError: there is no such folder, or no file in it.
    """
    known = KnownSecrets(secrets)
    paths = find_files(folder)
    findings: list[Finding] = []
    exchanges = values = 0
    for path in paths:
        try:
            text = read_text(path.read_bytes())
        except OSError as error:
            findings.append(Finding(path, 0, f"this file can't be read: {error.strerror}"))
            continue
        read = list(read_values(text))
        exchanges += sum(each.name == "interactions" and not each.text for each in read)
        values += sum(bool(each.text) for each in read)
        findings += [Finding(path, line, what) for line, what in _find(text, read, known)]
    return Report(tuple(dict.fromkeys(findings)), len(paths), exchanges, values)


def _find(text: str, read: Iterable[Value], known: KnownSecrets) -> Iterator[tuple[int, str]]:
    detectors = Detectors()
    for value in read:
        if known.in_layers(value.text):
            yield value.line, "a secret that is known"
        found = (
            detectors.find_in_name(value.text) if value.is_name else detectors.find(value.name, value.text)
        )
        yield from ((value.line, what) for what in found)
    # A parser leaves out comments, tags and anchors.
    for number, line in enumerate(text.splitlines(), 1):
        if known.in_layers(line):
            yield number, "a secret that is known"
        yield from ((number, what) for what in detectors.find_in_raw(line))
        if comment := _UNPARSED.search(line):
            yield from ((number, what) for what in detectors.find("", comment[1]))


def find_files(folder: str | Path) -> list[Path]:
    """Return all files of a folder, whatever they are called: a draft or a copy is shared as easily.

    Raises:
        FileNotFoundError: there is no such folder, or no file in it.
    """
    found = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    if not found:
        raise FileNotFoundError(f"there is no cassette in {folder}: no file at all")
    return found


def read_text(content: bytes) -> str:
    """Return the text of a file: that of an archive, in any encoding; of a binary file what is readable."""
    content = decompress(content) or content
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if b"\0" in content:
        return _read_binary(content)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _read_binary(content: bytes) -> str:
    """Return a text without a mark of its encoding, or the readable pieces of other content."""
    for encoding, zeros in (("utf-16-le", content[1::2]), ("utf-16-be", content[::2])):
        if zeros.count(0) > len(zeros) * 0.5:
            return content.decode(encoding, "replace")
    return "\n".join(_READABLE.findall(content.decode("latin-1")))


def find_cassettes(folder: str | Path) -> list[Path]:
    """Return the cassettes of a folder.

    Raises:
        FileNotFoundError: there is no such folder, or no cassette in it.
    """
    found = sorted(path for path in Path(folder).rglob("*") if path.suffix in SUFFIXES)
    if not found:
        raise FileNotFoundError(
            f"there is no cassette in {folder}: no file that ends in {', '.join(SUFFIXES)}"
        )
    return found


def read_values(text: str) -> Iterator[Value]:
    """Yield the values of a YAML or JSON file, and the names of its fields; lines if it is neither.

    Each exchange is a value named `interactions` without a text, so that they can be counted.
    """
    import yaml  # noqa: PLC0415 - comes with vcrpy

    try:
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        root = None
        yield Value("", text, 1)
        yield from (Value("", line, number) for number, line in enumerate(text.splitlines(), 1))
    yield from _walk(root, "")


def _walk(node: Any, name: str) -> Iterator[Value]:
    if node is None:
        return
    line = node.start_mark.line + 1
    if node.id == "mapping":
        labelled = _labelled(node)
        for key, each in node.value:
            if key.id != "scalar":
                yield from _walk(key, "")
            label = str(key.value) if key.id == "scalar" else ""
            yield Value("", label, key.start_mark.line + 1, is_name=True)
            yield from _walk(each, (labelled or label) if label == "value" else label)
    elif node.id == "sequence":
        for each in node.value:
            if name == "interactions":
                yield Value(name, "", line)
            yield from _walk(each, name)
    elif node.tag.endswith(":binary"):
        # The detectors decode it.
        yield Value(name, "".join(node.value.split()), line)
    else:
        yield Value(name, node.value, line)


def _labelled(node: Any) -> str:
    """Return the name that a mapping has for its value, as browsers write exchanges; empty if none."""
    content = {key.value: each for key, each in node.value if key.id == "scalar"}
    name = content.get("name")
    return str(name.value) if name is not None and name.id == "scalar" and "value" in content else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
