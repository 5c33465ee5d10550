"""Event subscriptions."""

from __future__ import annotations

from typing import Any

import pytest

HOOK = {"model": "message", "post-url": "https://hooks.example/in", "domain": "harbor.example"}
EXPIRES = "subscription-expires-datetime"
ACCEPTED = (202, {"code": 202, "message": "Accepted"})


def create(pbx: Any, **changes: Any) -> Any:
    status, body = pbx.send("POST", "/subscriptions", {**HOOK, **changes})
    assert status == 200, body
    return body


def one(pbx: Any, row: Any) -> Any:
    return pbx.get(f"/subscriptions/{row['id']}")


def test_seeded_ones_are_in_every_status(pbx: Any) -> None:
    """Five subscriptions are there: pending, active, failing and one past its expiry."""
    rows = pbx.get("/subscriptions")
    assert len(rows) == 5
    assert {row["status"] for row in rows} == {"pending", "active", "error"}
    assert [row[EXPIRES] < "2026-11-02" for row in rows].count(True) == 1


def test_the_list_is_paged(pbx: Any) -> None:
    """Start and limit are honoured."""
    assert pbx.get("/subscriptions", start=3, limit=1) == pbx.get("/subscriptions")[3:4]


def test_a_new_one_is_pending(pbx: Any) -> None:
    """A new subscription waits for its first post."""
    row = create(pbx)
    assert (row["status"], row["current-active-server"], row["posts-count"]) == ("pending", "", 0)
    assert one(pbx, row) == row


def test_it_expires_with_the_token(pbx: Any) -> None:
    """Without an expiry a subscription ends with the token that made it."""
    row = create(pbx)
    assert row["subscription-creation-datetime"][:13] == "2026-11-02 12"
    assert row[EXPIRES][:13] == "2026-11-02 13"


def test_an_expiry_is_stored_as_given(pbx: Any) -> None:
    """An expiry that is given is kept, whatever the token's."""
    assert create(pbx, **{EXPIRES: "2030-01-02 03:04:05"})[EXPIRES] == "2030-01-02 03:04:05"


@pytest.mark.parametrize("quirks", [(), ("live-geo-default",)])
def test_geo_support_has_two_defaults(make: Any, quirks: Any) -> None:
    """Geo support is on by the documentation and off on live servers."""
    assert create(make(*quirks))["subscription-geo-support"] == ("no" if quirks else "yes")


def test_the_same_set_is_a_conflict(pbx: Any) -> None:
    """The same model, URL, reseller, domain and user can't be subscribed twice."""
    create(pbx)
    assert pbx.send("POST", "/subscriptions", HOOK) == (
        409,
        {"message": "Subscription ID already Exists or matching set of parameters already exists"},
    )


@pytest.mark.parametrize(
    "change", [{"post-url": "https://hooks.example/b"}, {"model": "call"}, {"user": "1001"}]
)
def test_another_set_is_none(pbx: Any, change: Any) -> None:
    """A subscription that differs in one of them stands beside the first."""
    assert create(pbx)["id"] != create(pbx, **change)["id"]


@pytest.mark.parametrize(
    "change",
    [
        {"model": "contacts"},
        {"post-url": "hooks.example"},
        {"subscription-geo-support": "maybe"},
        {EXPIRES: "soon"},
    ],
)
def test_a_bad_value_is_refused(pbx: Any, change: Any) -> None:
    """A model, URL, yes/no or time that is none is refused."""
    assert pbx.send("POST", "/subscriptions", {**HOOK, **change})[0] == 400


def test_an_update_changes_target_and_expiry(pbx: Any) -> None:
    """The URL and the expiry can be changed."""
    row = create(pbx)
    changes = {"post-url": "https://hooks.example/b", EXPIRES: "2031-01-01 00:00:00"}
    assert pbx.send("PUT", f"/subscriptions/{row['id']}", changes) == ACCEPTED
    assert one(pbx, row) == {**row, **changes}


