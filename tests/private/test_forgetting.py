"""Attacks on forgetting: every spelling, groups, texts, killed syncs, journals, and what comes later."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import sys
import threading
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

import msgnb
from msgnb import tables
from msgnb.core import block_list
from msgnb.core.addresses import canonical_address
from msgnb.core.block_list import key_path, user_block_list
from msgnb.core.private_files import state_folder
from msgnb.tables.mentions import ForgottenPeople, KnownPerson

PHONE = "+5511999998888"
OTHER = "+5521988887777"
SPELLINGS = [
    "+5511999998888", "5511999998888", "005511999998888", "+55 (11) 99999-8888", "tel:+55-11-99999-8888",
    "5511999998888@wa.gw.msging.net", "5511999998888@WA.GW.MSGING.NET/phone", "+551199998888", "551199998888",
    "５５１１９９９９９８８８８", "+55 011 99999-8888", "tel:+55-11-99999-8888;ext=5",
    "+5511999998888@pbx.example",
    "sip:+5511999998888@pbx.example", "5511999998888@tunnel.msging.net", "5511999998888@s.whatsapp.net",
    "Mari <+5511999998888>", "5511999998888-1612345678@g.us",
]  # fmt: skip


@pytest.fixture
def archive(tmp_path: Path) -> msgnb.Archive:
    return msgnb.Archive(tmp_path / "history")


def store(archive: msgnb.Archive, rows: list[dict[str, Any]], account: str = "bot@msging.net") -> None:
    """Put messages into an archive as a sync stages them."""
    values: dict[str, Any] = {
        name: [row.get(name) for row in rows] for name in tables.MESSAGES.names if name in {*rows[0], "text"}
    }
    values |= {"message": [f"m{number}" for number in range(len(rows))], "direction": "inbound"}
    values |= {"platform": "blip", "account": account, "at": ["2026-10-01T09:00:00Z"] * len(rows)}
    frame = tables.MESSAGES.frame(len(rows), values)
    with archive._files.lock():
        archive._files.stage("blip", account, frame)


def everything(folder: Path) -> str:
    """All that is in a folder: names, and contents of files, with the cells of Parquet files."""
    found = []
    for path in folder.rglob("*"):
        found.append(str(path.relative_to(folder)))
        if path.suffix == ".parquet":
            found.append(pd.read_parquet(path).to_csv())
            found.append(path.read_bytes().decode("latin-1"))
        elif path.is_file():
            found.append(path.read_bytes().decode("latin-1"))
    return "\n".join(found)


def removed(report: pd.DataFrame, kind: str) -> int:
    return int(report.loc[report["removed"] == kind, "count"].sum())


def is_left(text: str) -> bool:
    """Whether the number is in a text, with or without its code and its ninth digit."""
    digits = re.sub(r"[^0-9]", "", text.translate({0xFF10 + digit: str(digit) for digit in range(10)}))
    return "1199999888" in digits


@pytest.mark.parametrize("stored", SPELLINGS)
@pytest.mark.parametrize("said", [SPELLINGS[0], SPELLINGS[5], SPELLINGS[8]])
def test_every_spelling_is_one_person(archive: msgnb.Archive, stored: str, said: str) -> None:
    """However somebody is stored and named, their messages go, and only theirs."""
    rows = [{"session": stored, "sender": stored, "recipient": "bot@msging.net", "text": "hello"}]
    rows += [{"session": OTHER, "sender": OTHER, "recipient": "bot@msging.net", "text": "hi"}]
    store(archive, rows)
    report = archive.forget(said)
    assert removed(report, "messages") == 1
    assert archive.messages()["session"].tolist() == [OTHER]


MENTIONS = [
    "call +5511999998888", "(11) 99999-8888", "11999998888", "wa.me/5511999998888", "55 11 9999-8888",
    "５５１１９９９９９８８８８", "5511\u200b99999\u200b8888", "5511999998888@wa.gw.msging.net",
    "n_5511999998888",
    "0 11 99999 8888", "0 15 11 99999-8888", "11 99999−8888", "（１１）９９９９９－８８８８", "11,99999,8888",
    "11\n99999\n8888", "1️⃣1️⃣9️⃣9️⃣9️⃣9️⃣9️⃣8️⃣8️⃣8️⃣8️⃣", "5 5 1 1 9 9 9 9 9 8 8 8 8",
]  # fmt: skip


@pytest.mark.parametrize("text", MENTIONS)
def test_texts_of_others_lose_the_address(archive: msgnb.Archive, text: str) -> None:
    """The message stays, with all that is not the address."""
    row = {"session": OTHER, "sender": OTHER, "text": f"before {text} after", "error": text}
    store(archive, [row | {"campaign": "c1", "media_url": f"https://x.example/{text}"}])
    report = archive.forget(PHONE)
    assert (removed(report, "messages"), removed(report, "texts")) == (0, 1)
    (left,) = archive.messages()["text"]
    assert left.startswith("before ")
    assert left.endswith(" after")
    assert "[removed]" in left
    assert not is_left(everything(Path(archive.path)))


@pytest.mark.parametrize("text", ["5511999998889", "order 99999888", "15511999998888", "119999988881"])
def test_other_numbers_stay(archive: msgnb.Archive, text: str) -> None:
    """A number that contains a part of it, or that it is a part of, is another one."""
    store(archive, [{"session": OTHER, "sender": OTHER, "text": text}])
    with pytest.warns(UserWarning, match="nothing of"):
        archive.forget(PHONE)
    assert archive.messages()["text"].tolist() == [text]


def test_a_group_keeps_its_other_members(archive: msgnb.Archive) -> None:
    """What others said stays without the address; what the person said goes."""
    group = "1001@pbx.example, 1002@PBX.example,1003@pbx.example"
    rows = [
        {"session": "g1", "sender": "1001@pbx.example", "recipient": group, "text": "to all"},
        {"session": "g1", "sender": "1002@pbx.example", "recipient": group, "text": "mine"},
        {"session": "g2", "sender": "1001@pbx.example", "recipient": "1002@pbx.example", "text": "to one"},
    ]
    store(archive, rows)
    report = archive.forget("1002@pbx.example")
    assert (removed(report, "messages"), removed(report, "addresses")) == (2, 1)
    (row,) = archive.messages().to_dict("records")
    assert (row["text"], row["recipient"]) == ("to all", "1001@pbx.example,1003@pbx.example")


def test_two_sessions_stay_two(archive: msgnb.Archive) -> None:
    """A group that loses a member is not taken for the conversation with the other one."""
    rows = [
        {"session": "a@p.x,b@p.x", "sender": "a@p.x", "text": "in the group"},
        {"session": "a@p.x", "sender": "a@p.x", "text": "alone"},
    ]
    store(archive, rows)
    archive.forget("b@p.x")
    assert archive.verify() == []
    archive.compact()
    assert sorted(archive.messages()["text"]) == ["alone", "in the group"]
    assert "b@p.x" not in everything(Path(archive.path))


@pytest.mark.parametrize("who", ["+44 (0)7911 123456", "+49 (0)151 23456789", "07911 123456"])
def test_a_number_as_it_is_written_in_its_country(world: msgnb.testing.Offline, who: str) -> None:
    """The zero that is dialled within a country is left out; without any country the number is refused."""
    if not who.startswith("+"):
        with pytest.raises(msgnb.InvalidRequest, match="has no country code"):
            msgnb.forget(who)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        msgnb.forget(who, region="GB")
    listed = ["+447911123456", "+4915123456789", "+5511987654321"]
    plan = msgnb.Campaign(text="Hi", sender="Shop").plan(listed)
    assert (plan.frame()["reason"].str.contains("forgotten")).sum() == 1


def test_national_spellings_stay_forgotten(archive: msgnb.Archive) -> None:
    """A later sync brings numbers without a country code, in cells, texts and URLs."""
    user_block_list().add("+16195550102")
    user_block_list().add("+447911123456")
    people = ForgottenPeople(user_block_list().load())
    for cell in ("6195550102", "07911123456", "7911 123456", "1619-555-0102"):
        assert people.clean_addresses(cell) is None, cell
    text = "(619) 555-0102, https://wa.me/16195550102?text=order%20123 https://x.com/2026/447911123456.jpg"
    cleaned = people.clean_text(text)
    assert not [each for each in ("555-0102", "6195550102", "7911123456") if each in cleaned]
    assert cleaned.count("[removed]") == 3


@pytest.mark.usefixtures("campaign")
@pytest.mark.parametrize("damage", ["mark", "tail", "draft", "folder", "suffix"])
def test_damaged_journals_keep_nobody(world: msgnb.testing.Offline, damage: str) -> None:
    """Whatever a kill, a disk or a user made of them; one odd entry does not keep the others."""
    folder = world.smsdrop.connection.journals_folder()
    (path,) = folder.glob("*.jsonl")
    content = path.read_bytes()
    if damage == "mark":
        path.write_bytes(content[:30] + b"X" + content[31:])
    elif damage == "tail":
        path.write_bytes(content + b'{"begin":"k9","text":"Hi","to":["+5511999998888')
    elif damage == "draft":
        (folder / ".msgnb-1.new").write_bytes(content)
    elif damage == "folder":
        (folder / "a.jsonl").mkdir()
        (folder / "b.jsonl").symlink_to(folder / "nowhere")
    else:
        path.rename(folder / "spring.log")
    msgnb.forget(PHONE, journals=folder)
    assert not is_left(everything(folder))


@pytest.mark.parametrize(
    "named", [{"text": "Your order", "title": "Order of 5511999998888"}, {"text": "Call +55 11 99999-8888"}]
)
def test_a_campaign_that_names_the_person_is_still_known(
    world: msgnb.testing.Offline, named: dict[str, str]
) -> None:
    """Its title or text, and the file's name, lose the address; nobody gets it again."""
    campaign = msgnb.Campaign(sender="Shop", **named)
    world.smsdrop.send_campaign(campaign, [OTHER])
    folder = world.smsdrop.connection.journals_folder()
    msgnb.forget(PHONE, journals=folder)
    assert not is_left(everything(folder))
    with pytest.warns(UserWarning, match="no recipients are left"):
        again = world.smsdrop.send_campaign(campaign, [OTHER])
    assert again["state"].tolist() == ["sent"]


