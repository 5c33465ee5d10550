"""Runs small jobs, each in a fresh process, quickly.

A process that has loaded what all jobs share forks for each.

    python forkserver.py import pandas      # imports pandas, then forks for each module that stdin names

A job is a line on stdin, and its result a line of JSON on stdout: the job, and why it failed or null.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable


def import_module(name: str) -> None:
    """Import one module of msgnb, whichever it is, first of all."""
    importlib.import_module(name)


def collect(path: str) -> None:
    """Collect one test file alone, as `pytest --collect-only path` does."""
    import pytest

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    # Plugins that this process has loaded already can't be rewritten, which matters to no collection.
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    status = pytest.main(["--collect-only", "-q", *options, path])
    if status not in {0, 5}:
        raise RuntimeError(f"pytest ended with {status!r}")


JOBS: dict[str, Callable[[str], None]] = {"import": import_module, "collect": collect}


def answer(job: Callable[[str], None], line: str) -> str | None:
    """Why a job failed in a process of its own; `None` if it did not."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            job(line)
            words = b""
        except BaseException as error:  # noqa: BLE001 - whatever it was, it is reported
            words = "".join(traceback.format_exception_only(error)).encode()
        with os.fdopen(writing, "wb") as file:
            file.write(words)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        words = file.read()
    _, status = os.waitpid(child, 0)
    return words.decode() or (f"the process ended with {status}" if status else None)


def main() -> None:
    """Do the jobs that stdin names."""
    name, *loaded = sys.argv[1:]
    for each in loaded:
        importlib.import_module(each)
    results = sys.stdout
    for line in map(str.strip, sys.stdin):
        results.write(json.dumps([line, answer(JOBS[name], line)]) + "\n")
        results.flush()


if __name__ == "__main__":
    main()