def test_an_update_leaves_the_filters(pbx: Any) -> None:
    """Domain, user and reseller stay what they were."""
    row = create(pbx)
    pbx.send("PUT", f"/subscriptions/{row['id']}", {"domain": "x", "user": "1002", "reseller": "y"})
    assert one(pbx, row) == row


def test_counters_are_reset(pbx: Any) -> None:
    """Counters can be set to 0."""
    row = pbx.get("/subscriptions")[0]
    pbx.send("PUT", f"/subscriptions/{row['id']}", {"error-count": 0, "posts-count": 0})
    assert (one(pbx, row)["error-count"], one(pbx, row)["posts-count"]) == (0, 0)


@pytest.mark.parametrize("value", [1, "5", None, False])
def test_counters_take_nothing_else(pbx: Any, value: Any) -> None:
    """Counters can be set to nothing but 0."""
    row = pbx.get("/subscriptions")[0]
    assert pbx.send("PUT", f"/subscriptions/{row['id']}", {"error-count": value})[0] == 400


def test_a_deleted_one_is_gone(pbx: Any) -> None:
    """A deleted subscription can't be read."""
    row = create(pbx)
    assert pbx.send("DELETE", f"/subscriptions/{row['id']}") == ACCEPTED
    assert pbx.send("GET", f"/subscriptions/{row['id']}")[0] == 404


def test_lower_scopes_name_the_domain_to_delete(pbx: Any) -> None:
    """Below Super User the body of a delete names the domain."""
    manager, row = pbx.as_user("1002"), create(pbx)
    path = f"/subscriptions/{row['id']}"
    assert manager.send("DELETE", path)[0] == 400
    assert (
        manager.send("DELETE", path, {"subscription_id": row["id"], "domain": "harbor.example"}) == ACCEPTED
    )


def test_the_quirk_of_the_deletes_body(make: Any) -> None:
    """By quirk a Super User has to name the domain too."""
    pbx = make("delete-needs-body")
    path = f"/subscriptions/{create(pbx)['id']}"
    assert pbx.send("DELETE", path)[0] == 400
    assert pbx.send("DELETE", path, {"domain": "harbor.example"}) == ACCEPTED


def test_everything_is_for_super_users(pbx: Any) -> None:
    """Below Super User neither every domain nor every reseller can be subscribed."""
    manager = pbx.as_user("1002")
    assert manager.send("POST", "/subscriptions", {**HOOK, "domain": "*"})[0] == 403
    assert manager.send("POST", "/subscriptions", {**HOOK, "reseller": "*"})[0] == 403
    assert create(manager)["user-scope"] == "Office Manager"


def test_a_tilde_is_filled_in(pbx: Any) -> None:
    """`~` as reseller, domain or user becomes the token's own."""
    row = create(pbx, reseller="~", domain="~", user="~")
    assert (row["reseller"], row["domain"], row["user"]) == ("HarborReseller", "harbor.example", "1001")


def test_a_domain_has_its_own(pbx: Any) -> None:
    """The subscriptions of a domain are made, changed, listed and deleted below it."""
    path = "/domains/~/subscriptions"
    _, row = pbx.send("POST", path, {"model": "cdr", "post-url": "https://hooks.example/cdr"})
    assert row["domain"] == "harbor.example"
    assert pbx.send("PUT", f"{path}/{row['id']}", {"model": "call"}) == ACCEPTED
    assert row["id"] in {each["id"] for each in pbx.get(path)}
    assert pbx.send("DELETE", f"{path}/{row['id']}") == ACCEPTED


def test_version_44_knows_none_of_a_domain(make: Any) -> None:
    """By quirk the subscriptions of a domain have no route."""
    status, body = make("v44").send("GET", "/domains/~/subscriptions")
    assert (status, body["message"]) == (404, "No Route Found [92]")
