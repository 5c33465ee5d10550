"""What msgnb shows of others' texts: no character is obeyed by a terminal, or hidden from the reader."""

from __future__ import annotations

import io
import subprocess
import sys
import unicodedata
from typing import Any

import click.testing
import orjson
import pandas as pd
import pytest

import msgnb
from msgnb import tables
from msgnb.app import cli
from msgnb.core import progress
from msgnb.core.sending import SendResult
from msgnb.core.visible import escape_invisible
from msgnb.events.event import Event

PLANTED = (
    "\x1b[2J", "\x9b31m", "\x07", "\x08", "\r", "\x7f", "\x00", "\u202e", "\u202a", "\u2066", "\u2069",
    "\u200e", "\u200f", "\u061c", "\u2028", "\u2029", "\u200b", "\u2060", "\ufeff", "\xad", "\u180e",
    "\U000e0041", "\u200d", "\u200c",
)  # fmt: skip
EVIL = "".join(f"a{mark}b" for mark in PLANTED)
NAME = EVIL.replace("\x00", "")
"""What a file may be called."""
BAD = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def invisible(shown: str, allowed: str = "\n") -> list[str]:
    return [f"{each!a}" for each in shown if unicodedata.category(each) in BAD and each not in allowed]


@pytest.mark.parametrize("mark", [*PLANTED, "\ud800"])
def test_what_cannot_be_seen_is_written_out(mark: str) -> None:
    """As Python writes it, so that a reader can tell which character it is."""
    shown = escape_invisible(f"pay{mark}pal")
    assert invisible(shown) == []
    assert shown.encode("ascii").decode("unicode_escape") == f"pay{mark}pal"


OTHER = (
    "Olá, é isso — “sim” 10\u202f€", "👩\u200d💻 ❤️\u200d🔥", "می\u200cخواهم", "line\n\tnext", "日本語",
    "नमस्ते", "a\xa0b",
)  # fmt: skip


@pytest.mark.parametrize("text", OTHER)
def test_other_text_stays_as_it_is(text: str) -> None:
    """Blanks of other widths, joined emoji and scripts with joiners are no trick."""
    assert escape_invisible(text) == text


def test_joiners_that_join_nothing_are_shown() -> None:
    """A row of them may carry a hidden message."""
    shown = escape_invisible("é\u200d\u200c\u200d\u200dé \u200d")
    assert invisible(shown) == []


@pytest.fixture
def frame() -> pd.DataFrame:
    made = pd.DataFrame(
        {"text": [EVIL, "fine"], EVIL: ["x", EVIL], "raw": [{"a": EVIL}, [EVIL]]}, index=[EVIL, "b"]
    )
    made.index.name = EVIL
    made.columns.name = EVIL
    return made


def test_a_table_can_be_printed_safely(frame: pd.DataFrame) -> None:
    """Cells, headers, index labels and names; the values stay what they are."""
    shown = frame.msg.to_string()
    assert invisible(shown) == []
    assert r"\x1b[2J" in shown
    assert r"\u202e" in shown
    assert frame["text"].iloc[0] == EVIL


CODE = r"""
import sys, io, json
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
{before}
import pandas as pd, msgnb
from msgnb import tables
marks = json.loads(sys.stdin.read())
table = tables.MESSAGES.frame(1, {{"text": [marks]}})
frame = pd.DataFrame({{"text": [marks], marks: ["x"]}}, index=[marks])
format = shell.display_formatter.format
shown = [format(each)[0] for each in (table[["text"]], frame, frame["text"])]
others = (frame.index, pd.Index([marks, "b"]), frame["text"].unique(), frame["text"].array, frame.columns,
          frame["text"].astype("category").unique(), frame["text"].astype(object).unique())
shown += [format(each)[0] for each in others]
shown.append({{"text/html": format(frame.style)[0]["text/html"]}})
sys.stdout.write(json.dumps(shown))
"""


def show_in_ipython(before: str = "") -> list[dict[str, str]]:
    command = [sys.executable, "-W", "ignore", "-c", CODE.format(before=before)]
    done = subprocess.run(command, input=orjson.dumps(EVIL), capture_output=True, check=True)
    found: list[dict[str, str]] = orjson.loads(done.stdout)
    return found


def test_print_writes_texts_with_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    """Cells, row labels, column labels and counts of them; the values stay what they are."""
    texts = tables.MESSAGES.frame(2, {"session": ["a\u202eb", "c"], "text": ["x\x1b[2Jy", None]})
    for shown in (
        texts, texts["text"], texts["text"].array, texts["text"].value_counts(),
        texts.set_index("session")[["text"]], texts[["text"]].rename(columns={"text": "k\x1b"}),
    ):  # fmt: skip
        print(shown)
    written = capsys.readouterr().out
    assert "\x1b" not in written
    assert "\u202e" not in written
    assert "x\\x1b[2Jy" in written
    assert texts["text"].iloc[0] == "x\x1b[2Jy"


