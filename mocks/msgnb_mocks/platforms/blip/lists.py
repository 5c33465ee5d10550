"""Distribution lists (BLiP 2.5)."""

from __future__ import annotations

from datetime import datetime

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.blip import threads
from msgnb_mocks.platforms.blip.lime import IDENTITY, Command, Document, Failure, collection, not_found, stamp
from msgnb_mocks.platforms.blip.state import State

DOMAIN = "@broadcast.msging.net"
INVALID_LIST = 60
APPLICATION_ERROR = 101
DELIVERY = "application/vnd.iris.distribution-list-message+json"


def create(state: State, command: Command) -> None:
    """Create a distribution list."""
    resource = command.resource
    identity = resource.get("identity") if isinstance(resource, dict) else None
    if not isinstance(identity, str) or not identity.endswith(DOMAIN):
        raise Failure(INVALID_LIST, "Invalid list identifier")
    # Creating a list that exists does not empty it.
    state.lists.setdefault(identity, {})


def get_all(state: State, command: Command) -> Document:
    """List the distribution lists."""
    skip, take = command.page(100, 10_000)
    names = list(state.lists)
    return collection(names[skip : skip + take], IDENTITY, len(names))


def delete(state: State, command: Command) -> None:
    """Delete a distribution list."""
    if state.lists.pop(command.parts["list"], None) is None:
        raise not_found()


def add(state: State, command: Command) -> None:
    """Add a member to a distribution list."""
    members = state.lists.get(command.parts["list"])
    if members is None or not isinstance(command.resource, str):
        # 101, and not 67 as for other things that do not exist (BLiP 2.5).
        raise Failure(APPLICATION_ERROR, "The list does not exist or the recipient is invalid")
    members[command.resource] = None


def get_members(state: State, command: Command) -> Document:
    """List the members of a distribution list."""
    skip, take = command.page(100, 10_000)
    members = list(_members(state, command))
    return collection(members[skip : skip + take], IDENTITY, len(members))


def is_member(state: State, command: Command) -> None:
    """Check whether an identity is a member of a distribution list."""
    if command.parts["identity"] not in _members(state, command):
        raise not_found()


def remove(state: State, command: Command) -> None:
    """Remove a member from a distribution list."""
    if command.parts["identity"] not in _members(state, command):
        raise Failure(APPLICATION_ERROR, "The recipient is not a member of the list")
    del state.lists[command.parts["list"]][command.parts["identity"]]


def get_delivery(state: State, command: Command) -> Document:
    """Return the progress of one message to a distribution list."""
    sent = state.deliveries.get((command.parts["list"], command.parts["message"]))
    if sent is None:
        raise not_found()
    now = state.now
    seen = [{event for _, event in message.events(now)} for message in sent]
    counts = {name: sum(event in events for events in seen) for name, event in _COUNTED.items()}
    done = all(events & {"consumed", "failed"} for events in seen)
    status = "processed" if done else "processing"
    body = {
        "id": command.parts["message"],
        "status": status,
        "statusDate": stamp(now),
        "recipients": len(sent),
    }
    return Document(DELIVERY, {**body, **counts})


_COUNTED = {"sent": "dispatched", "received": "received", "consumed": "consumed", "failed": "failed"}


def deliver(state: State, name: str, wire: dict[str, Json], at: datetime | None = None) -> None:
    """Send a message to every member, with the contact's name filled in."""
    sent = []
    for member in state.lists.get(name, {}):
        contact = state.contacts.get(member, {})
        content = wire["content"]
        if isinstance(content, str):
            content = content.replace("${contact.name}", str(contact.get("name", "")))
        sent.append(threads.post(state, member, {**wire, "content": content}, at))
    state.deliveries[name, wire.get("id", "")] = sent


def _members(state: State, command: Command) -> dict[str, None]:
    members = state.lists.get(command.parts["list"])
    if members is None:
        raise not_found()
    return members
