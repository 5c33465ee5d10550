"""Domains, users and routes that are not there or not in reach."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/domains/example/messagesessions", "Domain example does not exist"),
        ("/domains/~/users/1999/messagesessions", "User 1999 does not exist in domain harbor.example"),
        ("/domains/~/nothing", "No Route Found [92]"),
        ("/domains/~/users/~/messagesessions/x", "Message session x does not exist"),
    ],
)
def test_what_is_not_there_is_404(pbx: Any, path: Any, message: Any) -> None:
    """What is not there is answered with 404 and its name."""
    assert pbx.send("GET", path) == (404, {"code": 404, "message": message})


def test_a_path_outside_the_base_is_404(pbx: Any) -> None:
    """A path outside the base has no route."""
    assert pbx.send("GET", "/../elsewhere")[0] == 404


def test_a_foreign_domain_is_403_below_super_user(pbx: Any) -> None:
    """To an Office Manager a foreign domain is one that may not exist."""
    status, body = pbx.as_user("1002").send("GET", "/domains/example/messagesessions")
    assert (status, body["message"]) == (403, "Domain not found or access denied")


def test_a_basic_user_reaches_nobody_else(pbx: Any) -> None:
    """A Basic User can't read what belongs to a colleague."""
    basic = pbx.as_user("1003")
    assert basic.send("GET", "/domains/~/users/1001/messagesessions")[0] == 403
    assert basic.send("GET", "/domains/~/messagesessions")[0] == 403


def test_a_tilde_means_the_caller(pbx: Any) -> None:
    """`~` stands for the token's own domain and user."""
    own = pbx.get("/domains/~/users/~/messagesessions")
    assert own == pbx.get("/domains/harbor.example/users/1001/messagesessions")


def test_a_star_means_all(pbx: Any) -> None:
    """`*` stands for all domains and all users."""
    total = pbx.get("/domains/*/users/*/messagesessions/count")
    assert total == pbx.get("/domains/~/messagesessions/count")


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 1001}, {"limit": "x"}, {"start": -1}])
def test_a_page_out_of_range_is_400(pbx: Any, query: Any) -> None:
    """A limit outside 1 to 1000 or a start that is none is refused."""
    assert pbx.send("GET", "/domains/~/messagesessions", **query)[0] == 400


@pytest.mark.parametrize("body", [b"{", b"[]", b"<html>"])
def test_a_body_that_is_no_object_is_400(pbx: Any, body: Any) -> None:
    """A body that is no JSON object is refused."""
    assert pbx.send("POST", "/subscriptions", body)[0] == 400


def test_every_operation_answers_odd_bodies(pbx: Any) -> None:
    """No operation breaks on values of the wrong type."""
    odd = [1, ["a"], {"b": 1}, None, "", True]
    keys = "number application dest participants session-name messagesession-last-status type message"
    keys += " destination from-number data mime-type model post-url user domain reseller error-count tags"
    keys += " subscription-geo-support subscription-expires-datetime call-id call-term-user synchronous"
    keys += " grant_type username carrier preferred-server name-first-name"
    for operation in pbx.mock.operations:
        path = operation.path.removeprefix("/ns-api/v2").replace("{domain}", "~").replace("{user}", "~")
        for value in odd:
            answer = pbx.request(operation.method, path, dict.fromkeys(keys.split(), value))
            assert answer.status in {200, 202, 400, 401, 403, 404, 409, 500}
