"""`python -m msgnb_mocks`: serve the mocks until Ctrl-C, and print one line of JSON when they are ready."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

import orjson

from msgnb_mocks.core.registry import mocks
from msgnb_mocks.hosting.serving import serve

HIGHEST_PORT = 65_535
TOKEN_VARIABLE = "MSGNB_MOCKS_TOKEN"  # noqa: S105 - its name
SWITCH_SECONDS = 0.0005
"""How long a thread may keep the others waiting; it determines the latency under many connections."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM, and return the exit code."""
    chosen = _parser().parse_args(arguments)
    over = threading.Event()
    # By default SIGTERM, which ends a container, would end Python without leaving the `with` statement below.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: over.set())
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        options = {"quirks": chosen.quirk, "strict": chosen.strict, "ui": chosen.ui, "token": chosen.token}
        with serve(chosen.seed, port=chosen.port, tls=chosen.tls, **options) as servers:
            sys.stdout.write(orjson.dumps(servers.credentials).decode() + "\n")
            # A pipe is buffered, and whoever started this process waits for the line.
            sys.stdout.flush()
            if page := servers.credentials.get("ui"):
                # For people, whose terminal makes a link of it; programs read the other stream.
                sys.stderr.write(f"Phones: {page}\n")
            over.wait()
    except (ImportError, OSError, ValueError) as error:
        sys.stderr.write(f"msgnb_mocks: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m msgnb_mocks", description=__doc__)
    parser.add_argument(
        "--port",
        type=_port,
        default=0,
        help="port of the first mock, the others use the next ones; 0: free ports",
    )
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same world")
    parser.add_argument("--tls", action="store_true", help="serve HTTPS; `ca` is the file of its authority")
    parser.add_argument(
        "--quirk", action="append", default=[], help="a variation to switch on, such as acme:empty-list-404"
    )
    parser.add_argument("--strict", action="store_true", help="reject operations that are only inferred")
    parser.add_argument("--ui", action="store_true", help="also serve the page of phones; `ui` is its URL")
    parser.add_argument(
        "--token",
        default=os.environ.get(TOKEN_VARIABLE),
        help=f"token of the page, random if omitted; set {TOKEN_VARIABLE} to hide it from other users",
    )
    return parser


def _port(text: str) -> int:
    port = int(text)
    # The other mocks and the page of phones use the ports above.
    highest = HIGHEST_PORT - len(mocks())
    if not 0 <= port <= highest:
        raise argparse.ArgumentTypeError(f"{port} is not between 0 and {highest}")
    return port


if __name__ == "__main__":
    sys.exit(main())
