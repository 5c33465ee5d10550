"""Sixteen clients at once against one process of mocks, for a minute: no error, and memory that stays.

Run `python benchmarks/soak.py [SECONDS]`. What is measured are ratios in one run: memory at the end to memory
after the journal was full, and the slowest hundredth of the answers to the median.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from multiprocessing import Pool
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

CLIENTS = 16
PROCESSES = 4
SECONDS = 60.0
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GROWTH = 1.15


def main(seconds: float) -> int:
    with subprocess.Popen([sys.executable, "-m", "msgnb_mocks"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        found = json.loads(server.stdout.readline())
        with Pool(PROCESSES) as pool:
            running = pool.starmap_async(clients, [(found, seconds)] * PROCESSES)
            time.sleep(seconds / 2)
            half = memory(server.pid)
            told = [each for some in running.get() for each in some]
        growth = memory(server.pid) / half
        server.terminate()
    took = [each for times, _ in told for each in times]
    errors = [error for _, some in told for error in some]
    took.sort()
    slow = took[len(took) * 99 // 100] / statistics.median(took)
    print(f"{CLIENTS} clients, {seconds:g} s: {len(took):,} answers, {len(errors)} errors {errors[:3] or ''}")
    print(f"memory at the end to memory at half-time: {growth:.2f} (at most {GROWTH})")
    print(f"slowest hundredth to the median: {slow:.1f}")
    return int(bool(errors) or growth > GROWTH)


def clients(found: dict[str, Any], seconds: float) -> list[tuple[list[float], list[str]]]:
    """Some clients in the threads of one process."""
    ends = time.monotonic() + seconds
    with ThreadPoolExecutor(CLIENTS // PROCESSES) as pool:
        return list(pool.map(lambda _: client(found, ends), range(CLIENTS // PROCESSES)))


def client(found: dict[str, Any], ends: float) -> tuple[list[float], list[str]]:
    """One client of all three platforms: how long each answer took, and what went wrong."""
    took: list[float] = []
    errors: list[str] = []
    requests = made(found)
    while time.monotonic() < ends:
        for connection, (method, path, body, headers) in requests:
            began = time.perf_counter()
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status >= 400:
                    errors.append(f"{path}: {answer.status}")
            except OSError as error:
                errors.append(f"{path}: {error}")
                connection.close()
            took.append(time.perf_counter() - began)
    return took, errors


def made(found: dict[str, Any]) -> list[tuple[HTTPConnection, tuple[str, str, str, dict[str, str]]]]:
    """Each platform's connection, and what is asked of it."""
    places = {
        name: HTTPConnection(urlsplit(found[name]["url"]).netloc)
        for name in ("blip", "netsapiens", "smsdrop")
    }
    sms, pbx = found["smsdrop"], {k: v for k, v in found["netsapiens"].items() if k != "url"}
    form = urlencode({"username": sms["email"], "password": sms["password"]})
    token = told(places["smsdrop"], "/auth/login", form, FORM)
    grant = told(places["netsapiens"], "/ns-api/v2/tokens", json.dumps({"grant_type": "password", **pbx}), {})
    keyed = {"Authorization": f"Key {found['blip']['key']}"}
    command = json.dumps({"id": "1", "method": "get", "uri": "/threads?$take=20"})
    return [
        (places["blip"], ("POST", "/commands", command, keyed)),
        (
            places["netsapiens"],
            ("GET", "/ns-api/v2/domains/~/users/~/messagesessions?limit=20", "", bearer(grant)),
        ),
        (places["smsdrop"], ("GET", "/campaigns/?limit=3", "", bearer(token))),
    ]


def told(connection: HTTPConnection, path: str, body: str, headers: dict[str, str]) -> str:
    connection.request("POST", path, body, headers)
    token: str = json.loads(connection.getresponse().read())["access_token"]
    return token


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def memory(pid: int) -> int:
    """Kilobytes that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
