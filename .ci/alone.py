"""Runs each test file in a process of its own, several at a time, so that no file leans on another."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NO_TESTS = 5


def run(path: Path) -> str | None:
    """What a file's tests print if they fail alone."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    well = done.returncode in {0, NO_TESTS}
    print(
        f"{'ok  ' if well else 'FAIL'} {path.relative_to(ROOT)} ({time.monotonic() - began:.0f} s)",
        flush=True,
    )
    return None if well else done.stdout[-4000:]


def main() -> None:
    """Run all files, or those that are named."""
    named = [Path(each).resolve() for each in sys.argv[1:]]
    paths = named or sorted((ROOT / "tests").rglob("test_*.py"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = [words for words in pool.map(run, paths) if words]
    print("\n".join(failed))
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
