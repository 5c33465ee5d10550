"""SMS numbers, contacts and active calls."""

from __future__ import annotations

from typing import Any

import pytest

OWN = "/domains/~/users/~"
ACCEPTED = (202, {"code": 202, "message": "Accepted"})
CALL = {"synchronous": "no", "call-id": "abc", "call-term-user": "16195551111"}


def test_numbers_are_listed_by_user_and_domain(pbx: Any) -> None:
    """A user's numbers are among the domain's."""
    own = pbx.get(f"{OWN}/smsnumbers")
    assert [row for row in pbx.get("/domains/~/smsnumbers") if row["dest"] == "1001"] == own
    assert pbx.get(f"{OWN}/smsnumbers/count") == {"total": len(own)}


def test_numbers_are_filtered(pbx: Any) -> None:
    """The domain's numbers can be asked for by their user."""
    assert [row["dest"] for row in pbx.get("/domains/~/smsnumbers", dest="1002")] == ["1002"]


def test_a_number_lives_and_goes(pbx: Any) -> None:
    """A number is added, given to another user and deleted."""
    path = "/domains/~/smsnumbers"
    new = {"number": "18586451230", "application": "user", "dest": "1001"}
    assert pbx.send("POST", path, new) == (202, {"domain": "harbor.example", **new})
    assert pbx.send("POST", path, new)[0] == 409
    assert pbx.send("PUT", f"{path}/18586451230", {"application": "user", "dest": "1008"}) == ACCEPTED
    assert pbx.get("/domains/~/users/1008/smsnumbers")[0]["number"] == "18586451230"
    assert pbx.send("DELETE", f"{path}/18586451230") == ACCEPTED
    assert pbx.send("DELETE", f"{path}/18586451230")[0] == 404


@pytest.mark.parametrize(
    "change", [{"number": "x"}, {"application": "fax"}, {"dest": "1999"}, {"number": None}]
)
def test_a_bad_number_is_refused(pbx: Any, change: Any) -> None:
    """A number needs digits, an application and a user that is there."""
    new = {"number": "18586451230", "application": "user", "dest": "1001"}
    assert pbx.send("POST", "/domains/~/smsnumbers", {**new, **change})[0] == 400


def test_a_contact_lives_and_goes(pbx: Any) -> None:
    """A user's contact is added, read, changed and deleted."""
    path = f"{OWN}/contacts"
    before = pbx.get(f"{path}/count")["total"]
    status, row = pbx.send("POST", path, {"name-first-name": "José"})
    assert (status, pbx.get(f"{path}/count")["total"]) == (200, before + 1)
    assert pbx.send("PUT", f"{path}/{row['unique-id']}", {"company": "Ação"}) == ACCEPTED
    assert pbx.get(f"{path}/{row['unique-id']}") == {**row, "company": "Ação"}
    assert pbx.send("DELETE", f"{path}/{row['unique-id']}") == ACCEPTED
    assert pbx.send("GET", f"{path}/{row['unique-id']}")[0] == 404


def test_a_shared_contact_lives_and_goes(pbx: Any) -> None:
    """A shared contact is read as a list and answered when it is changed."""
    path = "/domains/~/contacts"
    _, row = pbx.send("POST", path, {"name-first-name": "José"})
    changed = {**row, "company": "Ação"}
    assert pbx.send("PUT", f"{path}/{row['unique-id']}", {"company": "Ação"}) == (200, changed)
    assert pbx.get(f"{path}/{row['unique-id']}") == [changed]
    assert pbx.send("DELETE", f"{path}/{row['unique-id']}") == ACCEPTED
    assert pbx.get(f"{path}/count") == {"total": len(pbx.get(path))}


def test_the_domains_users_may_be_listed_with_contacts(pbx: Any) -> None:
    """Rows of the directory carry `uid` in place of `unique-id`."""
    rows = pbx.get(f"{OWN}/contacts", includeDomain="yes")
    assert len([row for row in rows if "uid" in row and "unique-id" not in row]) == 8


def test_a_contact_needs_something(pbx: Any) -> None:
    """An empty contact is refused."""
    assert pbx.send("POST", f"{OWN}/contacts", {})[0] == 400


def test_calls_are_listed_and_counted(pbx: Any) -> None:
    """The domain's calls are listed and counted."""
    assert pbx.get("/domains/~/calls/count") == {"total": len(pbx.get("/domains/~/calls"))}
    assert pbx.get(f"{OWN}/calls/count") == {"total": len(pbx.get(f"{OWN}/calls"))} == {"total": 2}


def test_a_call_is_made_and_ended(pbx: Any) -> None:
    """A call rings after it was asked for, and is gone when it was ended."""
    assert pbx.send("POST", f"{OWN}/calls", CALL) == ACCEPTED
    assert pbx.get(f"{OWN}/calls/abc")["term-orig-info"] == "alerting"
    assert pbx.send("DELETE", f"{OWN}/calls/abc")[0] == 200
    assert pbx.send("GET", f"{OWN}/calls/abc")[0] == 404


def test_a_synchronous_call_is_answered_with_itself(pbx: Any) -> None:
    """With `synchronous` the call is answered at once."""
    status, row = pbx.send("POST", f"{OWN}/calls", {**CALL, "synchronous": "yes"})
    assert status == 200
    assert pbx.get(f"{OWN}/calls/abc") == row


@pytest.mark.parametrize("key", ["call-id", "call-term-user"])
def test_a_call_needs_an_id_and_a_number(pbx: Any, key: Any) -> None:
    """A call without its id or the number to ring is refused."""
    assert pbx.send("POST", f"{OWN}/calls", {**CALL, key: None})[0] == 400