def test_ipython_shows_tables_with_escapes() -> None:
    """As text and as HTML, once msgnb has made a table: those of msgnb and those made of them."""
    shown = show_in_ipython()
    for text in (text for bundle in shown for text in bundle.values()):
        assert invisible(text) == []
        assert r"\x1b" in text
    assert [sorted(bundle) for bundle in shown] == [["text/html", "text/plain"]] * 2 + [
        ["text/plain"]
    ] * 8 + [["text/html"]]


def test_a_conversation_as_html_has_no_mark_that_reverses_it() -> None:
    """In texts, names, errors and media types."""
    values = {
        "session": ["s"] * 2,
        "text": [EVIL] * 2,
        "sender": [EVIL, "other"],
        "direction": ["inbound"] * 2,
    }
    values |= {"error": [EVIL] * 2, "media_type": [EVIL] * 2, "media_url": ["https://example.com/a"] * 2}
    shown = msgnb.tables.MESSAGES.frame(2, values).msg.conversation("s").html
    assert invisible(shown, allowed="\n\r") == []
    assert r"\u202e" in shown


def test_a_formatter_of_the_user_is_kept() -> None:
    """Who has decided how a DataFrame is shown has decided."""
    before = (
        "import pandas\n"
        "for name in ('text/html', 'text/plain'):\n"
        "    shell.display_formatter.formatters[name].for_type(pandas.DataFrame, lambda *_: None)\n"
        "shell.display_formatter.formatters['text/html'].for_type(pandas.DataFrame, lambda _: '<b>mine</b>')"
    )
    assert show_in_ipython(before)[0]["text/html"] == "<b>mine</b>"


# Reprs of msgnb's own


def own_things(world: msgnb.testing.Offline) -> dict[str, Any]:
    sms = world.smsdrop
    campaign = msgnb.Campaign(text=f"Hello {EVIL}", sender="MyShop", title=EVIL)
    people = pd.DataFrame({"phone": ["+22963588213"], "name": [EVIL]})
    text = msgnb.Campaign(text="Hello {name}", sender="MyShop")
    at = pd.Timestamp("2026-10-05T09:00Z")
    messages = msgnb.tables.MESSAGES.frame(
        1, {"session": ["s"], "at": [at], "text": [EVIL], "sender": [EVIL], "direction": ["inbound"]}
    )
    return {
        "result": SendResult("blip", EVIL, "sent", error=EVIL, response=EVIL),
        "campaign": campaign,
        "plan": sms.plan_campaign(text, msgnb.recipients(people)),
        "transcript": messages.msg.conversation("s"),
        "error": msgnb.Rejected(EVIL, reason=EVIL),
        "invalid": msgnb.InvalidRequest.of(**{EVIL: EVIL}),
        "unknown": msgnb.OutcomeUnknown(EVIL, id=EVIL),
        "archive": msgnb.Archive(NAME),
        "chart": messages.rename(columns={"text": EVIL}).msg.plot.volume(),
        "journals": list(world.blip.campaigns.journals())
        if hasattr(world.blip.campaigns, "journals")
        else [],
        "content": msgnb.content.menu(EVIL, [EVIL]),
        "event": Event("netsapiens", EVIL, EVIL, EVIL, EVIL, at, value=EVIL, contact=EVIL),
        "clients": [world.blip, world.netsapiens, sms],
    }


def test_no_repr_or_text_of_msgnbs_own_passes_them_on(
    world: msgnb.testing.Offline, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results, campaigns, plans, transcripts, errors, archives, charts and contents."""
    monkeypatch.chdir(tmp_path)
    for name, each in own_things(world).items():
        assert (name, invisible(repr(each))) == (name, [])
        assert (name, invisible(str(each))) == (name, [])


def test_a_client_is_shown_with_escapes(world: msgnb.testing.Offline) -> None:
    """Its account is what the platform says, and its server what a profile says."""
    client = world.blip
    client.connection.http.base_url = f"https://{EVIL}"
    client.connection.http.source = EVIL
    assert invisible(repr(client), allowed="") == []
    assert invisible(repr(client.contacts), allowed="") == []


def test_live_events_are_shown_with_escapes(world: msgnb.testing.Offline) -> None:
    """A topic is what somebody subscribed to, and a value what somebody posted."""
    with world.netsapiens.listen("message") as live:
        live._topics = (EVIL,)
        assert invisible(repr(live), allowed="") == []


def test_progress_lines_are_shown_with_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A campaign's title is part of one."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress.progress_bar(EVIL, 2) as bar:
        bar.delay = 0
        bar.refresh()
    assert "a\\x1b[2Jb" in terminal.getvalue()
    assert invisible(terminal.getvalue().replace("\x1b[A", "").replace("\r", "")) == []


def test_the_command_line_shows_escapes(tmp_path: Any) -> None:
    """A file's name may hold anything."""
    done = click.testing.CliRunner().invoke(cli.app, ["cassettes", "check", str(tmp_path / NAME)])
    assert invisible(done.output) == []
    assert r"\u202e" in done.output
