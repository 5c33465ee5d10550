"""Attacks on masked tables: people in every column, spelling and label, and values that could merge."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

import msgnb
from msgnb import tables
from msgnb.core.secrets import Secret
from msgnb.tables.pseudonyms import Masker, is_pseudonym

KEY = "a long secret of ours"
READS: dict[str, Callable[[Any], pd.DataFrame]] = {
    "blip.history": lambda world: world.blip.history(),
    "blip.sessions": lambda world: world.blip.sessions(),
    "blip.contacts": lambda world: world.blip.contacts(),
    "blip.subscriptions": lambda world: world.blip.subscriptions(),
    "blip.campaigns": lambda world: world.blip.campaigns(),
    "blip.events": lambda world: world.blip.events(),
    "blip.tickets": lambda world: world.blip.tickets(),
    "netsapiens.history": lambda world: world.netsapiens.history(),
    "netsapiens.sessions": lambda world: world.netsapiens.sessions(),
    "netsapiens.contacts": lambda world: world.netsapiens.contacts(),
    "netsapiens.subscriptions": lambda world: world.netsapiens.subscriptions(),
    "netsapiens.numbers": lambda world: world.netsapiens.numbers(),
    "netsapiens.calls": lambda world: world.netsapiens.calls(),
    "smsdrop.history": lambda world: world.smsdrop.history(),
    "smsdrop.sessions": lambda world: world.smsdrop.sessions(),
    "smsdrop.contacts": lambda world: world.smsdrop.contacts(),
    "smsdrop.campaigns": lambda world: world.smsdrop.campaigns(),
    "recipients": lambda world: msgnb.recipients([each.phone for each in world.mocks.people]),
    "plan": lambda world: msgnb.Campaign(text="Hi", sender="Shop").plan(["+5511999998888"]).frame(),
}  # fmt: skip
"""Tables of the demo world, one of each kind."""


@pytest.fixture(scope="module")
def demo() -> Iterator[msgnb.testing.Offline]:
    with msgnb.offline(seed=7) as world:
        yield world


@pytest.fixture(scope="module")
def clients(demo: msgnb.testing.Offline) -> list[Any]:
    return [demo.blip, demo.netsapiens]


@pytest.mark.parametrize("name", READS)
def test_nobody_of_the_demo_world_survives(demo: Any, clients: list[Any], name: str) -> None:
    """No value of a column that holds people, in any column, and nobody's name or address in any cell."""
    frame = READS[name](demo)
    masked = frame.msg.mask(KEY, people=clients)
    shown = masked.to_csv()
    for person in demo.mocks.people:
        assert person.phone[1:] not in shown
        assert person.email not in shown
        assert person.name.casefold() not in shown.casefold()
    for column in frame.columns:
        role = tables.role_of(column, frame.columns)
        if role in {"address", "person"}:
            values = {address for cell in frame[column].dropna() for address in str(cell).split(",")}
            left = values & {address for cell in masked[column].dropna() for address in str(cell).split(",")}
            assert {
                value for value in left if not value.endswith("msging.net") or value[0].isdigit()
            } == set()


@pytest.mark.parametrize("name", READS)
def test_values_stay_as_many_as_they_were(demo: Any, clients: list[Any], name: str) -> None:
    """In every column that holds people or IDs, different values have different pseudonyms."""
    frame = READS[name](demo)
    masked = frame.msg.mask(KEY, people=clients)
    for column in masked.columns:
        if tables.role_of(column, frame.columns) in {"address", "person", "id"}:
            assert masked[column].nunique() == frame[column].nunique(), column


def test_joins_find_the_same_rows(demo: Any, clients: list[Any]) -> None:
    """Whatever two tables join on, they join on after masking, row by row."""
    frames = [read(demo) for read in READS.values()]
    masks = [frame.msg.mask(KEY) for frame in frames]
    pairs = 0
    for left, left_mask in zip(frames, masks, strict=True):
        for right, right_mask in zip(frames, masks, strict=True):
            for one in ("contact", "session", "sender", "recipient", "phone", "campaign", "agent"):
                for other in ("contact", "session", "recipient", "phone", "campaign"):
                    if one in left and other in right:
                        before = left[one].isin(right[other].dropna())
                        after = left_mask[one].isin(right_mask[other].dropna())
                        assert after.tolist() == before.tolist()
                        pairs += int(before.any())
    assert pairs > 20


