"""Checks recordings for what scrubbing missed: secrets, and people who can be identified.

It reads the files again, with detectors of its own. It can't prove that there is nothing: a password that
looks like a word, in a field whose name says nothing, is not found, and neither is a name in a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgnb.core.secrets import sealed
from msgnb.core.visible import escape_invisible
from msgnb.testing.detectors import LOOKED_FOR, Detectors
from msgnb.testing.known_secrets import KnownSecrets

SUFFIXES = (".yaml", ".yml", ".json")


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
        FileNotFoundError: there is no such folder, or no cassette in it.
    """
    return list(inspect(folder, secrets).findings)


@sealed
def inspect(folder: str | Path, secrets: Iterable[str] = ()) -> Report:
    """Return what `check` finds, together with what was looked for and in how much.

    Args:
        folder: the folder, with all folders inside.
        secrets: values that must not occur, in any encoding.

    Raises:
        FileNotFoundError: there is no such folder, or no cassette in it.
    """
    known = KnownSecrets(secrets)
    detectors = Detectors()
    paths = find_cassettes(folder)
    findings: list[Finding] = []
    exchanges = values = 0
    for path in paths:
        text = path.read_text(encoding="utf-8")
        read = list(read_values(text))
        exchanges += sum(each.name == "interactions" and not each.text for each in read)
        values += sum(bool(each.text) for each in read)
        for value in read:
            found = dict.fromkeys(detectors.find(value.name, value.text))
            if known.in_layers(value.text):
                found = {"a secret that is known": None, **found}
            findings += [Finding(path, value.line, what) for what in found]
    return Report(tuple(dict.fromkeys(findings)), len(paths), exchanges, values)


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
        yield from (Value("", line, number) for number, line in enumerate(text.splitlines(), 1))
    yield from _walk(root, "")


def _walk(node: Any, name: str) -> Iterator[Value]:
    if node is None:
        return
    line = node.start_mark.line + 1
    if node.id == "mapping":
        for key, each in node.value:
            label = str(key.value)
            yield Value("", label, key.start_mark.line + 1)
            yield from _walk(each, label)
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


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
