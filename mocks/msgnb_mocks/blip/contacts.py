"""Contacts (BLiP 2.1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from msgnb_mocks.blip.lime import Command, Document, collection, invalid, moment, not_found, text_of
from msgnb_mocks.blip.state import State
from msgnb_mocks.operations import Json

CONTACT = "application/vnd.lime.contact+json"
MOST, MOST_FILTERED, DEFAULT = 30_000, 10_000, 100
COMPARISON = re.compile(r"\(?(\w+) (eq|ne) '([^']*)'\)?")
CALL = re.compile(r"\(?(startswith|substringof)\(([^,]+),([^)]+)\)\)?")
SINCE = re.compile(r"\(?lastmessagedate (le|ge) datetimeoffset'([^']+)'\)?", re.IGNORECASE)

Test = Callable[[dict[str, Json]], bool]


def set_contact(state: State, command: Command) -> None:
    """Create or replace a contact."""
    identity = _checked(command.resource)
    state.contacts[identity] = dict(command.resource)


def merge_contact(state: State, command: Command) -> None:
    """Change what is given of a contact."""
    identity = _checked(command.resource)
    known = state.contacts.get(identity, {})
    extras = {**known.get("extras", {}), **command.resource.get("extras", {})}
    state.contacts[identity] = {**known, **command.resource, **({"extras": extras} if extras else {})}


def get_contact(state: State, command: Command) -> Document:
    """One contact."""
    contact = state.contacts.get(command.parts["identity"])
    if contact is None:
        raise not_found()
    return Document(CONTACT, contact)


def delete_contact(state: State, command: Command) -> None:
    """Delete a contact."""
    if state.contacts.pop(command.parts["identity"], None) is None:
        raise not_found()


def get_contacts(state: State, command: Command) -> Document:
    """A page of the contacts, perhaps of those that pass a filter."""
    skip, take = command.page(DEFAULT, MOST)
    found = list(state.contacts.values())
    if filtered := command.query.get("$filter"):
        if skip + take > MOST_FILTERED:
            raise invalid(f"With a filter skip and take can not exceed {MOST_FILTERED}")
        test = _test(filtered)
        found = [contact for contact in found if test(contact)]
    return collection(found[skip : skip + take], CONTACT, len(found))


def _checked(resource: Any) -> str:
    """The identity of a contact that can be kept."""
    identity = text_of(resource, "identity")
    if not isinstance(resource.get("extras", {}), dict):
        raise invalid("The extras must be an object")
    return identity


def _test(text: str) -> Test:
    """Reads the documented forms of a filter."""
    if match := COMPARISON.fullmatch(text):
        name, comparison, value = match.groups()
        return lambda contact: (_value(contact, name) == value) is (comparison == "eq")
    if match := CALL.fullmatch(text):
        return _called(*match.groups())
    if match := SINCE.fullmatch(text):
        comparison, bound = match[1].lower(), moment(match[2])

        def since(contact: dict[str, Json]) -> bool:
            last = contact.get("lastMessageDate")
            return last is not None and (
                moment(last) >= bound if comparison == "ge" else moment(last) <= bound
            )

        return since
    raise invalid(f"Unable to perform operation '{text}'")


def _called(function: str, one: str, other: str) -> Test:
    name, value = (one, other) if function == "startswith" else (other, one)
    name, value = name.strip(), value.strip().strip("'")
    if function == "startswith":
        return lambda contact: _value(contact, name).startswith(value)
    return lambda contact: value in _value(contact, name)


def _value(contact: dict[str, Any], name: str) -> str:
    wanted = name.lower()
    return next((str(value) for key, value in contact.items() if key.lower() == wanted), "")
