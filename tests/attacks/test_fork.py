"""A client that is used in a forked process."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

import pytest
from loopback import Loopback

import msgnb

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")


def test_a_forked_process_opens_its_own_connections(loopback: Loopback) -> None:
    """Two processes on one connection would get each other's responses: each has its own from the start."""
    peers: list[Any] = []
    lock = threading.Lock()

    def echo(handler: Any) -> None:
        command = handler.seen.json
        with lock:
            peers.append((command["uri"], handler.client_address))
        body = {"id": command["id"], "status": "success", "resource": command["uri"]}
        content = json.dumps(body).encode()
        handler.send_response_only(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    loopback.script = [echo]
    bot = msgnb.Blip("Ym90OmtleQ==", base_url=loopback.url, plan="none")
    assert bot.connection.get("/parent/0") == "/parent/0"
    child = os.fork()
    who = "child" if child == 0 else "parent"
    try:
        right = all(bot.connection.get(f"/{who}/{number}") == f"/{who}/{number}" for number in range(50))
    except Exception:  # noqa: BLE001 - a process that was forked must not go on with the tests
        right = False
    if child == 0:
        os._exit(0 if right else 1)
    _, status = os.waitpid(child, 0)
    assert right
    assert os.waitstatus_to_exitcode(status) == 0
    addresses = {
        name: {peer for uri, peer in peers if uri.startswith(f"/{name}/")} for name in ("parent", "child")
    }
    assert not addresses["parent"] & addresses["child"]
