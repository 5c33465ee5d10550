"""Damage to the journal of a campaign, and a disk that becomes full, on all three platforms.

Whatever happens to the file, nobody gets the message twice, and nobody who has it is among those to whom it
may be sent again.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from attack_seeds import seeds
from full_disk_worker import PHONES as MANY

import msgnb

PHONES = [f"+55119999900{number:02}" for number in range(10, 22)]
SENDERS = {"blip": "", "netsapiens": "16195550101", "smsdrop": "MyShop"}
WORKER = Path(__file__).resolve().parents[1] / "support" / "full_disk_worker.py"
SEEDS = seeds(6)

Damage = Callable[[bytes, random.Random], bytes]


def truncate(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(_header_end(content), len(content))]


def truncate_at_a_line(content: bytes, rng: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(lines[: rng.randrange(2, len(lines))])


def zero(content: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(_header_end(content), len(content))
    size = min(rng.randrange(1, 1000), len(content) - at)
    return content[:at] + b"\0" * size + content[at + size :]


def flip(content: bytes, rng: random.Random) -> bytes:
    found = bytearray(content)
    for _ in range(3):
        found[rng.randrange(_header_end(content), len(content))] ^= 1 << rng.randrange(8)
    return bytes(found)


def drop_lines(content: bytes, rng: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    for _ in range(2):
        del lines[rng.randrange(2, len(lines))]
    return b"".join(lines)


def swap_lines(content: bytes, rng: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    rest = lines[2:]
    rng.shuffle(rest)
    return b"".join(lines[:2] + rest)


def repeat_lines(content: bytes, rng: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    lines.insert(rng.randrange(2, len(lines) + 1), rng.choice(lines[2:]))
    return b"".join(lines)


def _header_end(content: bytes) -> int:
    return content.index(b"\n", content.index(b"\n") + 1) + 1


DAMAGES: tuple[Damage, ...] = (
    truncate, truncate_at_a_line, zero, flip, drop_lines, swap_lines, repeat_lines,
)  # fmt: skip


class Sending:
    """A campaign in a world, and how often each person got it."""

    def __init__(self, world: msgnb.testing.Offline, platform: str, path: Path) -> None:
        self.world, self.platform, self.path = world, platform, path
        self.client: Any = world.client(platform)
        self.client.connection.http.pause = lambda _: None
        if platform == "smsdrop":
            world.applications[platform].state.failing_percent = 0
        self._before = self._received()

    def send(self, phones: list[str], path: Path | None = None) -> pd.DataFrame:
        campaign = msgnb.Campaign(text="Hi {name}", sender=SENDERS[self.platform], title="Damaged")
        people = pd.DataFrame({"phone": phones, "name": phones})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return self.client.send_campaign(campaign, people, journal=path or self.path)

    def got(self) -> list[int]:
        """How often each person got it."""
        return [now - before for now, before in zip(self._received(), self._before, strict=True)]

    def _received(self) -> list[int]:
        self.world.clock.advance(minutes=5)
        found = self.world.received(self.platform)
        return [
            sum(len(texts) for who, texts in found.items() if phone.removeprefix("+") in who)
            for phone in PHONES
        ]


@pytest.mark.parametrize("platform", SENDERS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_nobody_gets_it_twice_after_damage(platform: str, damage: Damage, tmp_path: Path) -> None:
    """Half of the campaign was sent, partly in vain, and the journal is damaged; it is run again, twice."""
    for seed in range(SEEDS):
        rng = random.Random(f"{platform} {damage.__name__} {seed}")
        with msgnb.offline() as world:
            sending = Sending(world, platform, tmp_path / f"{seed}.jsonl")
            sending.send(PHONES[:5])
            sending.send(PHONES[3:8])
            sending.path.write_bytes(damage(sending.path.read_bytes(), rng))
            for _ in range(2):
                outcomes = sending.send(PHONES)
                got = sending.got()
                assert set(got) <= {0, 1}, seed
                states = list(outcomes["state"].astype(str))
                have = [count == 1 for count in got]
                assert all(has for has, state in zip(have, states, strict=True) if state == "sent"), seed
                again = set(outcomes.msg.failed()["recipient"])
                assert not again & {phone for phone, has in zip(PHONES, have, strict=True) if has}, seed


@pytest.mark.parametrize("platform", SENDERS)
def test_another_path_to_the_journal_is_the_same_journal(platform: str, tmp_path: Path) -> None:
    """Through a link, or from two threads at once, everybody gets it once."""
    with msgnb.offline() as world:
        sending = Sending(world, platform, tmp_path / "c.jsonl")
        sending.send(PHONES[:5])
        link = tmp_path / "link.jsonl"
        link.symlink_to(sending.path)
        ends: list[object] = []

        def run(path: Path) -> None:
            try:
                ends.append(sending.send(PHONES, path))
            except msgnb.InvalidRequest as error:
                ends.append(error)

        threads = [threading.Thread(target=run, args=(path,)) for path in (sending.path, link) * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sending.send(PHONES, link)
        assert sending.got() == [1] * len(PHONES)
        assert all("is locked" in str(end) for end in ends if isinstance(end, Exception))


def _can_mount() -> bool:
    command = ["unshare", "-rm", "true"]
    return bool(shutil.which("unshare")) and subprocess.run(command, check=False).returncode == 0


@pytest.mark.skipif(not _can_mount(), reason="a small disk needs a mount namespace")
@pytest.mark.parametrize("platform", SENDERS)
@pytest.mark.parametrize("pages", [1, 3])
@pytest.mark.parametrize("text", ["Hi {name}", "Hi all"])
def test_a_disk_that_is_full_stops_the_campaign(platform: str, pages: int, text: str, tmp_path: Path) -> None:
    """Where the journal can't be written, nothing more is sent; once there is room, everybody has it once."""
    command = [sys.executable, str(WORKER), platform, str(tmp_path), str(pages), text]
    done = subprocess.run(["unshare", "-rm", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert all("No space left on device" in words for words in found["errors"])
    assert found["errors"] or text == "Hi all"
    assert found["got"] == dict.fromkeys(MANY, 1)
    assert set(found["states"].values()) == {"sent"}