@pytest.mark.parametrize(("code", "digits"), [("55", 11), ("1", 10), ("229", 10), ("34", 9), ("49", 11)])
def test_a_million_numbers_have_a_million_pseudonyms(code: str, digits: int) -> None:
    """200,000 numbers of each of five countries: none merge, and code and length stay."""
    masker, chance = Masker(KEY), random.Random(digits)
    numbers = {f"+{code}{chance.randrange(10**digits):0{digits}d}" for _ in range(200_000)}
    found = {masker.phone(number) for number in numbers}
    assert len(found) == len(numbers)
    assert {len(each) for each in found} == {1 + len(code) + digits}
    assert all(each.startswith(f"+{code}") for each in found)


@pytest.mark.parametrize("digits", [1, 2, 3, 4])
def test_all_short_numbers_change_and_none_merge(digits: int) -> None:
    """Extensions are few, so that one which is its own pseudonym would be met soon."""
    masker = Masker(KEY)
    numbers = [f"{number:0{digits}d}" for number in range(10**digits)]
    found = [masker.phone(number) for number in numbers]
    assert len(set(found)) == len(numbers)
    assert not [number for number, masked in zip(numbers, found, strict=True) if number == masked]


@pytest.mark.parametrize("reserved", [False, True])
def test_numbers_of_any_form_never_merge(reserved: bool) -> None:
    """With and without codes, zeros and signs, of every length: a permutation has no room for two."""
    masker, chance = Masker(KEY, reserved=reserved), random.Random(3)
    forms = ("", "0", "00", "+", "1", "55", "0055", "999", "210", "000")
    numbers = {
        chance.choice(forms) + "".join(chance.choices("0123456789", k=chance.randint(1, 13)))
        for _ in range(30_000)
    }
    found = {masker.phone(number) for number in numbers}
    already = sum(is_pseudonym(number) for number in numbers) if reserved else 0
    assert len(numbers) - len(found) <= already
    if reserved:
        assert all(is_pseudonym(each) and masker.phone(each) == each for each in found)


TEXTS = [
    "5511999998888", "+5511999998888", "+55 (11) 99999-8888", "55.11.99999.8888", "005511999998888",
    "(11) 99999-8888", "11999998888", "tel5511999998888x", "n_+5511999998888", "n_5511999998888",
    "５５１１９９９９９８８８８", "＋５５ 11 99999-8888", "55\u00a011\u00a099999\u200b8888",
    "٥٥١١٩٩٩٩٩٨٨٨٨", "55*11*99999*8888", "5 5 1 1 9 9 9 9 9 8 8 8 8", "wa.me/5511999998888",
    "https://wa.me/5511999998888?text=oi", "https://api.whatsapp.com/send?phone=5511999998888",
    "tel:+5511999998888", "2 pcs 5511999998888 2026-11-26", "5511999998888,5511999998888",
    "(5511999998888)", "cpf 52998224725", "cpf 529.982.247-25", "cnpj 11.222.333/0001-81",
    "12.ABC.345/01DE-35", "4111 1111 1111 1111", "4111-1111-1111-1111", "DE89 3704 0044 0532 0130 00",
    "mari@mail.com.br", "MARI@MAIL.COM.BR", "mari＠mail.com.br", "mari(at)mail.com.br",
    "mari arroba mail.com.br", "mari @ mail.com.br", "mari at mail dot com", '"mari x"@mail.com.br',
    "mari&bo@mail.com.br", "11 99999−8888", "（１１）９９９９９－８８８８", "1️⃣1️⃣9️⃣9️⃣9️⃣9️⃣9️⃣8️⃣8️⃣8️⃣8️⃣",
    "mailto:mari@mail.com.br?x=1",
    "<mari@mail.com.br>", "mari%40mail.com.br@tunnel.msging.net",
    "@mari.souza", "Mariane Souza", "MARIANE SOUZA", "mariane", "Mariâne", "souza, mariane", "Mariane_Souza",
    "mariane99", "marianesouza", "Souza's", "Dra. Mariane de Souza", "Li", "O'Neill", "o’neill", "Bo Li",
]  # fmt: skip
PEOPLE = pd.DataFrame(
    {"name": ["Mariane de Souza", "Bo Li", "Seán O'Neill"], "phone": ["+5511999998888"] * 3}
)
OTHER_SCRIPTS = {
    "Иван Петров": "Это Иван Петров", "王小明": "王小明你好", "さくら": "さくらちゃん", "김철수": "김철수씨",
    "محمد علي": "ومحمد قال", "דוד כהן": "שָׁלוֹם דָּוִד", "สมชาย": "คุณสมชาย", "प्रिया शर्मा": "प्रिया शर्मा जी",
    "সুমি দাস": "সুমি দাস", "முருகன்": "முருகன்", "Łukasz Nowak": "lukasz", "Jürgen Müller": "Mueller",
    "João Silva": "Joa\u0303o", "Joa\u0303o Lima": "João", "Nguyễn Văn An": "nguyen", "🌸🌸": "de 🌸🌸",
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_SCRIPTS)
def test_names_of_any_script_are_replaced(name: str) -> None:
    """With vowel signs or without, in either composition, with particles attached, and in a table itself."""
    text = OTHER_SCRIPTS[name]
    for masked in (
        pd.DataFrame({"text": [text]}).msg.mask(KEY, people=[name])["text"],
        pd.DataFrame({"name": [name], "text": [text]}).msg.mask(KEY)["text"],
    ):
        assert "Person " in masked.iloc[0]
        assert text not in masked.iloc[0]


