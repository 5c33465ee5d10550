"""A webhook consumer as people write it, a bare FastAPI route, receives what the mock posts."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request

import msgnb
import msgnb_mocks


class Consumer:
    """Keeps what its one route was posted; `url` is the route's."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.came = threading.Condition()
        self.url = ""

    def application(self) -> FastAPI:
        app = FastAPI()

        @app.post("/hooks/netsapiens")
        async def hook(request: Request) -> dict[str, bool]:
            events = await request.json()
            with self.came:
                self.events += events
                self.came.notify_all()
            return {"ok": True}

        return app

    def wait(self, count: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.events) >= count, 10)


@pytest.fixture
def consumer() -> Iterator[Consumer]:
    consumer = Consumer()
    bound = socket.create_server(("127.0.0.1", 0))
    consumer.url = f"http://127.0.0.1:{bound.getsockname()[1]}/hooks/netsapiens"
    server = uvicorn.Server(
        uvicorn.Config(consumer.application(), log_config=None, ws="none", lifespan="off")
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve([bound])))
    thread.start()
    yield consumer
    server.should_exit = True
    thread.join()
    loop.close()


def test_a_route_receives_messages_of_the_served_mock(consumer: Consumer) -> None:
    """Against mocks on loopback ports: the route gets each message once, in order, as text."""
    with msgnb_mocks.serve(seed=7) as servers:
        login = dict(servers.credentials["netsapiens"])
        with msgnb.NetSapiens(login.pop("url"), **login) as pbx:
            made = pbx.create_subscription("message", consumer.url, domain="harbor.example")
            for number in range(5):
                servers.receive("netsapiens", from_="12125550176", to="16195550101", text=f"number {number}")
            consumer.wait(5)
            servers.applications["netsapiens"].poster.wait()
            row = pbx.read_subscription(made["id"])
    assert [event["text"] for event in consumer.events] == [f"number {number}" for number in range(5)]
    assert {event["from_num"] for event in consumer.events} == {"12125550176"}
    assert isinstance(row, dict)
    assert (row["status"], row["error-count"]) == ("active", 0)


def test_a_route_receives_messages_of_the_mock_in_process(consumer: Consumer) -> None:
    """Against the mocks in process the same route gets the same posts."""
    with msgnb.offline(seed=7) as world:
        world.netsapiens.create_subscription(
            "messagesession", consumer.url, user="1001", domain="harbor.example"
        )
        said = world.receive("netsapiens", from_="12125550176", to="16195550101", text="hi")
        consumer.wait(1)
    assert consumer.events[0]["session_id"] == said["session"]
    assert consumer.events[0]["last_status"] == "unread"