def test_a_damaged_file_of_an_archive_is_named_last(archive: msgnb.Archive) -> None:
    """Everything else was searched then."""
    store(archive, [{"session": PHONE, "sender": PHONE, "text": "x"}])
    archive.compact()
    (file,) = Path(archive.path).rglob("messages.parquet")
    broken = file.parents[1] / "month=2025-01" / file.name
    broken.parent.mkdir()
    broken.write_bytes(file.read_bytes()[:50])
    with pytest.raises(msgnb.MsgnbError, match=r"month=2025-01.* can't be read"):
        archive.forget(PHONE)
    assert not is_left(pd.read_parquet(file).to_csv())


def test_a_mistyped_archive_is_refused(tmp_path: Path) -> None:
    """It is not made either."""
    with pytest.raises(msgnb.InvalidRequest, match="there is no archive"):
        msgnb.forget(PHONE, archives=tmp_path / "hisotry")
    assert list(tmp_path.iterdir()) == []


def test_what_was_sent_before_stays_known(world: msgnb.testing.Offline, campaign: msgnb.Campaign) -> None:
    """Whoever was forgotten and has come back does not get the same campaign again."""
    msgnb.forget(PHONE, journals=world.smsdrop.connection.journals_folder())
    msgnb.unforget(PHONE)
    people = pd.DataFrame({"phone": [PHONE, OTHER], "name": ["Mariane", "Bo"]})
    with pytest.warns(UserWarning, match="no recipients are left"):
        again = world.smsdrop.send_campaign(campaign, people)
    assert again["state"].tolist() == ["sent", "sent"]