URLS = [
    "https://x.com/u/5511999998888?next=https://y.com", "https://l.wl.co/l?u=https://y.com&name=AnaSilva",
    "https://x.com#5511999998888", "https://x.com?ana", "https://ana:pw@x.com/ana", "https://x.com\\ana",
]  # fmt: skip


@pytest.mark.parametrize("url", URLS)
def test_of_a_url_only_the_host_is_left(url: str) -> None:
    """Whatever follows the host, in a column of URLs and in a text."""
    masked = pd.DataFrame({"media_url": [url], "text": [f"see {url} ok"]}).msg.mask(KEY)
    for cell in masked.iloc[0]:
        assert not [each for each in ("5511", "ana", "Ana", "y.com", "pw") if each in cell], cell


def test_people_may_be_given_in_any_form() -> None:
    """A column, a list, one name, a table whose columns are named by `holds`, names in an index."""
    frame = pd.DataFrame({"text": ["João Silva called"]})
    named = pd.DataFrame({"nome": ["João Silva"], "x": [1]})
    for people, holds in (
        (["João Silva"], {}), ("João Silva", {}), (named["nome"], {}), (named, {"nome": "person"}),
        (named.rename(columns={"nome": "name"}).set_index("name"), {}), ([named["nome"], "Ana"], {}),
    ):  # fmt: skip
        assert frame.msg.mask(KEY, holds, people=people)["text"].iloc[0].startswith("Person ")
    with pytest.raises(msgnb.InvalidRequest, match="no column holds names"):
        frame.msg.mask(KEY, people=named)


def test_a_name_that_is_a_mark_is_not_looked_for() -> None:
    """A contact called "." would make texts unreadable."""
    people = pd.DataFrame({"name": [".", "?", "A", "-", "12"]})
    texts = ["Hi. It costs 10.50. Ok? A reunião é dia 5 - 12h"]
    assert pd.DataFrame({"text": texts}).msg.mask(KEY, people=people)["text"].tolist() == texts


