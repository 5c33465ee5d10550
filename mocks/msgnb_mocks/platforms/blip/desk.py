"""The desk: tickets, and the agents who work on them (BLiP 2.11).

A bot that is a router has neither: with the quirk `router-key` there are no tickets, and agents are not
found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.blip.filters import parse_filter
from msgnb_mocks.platforms.blip.lime import (
    Command,
    Document,
    Failure,
    collection,
    invalid,
    not_found,
    parse_time,
    require_text,
    stamp,
)
from msgnb_mocks.platforms.blip.state import State

TICKET = "application/vnd.iris.ticket+json"
ATTENDANT = "application/vnd.iris.desk.attendant+json"
TEAM = "application/vnd.iris.desk.team+json"
MESSAGE = "application/vnd.iris.thread-message+json"
MOST = 100
STATUSES = ("None", "Waiting", "Open", "Assigned", "ClosedAttendant", "ClosedClient", "Transferred")
OPEN = ("Waiting", "Open", "Assigned")
TOO_LARGE = f"The take parameter can not be greater than {MOST}"


def get_tickets(state: State, command: Command) -> Document:
    """List the tickets, the latest first, optionally those that are closed or match a filter."""
    take = command.query.get("$take", "")
    if take.isdigit() and int(take) > MOST and "generous-take" not in state.quirks:
        # The failure that was seen on the live service had no code (BLiP 1.6).
        raise Failure(None, TOO_LARGE)
    skip, size = command.page(MOST, MOST)
    found = [] if "router-key" in state.quirks else list(state.tickets.values())
    if text := command.query.get("$filter"):
        # The service always refuses this filter; `$closed` is the documented way (BLiP 2.11).
        if "status eq 'closed'" in text.lower():
            raise Failure(None, f"Unable to perform operation '{text}'")
        test = parse_filter(text)
        found = [ticket for ticket in found if test(ticket)]
    if closed := command.query.get("$closed"):
        found = [ticket for ticket in found if ticket["closed"] is (closed.lower() == "true")]
    found.sort(key=lambda ticket: str(ticket["storageDate"]), reverse=True)
    # The total of tickets is the number of returned items (BLiP 1.7).
    page = found[skip : skip + size]
    return collection(page, TICKET, len(page))


def get_ticket(state: State, command: Command) -> Document:
    """Return one ticket."""
    return Document(TICKET, _get(state, command.parts["id"]))


def create_ticket(state: State, command: Command) -> Document:
    """Create a ticket for a customer."""
    resource = command.resource if isinstance(command.resource, dict) else {}
    return Document(TICKET, add_ticket(state, require_text(resource, "customerIdentity"), resource))


def create_ticket_with_text(state: State, command: Command) -> Document:
    """Create a ticket for a customer, with the text they wrote."""
    if not isinstance(command.resource, str):
        raise invalid("The resource must be text")
    return Document(TICKET, add_ticket(state, command.parts["identity"], {}))


def change_status(state: State, command: Command) -> None:
    """Assign, open or close a ticket."""
    ticket = _get(state, require_text(command.resource, "id"))
    status = require_text(command.resource, "status")
    if status not in STATUSES:
        raise invalid(f"Invalid status '{status}'")
    now = stamp(state.now)
    ticket |= {"status": status, "statusDate": now, "closed": status.startswith("Closed")}
    if agent := command.resource.get("agentIdentity"):
        ticket["agentIdentity"] = agent
    if status in {"Open", "Assigned"}:
        ticket.setdefault("openDate", now)
    if ticket["closed"]:
        ticket["closeDate"] = now


def get_ticket_messages(state: State, command: Command) -> Document:
    """List the messages of a ticket's customer, the latest first."""
    skip, take = command.page(MOST, MOST)
    thread = state.threads.get(str(_get(state, command.parts["id"])["customerIdentity"]), [])
    ascending = command.query.get("$ascending", "").lower() == "true"
    chosen = (thread if ascending else thread[::-1])[skip : skip + take]
    items = [message.wire(state.now) for message in chosen]
    return collection(items, MESSAGE, len(items))


def get_attendants(state: State, command: Command) -> Document:
    """List the agents."""
    if "router-key" in state.quirks:
        raise not_found()
    # Unlike other lists this one has 20 items by default (BLiP 2.11).
    skip, take = command.page(20, 1000)
    found = list(state.attendants.values())
    return collection(found[skip : skip + take], ATTENDANT, len(found))


def get_teams(state: State, command: Command) -> Document:
    """List the teams, with the number of agents that are online."""
    skip, take = command.page(MOST, 1000)
    online = {
        team: sum(
            agent["status"] == "Online" for agent in state.attendants.values() if team in agent["teams"]
        )
        for team in dict.fromkeys(team for agent in state.attendants.values() for team in agent["teams"])
    }
    rows = [{"name": team, "agentsOnline": count} for team, count in online.items()]
    return collection(rows[skip : skip + take], TEAM, len(rows))


def add_ticket(state: State, customer: str, wanted: Mapping[str, Any]) -> dict[str, Json]:
    """Store a new ticket, and return it: it waits for an agent, or is opened by the given one."""
    name, now = state.uuid(), stamp(state.now)
    agent = wanted.get("agentIdentity")
    ticket: dict[str, Json] = {
        "id": name,
        "sequentialId": len(state.tickets) + 1,
        "sequentialSuffix": "SFX",
        "ownerIdentity": state.bot,
        "customerIdentity": customer,
        "customerDomain": customer.partition("@")[2],
        **({"agentIdentity": agent} if agent else {}),
        "provider": "Lime",
        "status": "Open" if agent else "Waiting",
        "storageDate": now,
        "externalId": name,
        "rating": 0,
        "team": str(wanted.get("team") or "Default"),
        "unreadMessages": 0,
        "closed": False,
        "customerInput": {},
        "priority": 0,
    }
    state.tickets[name] = ticket
    return ticket


def between(state: State, command: Command) -> list[dict[str, Json]]:
    """Return the tickets created from beginDate to endDate, both days included; both are required."""
    begin, end = (require_text(command.query, name) for name in ("beginDate", "endDate"))
    first, last = parse_time(begin[:10]), parse_time(end[:10])
    return [
        ticket
        for ticket in state.tickets.values()
        if first.date() <= parse_time(str(ticket["storageDate"])).date() <= last.date()
    ]


def _get(state: State, name: str) -> dict[str, Json]:
    ticket = state.tickets.get(name)
    if ticket is None:
        raise not_found()
    return ticket
