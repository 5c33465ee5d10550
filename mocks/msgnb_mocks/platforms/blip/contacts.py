"""Contacts (BLiP 2.1)."""

from __future__ import annotations

from typing import Any

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.blip.filters import parse_filter
from msgnb_mocks.platforms.blip.lime import (
    Command,
    Document,
    collection,
    invalid,
    not_found,
    require_text,
    stamp,
)
from msgnb_mocks.platforms.blip.state import State

CONTACT = "application/vnd.lime.contact+json"
COMMENT = "application/vnd.iris.crm.comment+json"
MOST_COMMENTS = 100
# With a filter the limit is for `$skip` and `$take` together (BLiP 2.1).
MOST, MOST_FILTERED, DEFAULT = 30_000, 10_000, 100


def set_contact(state: State, command: Command) -> None:
    """Create or replace a contact."""
    identity = _checked(command.resource)
    state.contacts[identity] = dict(command.resource)


def merge_contact(state: State, command: Command) -> None:
    """Change the given fields of a contact."""
    identity = _checked(command.resource)
    known = state.contacts.get(identity, {})
    # Key by key; how deep the service merges is not documented (BLiP 2.1).
    extras = {**known.get("extras", {}), **command.resource.get("extras", {})}
    state.contacts[identity] = {**known, **command.resource, **({"extras": extras} if extras else {})}


def get_contact(state: State, command: Command) -> Document:
    """Return one contact."""
    contact = state.contacts.get(command.parts["identity"])
    if contact is None:
        raise not_found()
    return Document(CONTACT, contact)


def delete_contact(state: State, command: Command) -> None:
    """Delete a contact."""
    if state.contacts.pop(command.parts["identity"], None) is None:
        raise not_found()


def get_contacts(state: State, command: Command) -> Document:
    """List the contacts, optionally those that match a filter."""
    skip, take = command.page(DEFAULT, MOST)
    found = list(state.contacts.values())
    if filtered := command.query.get("$filter"):
        if skip + take > MOST_FILTERED:
            raise invalid(f"With a filter skip and take can not exceed {MOST_FILTERED}")
        test = parse_filter(filtered)
        found = [contact for contact in found if test(contact)]
    return collection(found[skip : skip + take], CONTACT, len(found))


def _checked(resource: Any) -> str:
    """Return the identity of a contact that is valid."""
    identity = require_text(resource, "identity")
    if not isinstance(resource.get("extras", {}), dict):
        raise invalid("The extras must be an object")
    return identity


def get_comments(state: State, command: Command) -> Document:
    """List the comments on a contact."""
    skip, take = command.page(MOST_COMMENTS, MOST_COMMENTS)
    found = list(state.comments.get(command.parts["identity"], {}).values())
    return collection(found[skip : skip + take], COMMENT, len(found))


def add_comment(state: State, command: Command) -> Document:
    """Add a comment on a contact."""
    content = require_text(command.resource, "content")
    comment: dict[str, Json] = {"id": state.uuid(), "storageDate": stamp(state.now), "content": content}
    if author := command.resource.get("authorIdentity"):
        comment["authorIdentity"] = author
    state.comments.setdefault(command.parts["identity"], {})[comment["id"]] = comment
    return Document(COMMENT, comment)


def delete_comment(state: State, command: Command) -> None:
    """Delete a comment."""
    if state.comments.get(command.parts["identity"], {}).pop(command.parts["comment"], None) is None:
        raise not_found()
