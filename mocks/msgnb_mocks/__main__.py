"""`python -m msgnb_mocks`: the three platforms until Ctrl-C, with one line of JSON when they are ready."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

import orjson

from msgnb_mocks.hosting.serving import serve

HIGHEST_PORT = 65_532
"""The other platforms and the page of phones take the ports above."""
SWITCH_SECONDS = 0.0005
"""How long a thread may keep the others waiting: under many connections it decides the slowest answers."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM."""
    chosen = _parser().parse_args(arguments)
    over = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: over.set())
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        options = {"quirks": chosen.quirk, "strict": chosen.strict, "ui": chosen.ui}
        with serve(chosen.seed, port=chosen.port, tls=chosen.tls, **options) as servers:
            sys.stdout.write(orjson.dumps(servers.credentials).decode() + "\n")
            sys.stdout.flush()
            over.wait()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"msgnb_mocks: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m msgnb_mocks", description=__doc__)
    parser.add_argument(
        "--port", type=_port, default=0, help="of the first platform, the others follow; 0: free ones"
    )
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same world")
    parser.add_argument("--tls", action="store_true", help="serve HTTPS; `ca` is the file of its authority")
    parser.add_argument(
        "--quirk", action="append", default=[], help="a second reading, as netsapiens:numeric-text"
    )
    parser.add_argument("--strict", action="store_true", help="refuse what is only inferred")
    parser.add_argument("--ui", action="store_true", help="serve the page of all phones; `ui` is its address")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{port} is not between 0 and {HIGHEST_PORT}")
    return port


if __name__ == "__main__":
    sys.exit(main())