SENDS: dict[str, Any] = {
    "blip": lambda world: world.blip.send_text(SPELLINGS[5], "x"),
    "blip later": lambda world: world.blip.send_text(SPELLINGS[6], "x", at=timedelta(hours=1)),
    "netsapiens": lambda world: world.netsapiens.send_text(PHONE[1:], "x", sender="16195550101"),
    "netsapiens group": lambda world: world.netsapiens.send_text([OTHER, PHONE], "x", sender="16195550101"),
    "smsdrop": lambda world: world.smsdrop.send_text(PHONE, "x", sender="Shop"),
    "smsdrop verb": lambda world: world.smsdrop.send_message("x", "Shop", "+551199998888"),
}


@pytest.mark.parametrize("send", SENDS)
def test_nothing_is_sent_to_one_person_either(world: msgnb.testing.Offline, send: str) -> None:
    """The verbs that send to one person refuse, and no request is made; afterwards they send."""
    user_block_list().add(PHONE)
    with pytest.raises(msgnb.InvalidRequest, match="was forgotten"):
        SENDS[send](world)
    assert not [entry for entry in world.journal if is_left(str(entry))]
    msgnb.unforget(PHONE)
    SENDS[send](world)


def test_a_mistake_is_undone(world: msgnb.testing.Offline) -> None:
    """Somebody else's number was typed."""
    with pytest.warns(UserWarning, match="nothing of"):
        msgnb.forget(OTHER)
    campaign = msgnb.Campaign(text="Hi", sender="Shop")
    assert not campaign.plan([OTHER, PHONE]).frame()["reason"].isna().all()
    msgnb.unforget(OTHER)
    assert campaign.plan([OTHER, PHONE]).frame()["reason"].isna().all()


