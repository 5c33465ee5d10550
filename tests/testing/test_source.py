"""Clients, results, tables and forms say where what they show comes from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import msgnb
from msgnb.testing import Offline

WORLD = "mock world, seed 7"


def test_a_client_of_a_world_says_so(world: Offline) -> None:
    """In reprs and results the world stands beside the platform's address."""
    assert repr(world.smsdrop).endswith(f"({WORLD})>")
    assert world.blip.send_text("551100001111@0mn.io", "Hi").source == WORLD
    assert world.smsdrop.send_text("+22963588213", "Hi", sender="MyShop").source == WORLD
    assert world.netsapiens.send_text("1002", "Hi").source == WORLD


def test_a_table_says_where_its_rows_come_from(world: Offline) -> None:
    """Tables, histories and outcomes have it in `attrs`, and keep it when rows are chosen."""
    frames = [
        world.blip.sessions(),
        world.netsapiens.subscriptions(),
        world.smsdrop.history(),
        world.smsdrop.send_campaign(msgnb.Campaign(text="Hi", sender="MyShop"), ["+22963588213"]),
        world.blip.contacts().query("name.notna()").head(1),
    ]
    assert {frame.attrs["source"] for frame in frames} == {WORLD}


def test_a_client_of_the_platform_names_its_address() -> None:
    """Without a world or a recording there is no other source than the platform."""
    client = msgnb.Blip("Ym90OmtleQ==", base_url="https://http.msging.net")
    assert repr(client) == "<Blip bot@msging.net at https://http.msging.net>"
    assert client.connection.http.source is None


def test_a_recording_says_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded, and what is replayed, names the file without its folder."""
    monkeypatch.setenv("MSGNB_BLIP_KEY", "Ym90OmtleQ==")
    path = tmp_path / "tuesday.yaml"
    try:
        msgnb.use("live", path)
        assert repr(msgnb.connect("blip")).endswith("(recorded in tuesday.yaml)>")
        path.write_text("interactions: []\nversion: 1\n")
        msgnb.use("cassette", path)
        assert repr(msgnb.connect("blip")).endswith("(replayed from tuesday.yaml)>")
    finally:
        msgnb.use("live")


def test_a_form_says_it(world: Offline) -> None:
    """Whoever sends from a form sees that it is a mock world."""
    assert WORLD in repr(msgnb.widgets.SendForm(world.blip))


def test_a_server_of_mocks_says_it() -> None:
    """Clients of a world on ports say so, too."""
    with msgnb.testing.serve() as world:
        assert repr(world.blip).endswith(f"({WORLD})>")
        assert isinstance(world.blip.sessions(), pd.DataFrame)
