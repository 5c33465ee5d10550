"""Where tokens are kept."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import msgnb
from loopback import Loopback, answers
from msgnb.tokens import TokenStore

TOKEN = msgnb.Secret("canary-4711")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Any]:
    """A Redis server of its own, on a free port, that keeps nothing on disk."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server here: apt-get install redis-server (make test does so as root)")
    client = pytest.importorskip("redis")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        "redis-server",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        # It says so itself when it takes connections.
        assert any("eady to accept connections" in line for line in server.stdout)
        connection = client.Redis(port=port, host="127.0.0.1")
        yield connection
        connection.close()
        server.terminate()


def test_memory_forgets_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is kept for its seconds, and no longer."""
    now = [100.0]
    monkeypatch.setattr("msgnb.tokens.time.monotonic", lambda: now[0])
    store = msgnb.MemoryStore()
    store.set("ana", TOKEN, 60)
    assert store.get("ana") == TOKEN
    assert store.get("bia") is None
    now[0] += 60
    assert store.get("ana") is None


@pytest.mark.parametrize("store", [msgnb.MemoryStore(), msgnb.NoStore()])
def test_what_is_deleted_is_gone(store: TokenStore) -> None:
    """A deleted token is gone, and deleting what is not there does no harm."""
    store.set("ana", TOKEN, 60)
    store.delete("ana")
    store.delete("ana")
    assert store.get("ana") is None


def test_no_store_keeps_nothing() -> None:
    """NoStore forgets at once."""
    store = msgnb.NoStore()
    store.set("ana", TOKEN, 60)
    assert store.get("ana") is None


def test_redis_keeps_tokens_by_account_and_time(redis: Any) -> None:
    """Redis keeps a token under its account, with an end, until it is deleted."""
    store = msgnb.RedisStore(redis)
    store.set("smsdrop|https://a|ana@example.com", TOKEN, 60)
    (key,) = redis.keys()
    assert key == b"msgnb:token:smsdrop|https://a|ana@example.com"
    assert 50_000 < redis.pttl(key) <= 60_000
    assert store.get("smsdrop|https://a|ana@example.com") == TOKEN
    assert store.get("smsdrop|https://a|bia@example.com") is None
    store.delete("smsdrop|https://a|ana@example.com")
    assert store.get("smsdrop|https://a|ana@example.com") is None


def test_redis_shares_a_token_between_clients(redis: Any, loopback: Loopback) -> None:
    """A second client, as in another process, uses the token that the first one got."""
    loopback.script = [answers({"access_token": "one"}), answers({"id": "x", "message": "", "sender": "",
                                                                  "recipient_list": []})]  # fmt: skip
    url = f"redis://127.0.0.1:{redis.connection_pool.connection_kwargs['port']}/0"
    for _ in range(2):
        store = msgnb.RedisStore(url)
        with msgnb.SmsDrop("ana@example.com", "pw", base_url=loopback.url, token_store=store) as sms:
            sms.read_campaign("x")
        store._redis.close()
    assert [seen.path.rpartition("/")[2] for seen in loopback.seen] == ["login", "x", "x"]
    assert b"pw" not in b"".join(redis.keys())
