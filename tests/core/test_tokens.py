"""Where tokens are kept."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from loopback import Loopback, answers

import msgnb
from msgnb.core.tokens import TokenStore

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
    monkeypatch.setattr("msgnb.core.tokens.time.monotonic", lambda: now[0])
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


class Backend(KeyringBackend):
    """A keyring in a dict."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def ring() -> Iterator[Backend]:
    backend, before = Backend(), keyring.get_keyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def test_the_keyring_keeps_a_token_for_later_processes(
    ring: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another store of the same keyring has the token until its end, and not after it was deleted."""
    now = [1000.0]
    monkeypatch.setattr("msgnb.core.tokens.time.time", lambda: now[0])
    msgnb.KeyringStore().set("ana", TOKEN, 60)
    assert msgnb.KeyringStore().get("ana") == TOKEN
    assert msgnb.KeyringStore().get("bia") is None
    now[0] += 60
    assert msgnb.KeyringStore().get("ana") is None
    msgnb.KeyringStore().delete("ana")
    msgnb.KeyringStore().delete("ana")
    assert not ring.kept


def test_without_the_package_the_keyring_is_told_how_to_get(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where keyring is not installed, the error says how to install it."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(msgnb.SettingsError, match=r"pip install 'msgnb\[keyring\]'"):
        msgnb.KeyringStore()


def test_netsapiens_signs_in_once_for_two_processes(ring: Backend, loopback: Loopback) -> None:
    """A client with the keyring leaves its token there, whole and under the account, for the next one."""
    login = {"client_id": "c", "client_secret": "s", "username": "1@d", "password": "p"}
    loopback.script = [answers({"access_token": "a", "refresh_token": "r", "expires_in": 3600}), answers([])]
    for _ in range(2):
        msgnb.NetSapiens(loopback.url, **login, token_store=msgnb.KeyringStore()).get_messages()
    assert sum(seen.path.endswith("/tokens") for seen in loopback.seen) == 1
    assert [user for _, user in ring.kept] == [f"netsapiens|{loopback.url}/ns-api/v2/tokens|1@d"]