PAIRS = [
    ("+541123456789", "+5491123456789"), ("+22507123456", "+2250707123456"),
    ("+84323456789", "+841623456789"),
    ("+525512345678", "+5215512345678"), ("+551188887777", "+5511988887777"),
    ("+22963588213", "+2290163588213"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_renumbered_line_is_one_recipient(one: str, other: str) -> None:
    """In Argentina, Ivory Coast, Vietnam, Mexico, Brazil and Benin."""
    plan = msgnb.Campaign(text="Hi", sender="Shop").plan([one, other]).frame()
    assert plan["reason"].fillna("").str.contains("duplicate").tolist() == [False, True]


def test_nothing_found_is_said_with_what_is_close(archive: msgnb.Archive) -> None:
    """A user without a domain, and a digit that is wrong."""
    store(archive, [{"session": "g1", "sender": "1002@pbx.example", "recipient": PHONE}])
    with pytest.warns(UserWarning, match=r"nothing of 1002 .* did you mean 1002@pbx\.example"):
        assert archive.forget("1002").empty
    with pytest.warns(UserWarning, match=r"did you mean \+5511999998888"):
        archive.forget("+5511999998880")
    with pytest.raises(msgnb.InvalidRequest, match="who: is empty"):
        archive.forget(" ")


@pytest.mark.parametrize("platform", ["blip", "netsapiens", "smsdrop"])
def test_nobody_comes_back(world: msgnb.testing.Offline, archive: msgnb.Archive, platform: str) -> None:
    """On three platforms: the busiest person goes from everything, and further syncs leave them out."""
    client = getattr(world, platform)
    archive.sync(client)
    whole = archive.messages()
    addresses = pd.concat([whole["sender"], whole["recipient"]]).value_counts()
    who = next(each for each in addresses.index if re.match(r"\+?(1212|55)\d{9,}", each))
    number = canonical_address(who)
    report = archive.forget(number)
    assert removed(report, "messages") > 0
    assert not is_number_left(archive, number)
    senders = {"netsapiens": {"sender": "16195550101"}, "smsdrop": {"sender": "Shop"}}
    client.send_text(who, "one more", **senders.get(platform, {}))
    world.clock.advance(hours=2)
    archive.sync(client)
    assert not is_number_left(archive, number)
    assert archive.messages(text="one more").empty


def is_number_left(archive: msgnb.Archive, number: str) -> bool:
    return number.removeprefix("+") in everything(Path(archive.path))


def test_a_killed_sync_leaves_nothing(
    tmp_path: Path, archive: msgnb.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a kill in the middle, forgetting leaves no byte in staged or temporary files anywhere."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with msgnb.testing.serve(seed=7) as served:
        who = served.blip.sessions()["session"].iloc[0]
        login = served.credentials["blip"]
        worker = Path(__file__).parents[1] / "support" / "archive_worker.py"
        command = [sys.executable, str(worker), archive.path, json.dumps(login)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        kill_when_staged(process, Path(archive.path))
        archive.forget(who)
    digits = who.partition("@")[0]
    for folder in (Path(archive.path), temporary, state_folder()):
        assert digits not in everything(folder)


def kill_when_staged(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Kill a sync as soon as a part of it is on the disk."""
    done = threading.Event()

    def wait() -> None:
        process.wait()
        done.set()

    threading.Thread(target=wait, daemon=True).start()
    while not done.is_set() and not list(folder.glob("staged/*/*/*.parquet")):
        done.wait(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout
    process.stdout.close()


@pytest.fixture
def campaign(world: msgnb.testing.Offline) -> msgnb.Campaign:
    campaign = msgnb.Campaign(text="Hi {name}, call +55 11 99999-8888", sender="Shop", title="spring")
    people = pd.DataFrame({"phone": [PHONE, "+22963588213", OTHER], "name": ["Mariane", "Ana", "Bo"]})
    world.smsdrop.send_campaign(campaign, people)
    return campaign


@pytest.mark.usefixtures("campaign")
def test_journals_keep_a_hash(world: msgnb.testing.Offline) -> None:
    """The address, the text that only they got, and mentions go; that somebody was sent to stays."""
    folder = world.smsdrop.connection.journals_folder()
    assert is_left(everything(folder))
    report = msgnb.forget(SPELLINGS[5], journals=folder)
    assert removed(report, "journal entries") > 0
    left = everything(folder)
    assert not is_left(left)
    assert "Mariane" not in left
    assert "forgotten:" in left


def test_whoever_is_forgotten_is_never_sent_to_again(
    world: msgnb.testing.Offline, campaign: msgnb.Campaign
) -> None:
    """In the same campaign and in others, in any spelling; the others' outcomes stay."""
    msgnb.forget(PHONE, journals=world.smsdrop.connection.journals_folder())
    world.journal.clear()
    with pytest.warns(UserWarning, match="no recipients are left"):
        again = world.smsdrop.send_campaign(
            campaign,
            pd.DataFrame({"phone": [PHONE, "+2290163588213", OTHER], "name": ["Mariane", "Ana", "Bo"]}),
        )
    assert again["state"].tolist() == ["skipped", "sent", "sent"]
    assert again["error_code"].tolist()[0] == "forgotten"
    other = msgnb.Campaign(text="New", sender="Shop", title="summer")
    outcomes = world.smsdrop.send_campaign(other, ["551199998888", "+22963588213"])
    assert outcomes["state"].tolist() == ["skipped", "sent"]
    assert outcomes.msg.failed().empty
    assert not [entry for entry in world.journal if is_left(str(entry))]


def test_a_person_of_two_numbering_plans_is_sent_to_once(world: msgnb.testing.Offline) -> None:
    """Old and new numbers of one line: in one list, and in a later run with the other one."""
    campaign = msgnb.Campaign(text="Hi", sender="Shop", title="once")
    first = world.smsdrop.send_campaign(campaign, ["+22963588213", "+2290163588213"])
    assert first["error_code"].tolist()[1] == "duplicate"
    with pytest.warns(UserWarning, match="no recipients are left"):
        second = world.smsdrop.send_campaign(campaign, ["+2290163588213"])
    assert second["state"].tolist() == ["sent"]


def test_the_hashes_are_useless_without_their_key(archive: msgnb.Archive) -> None:
    """The key is elsewhere; without it the list is an error, and not an empty list."""
    store(archive, [{"session": PHONE, "sender": PHONE, "text": "x"}])
    msgnb.forget(PHONE, archives=archive)
    key = key_path()
    assert not key.is_relative_to(state_folder())
    assert key.read_text() not in everything(Path(archive.path)) + everything(state_folder())
    moved = key.with_name("moved")
    key.rename(moved)
    block_list._load_key.cache_clear()
    with pytest.raises(msgnb.SettingsError, match="forgotten people are listed with another key"):
        archive.forget(OTHER)
    with pytest.raises(msgnb.SettingsError, match="forgotten people are listed with another key"):
        msgnb.Campaign(text="Hi", sender="Shop").plan([OTHER])
    moved.replace(key)
    block_list._load_key.cache_clear()
    assert archive.messages().empty


def test_later_texts_lose_forgotten_addresses(archive: msgnb.Archive) -> None:
    """What a later sync brings is searched for the hashes of everybody who was forgotten."""
    user_block_list().add(PHONE)
    people = ForgottenPeople(user_block_list().load())
    assert not is_left(people.clean_text("call +55 11 99999-8888, or 5511999998888@wa.gw.msging.net"))
    assert people.clean_text("call +5521988887777") == "call +5521988887777"
    assert people.clean_addresses(f"{OTHER},{PHONE}") == OTHER
    assert people.clean_addresses(PHONE) is None


def test_a_list_of_an_earlier_version_gets_a_key(
    world: msgnb.testing.Offline, archive: msgnb.Archive
) -> None:
    """Hashes without a key are replaced by keyed ones, and whoever was forgotten then stays so."""
    who = world.blip.sessions()["session"].iloc[0]
    state = Path(archive.path) / "state"
    state.mkdir(parents=True)
    digest = hashlib.sha256(who.encode()).hexdigest()
    (state / "forgotten.json").write_text(json.dumps([digest]))
    archive.sync(world.blip)
    assert archive.messages(contact=who).empty
    assert not archive.messages().empty
    assert digest not in everything(Path(archive.path))


def test_email_addresses_are_found_in_any_case() -> None:
    """In cells and texts, and as the name of an identity."""
    person = KnownPerson("Mari@Mail.com")
    assert person.is_meant("MARI@mail.com")
    assert person.is_meant("mari%40mail.com@tunnel.msging.net")
    assert person.clean_text("to MARI@MAIL.COM, or xmari@mail.com") == "to [removed], or xmari@mail.com"


def test_the_archive_is_whole_afterwards(world: msgnb.testing.Offline, archive: msgnb.Archive) -> None:
    """No row is lost or doubled but those of the person, and other columns are as they were."""
    archive.sync(world.blip)
    whole = archive.messages()
    who = whole["session"].iloc[0]
    archive.forget(who)
    kept = whole[whole["session"] != who].reset_index(drop=True)
    pd.testing.assert_frame_equal(archive.messages(), kept)
    assert archive.verify() == []
    months = f"{archive.path}/messages/*/*/*/messages.parquet"
    assert duckdb.sql(f"select count(*) from read_parquet('{months}')").fetchall() == [(len(kept),)]
