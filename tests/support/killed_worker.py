"""Sends a campaign in a process that kills itself at a step: a line of the journal, bytes sent or read.

Each job forks, so that it takes no imports: a line of JSON on stdin, and on stdout how the process ended, how
many steps it made, and the state of each recipient if it came to its end.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import warnings
from datetime import timedelta
from typing import Any

import pandas as pd
import phonenumbers  # noqa: F401 - loaded before the forks, as everything that a campaign needs

import msgnb
from msgnb.campaigns import journal_lines, run
from msgnb.platforms.base import client_class

PHONES = [f"+1212555{number:04d}" for number in range(100, 106)]
PEOPLE = pd.DataFrame({"name": [f"Person {phone[-1]}" for phone in PHONES], "phone": PHONES})


class Steps:
    """Counts what leaves and arrives, and dies at one of them."""

    def __init__(self, last: int | None) -> None:
        self.made = 0
        self._last = last

    def take(self) -> None:
        self.made += 1
        if self.made == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str) -> None:
        """Let each call of a method be two steps: before it and after it."""
        real = getattr(owner, name)

        def stepping(*args: Any, **named: Any) -> Any:
            self.take()
            found = real(*args, **named)
            self.take()
            return found

        setattr(owner, name, stepping)


def send(job: dict[str, Any]) -> dict[str, Any]:
    """Send the campaign, and return the steps and states."""
    run.SETTLE = timedelta()  # requests to this machine are not in transit for long
    steps = Steps(job["last"])
    client = client_class(job["platform"])(**job["login"])
    client.connection.campaign_rate = None
    client.connection.http.pause = lambda _: None
    # What comes before the campaign, such as a sign-in, is no step of it.
    client.connection.journal_account()
    steps.around(journal_lines.JournalWriter, "write")
    steps.around(socket.socket, "sendall")
    steps.around(socket.socket, "recv_into")
    campaign = msgnb.Campaign(text=job["text"], sender=job["sender"], title="Killed")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "nothing was sent", UserWarning)
        outcomes = client.send_campaign(campaign, PEOPLE, journal=job["journal"])
    return {"steps": steps.made, "states": dict(zip(PHONES, outcomes["state"], strict=True))}


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """Do a job in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            found = send(job)
        except BaseException as error:  # noqa: BLE001 - whatever it was, it is reported
            found = {"error": f"{type(error).__name__}: {error}"}
        with os.fdopen(writing, "w") as file:
            json.dump(found, file)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        words = file.read()
    _, status = os.waitpid(child, 0)
    return {"ended": os.waitstatus_to_exitcode(status), **(json.loads(words) if words else {})}


def main() -> None:
    """Do the jobs that stdin names."""
    # The clients and pandas are loaded once.
    for name in ("blip", "netsapiens", "smsdrop"):
        client_class(name)
    msgnb.Campaign(text="Hi").plan(PEOPLE)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