SHOWN = (
    "999998888", "99999-8888", "99999.8888", "9999998", "99998888", "９９９９８", "٩٩٩٩٩",
    "529982", "529.982", "4111", "mari", "souza", "neill", " li", "3704", "abc.345", "222.333",
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_keeps_nobody(text: str) -> None:
    """A number, address, ID or name in any spelling is replaced, within other words and alone."""
    frame = pd.DataFrame({"text": [text, f"Oi, {text}. Obrigada!", f"({text})\n{text}"]})
    masked = frame.msg.mask(KEY, people=PEOPLE, region=["BR", "DE"])
    for cell in masked["text"]:
        assert not [part for part in SHOWN if part in f" {cell}".casefold()], cell


def test_a_number_in_a_text_is_the_one_in_a_column() -> None:
    """National and international spellings of a number have the digits of one pseudonym."""
    written = ["+5511999998888", "55 11 99999-8888", "(11) 99999-8888", "011 99999-8888"]
    frame = pd.DataFrame({"phone": ["+5511999998888"] * 4, "text": written})
    masked = frame.msg.mask(KEY)
    expected = masked["phone"].iloc[0][3:]
    for cell in masked["text"]:
        digits = "".join(mark for mark in cell if mark.isdecimal())
        assert digits.endswith(expected), cell


def test_ordinary_texts_stay() -> None:
    """Prices, times, dates, codes and words that are nobody's name are what a table is read for."""
    texts = [
        "Am Sonntag von 2 bis 5", "R$ 1.234,56", "10:30 on 2026-11-26", "26/11/2026", "code 839286",
        "R$ 1.250.000,00", "1.000.000 views", "2025-2026", "12/2026 - 03/2027", "14.00-15.30",
        "Was kostet das?", "de nada, e você?", "12 x 3 = 36", "50% off!", "a@", "@ 10h", "",
    ]  # fmt: skip
    masked = pd.DataFrame({"text": texts}).msg.mask(KEY, people=PEOPLE, region="BR")
    assert masked["text"].tolist() == texts


def hostile_frames() -> dict[str, pd.DataFrame]:
    """Tables in which people are where no column says so."""
    base = pd.DataFrame(
        {
            "name": ["Mariane de Souza", "Bo Li"],
            "contact": ["+5511999998888", "+5511999990000"],
            "count": [1, 2],
        }
    )
    named = base.rename_axis("Mariane de Souza")
    unused = pd.Categorical(["inbound"] * 2, categories=["inbound", "Mariane de Souza"])
    return {
        "dummies of names": pd.get_dummies(base, columns=["name"]),
        "dummies of numbers": pd.get_dummies(base, columns=["contact"], prefix="n"),
        "unnamed pivot": base.pivot_table(columns="name", values="count").rename_axis(columns=None),
        "pivot of numbers": base.pivot_table(columns="contact", values="count").rename_axis(columns=None),
        "name of the index": named,
        "name of the columns": base.rename_axis(columns="+5511999998888"),
        "suffixes": base.merge(base, on="count", suffixes=("_x", "_y")),
        "another case": base.rename(columns=str.upper),
        "name in the index": base.set_index("name"),
        "levels": base.set_index(["name", "contact"]).unstack(),
        "status": pd.DataFrame({"status": ["Mariane de Souza called", "5511999998888"]}),
        "topic": pd.DataFrame({"topic": ["mari@mail.com.br"], "platform": ["mariane"]}),
        "unused categories": base.assign(direction=unused)[["direction", "count"]],
        "transposed": base.set_index("name").T,
        "amounts of another name": pd.DataFrame({"recipients": [5511999998888], "errors": [11144477735]}),
        "row labels": pd.DataFrame({"x": [1]}, index=[5511999998888]),
        "a tuple as name": pd.DataFrame({"x": [1]}, index=pd.Index([1], name=("Mariane", 5511999998888))),
        "amounts": pd.DataFrame({"number": [5511999998888], "phone": [5511999998888]}),
        "bytes and lists": pd.DataFrame({"x": [b"Mariane"], "y": [["Mariane", "5511999998888"]]}),
        "a dict of it": pd.DataFrame({"text": [{"from": "Mariane", "phone": "5511999998888"}]}),
        "periods": pd.DataFrame({"at": ["Mariane"], "last_at": ["2026-01-01"]}),
        "intervals": pd.DataFrame({"contact": pd.interval_range(5511999998888, periods=1)}),
    }


@pytest.mark.parametrize("name", hostile_frames())
def test_people_outside_of_their_columns_are_masked(name: str) -> None:
    """Labels, names of axes, categories that nobody has, other spellings of a column, nested values."""
    masked = hostile_frames()[name].msg.mask(KEY, people=PEOPLE)
    parts = [masked.to_csv(), repr(masked.columns), repr(masked.index), str(masked.index.names)]
    parts += [str(masked[each].dtype) for each in masked if not isinstance(masked[each], pd.DataFrame)]
    parts += [str(getattr(masked[each].dtype, "categories", "")) for each in masked.columns]
    shown = " ".join(parts).casefold()
    assert not [part for part in ("mariane", "souza", "999998888", "mari@", "bo li") if part in shown], shown


def test_a_weak_key_is_told_before_anything_is_read() -> None:
    """Also one in a `Secret`; the error shows nothing of it."""
    with pytest.raises(msgnb.InvalidRequest, match="can be guessed"):
        pd.DataFrame({"text": ["x"]}).msg.mask(Secret("password1"))


def test_findings_tell_what_would_be_replaced() -> None:
    """By column and kind, with samples; nothing is found in a masked table but pseudonyms."""
    frame = tables.MESSAGES.frame(
        3,
        {
            "platform": "blip",
            "session": ["5511999998888@wa.gw.msging.net"] * 3,
            "text": ["Sou a Mariane, (11) 99999-8888", "cpf 529.982.247-25", "ok"],
        },
    )
    found = frame.msg.findings(people=PEOPLE).set_index(["column", "kind"])
    assert found.loc[("text", "phone"), "samples"] == "(11) 99999-8888"
    assert found.loc[("text", "name"), ["cells", "distinct", "samples"]].tolist() == [1, 1, "Mariane"]
    assert found.loc[("text", "cpf"), "cells"] == 1
    assert found.loc[("session", "address"), ["cells", "distinct"]].tolist() == [3, 1]
    assert ("direction", "stays") in found.index


def test_a_campaign_refuses_pseudonyms() -> None:
    """A pseudonym may be a stranger's number."""
    masked = pd.DataFrame({"phone": ["+5511999998888"]}).msg.mask(KEY)
    with pytest.raises(msgnb.InvalidRequest, match="masked"):
        msgnb.recipients(masked)
