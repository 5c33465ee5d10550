"""What a bot stores by name: contexts of its users, buckets and resources (BLiP 2.9, 2.10)."""

from __future__ import annotations

from datetime import timedelta

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.blip.lime import TEXT, Command, Document, Failure, collection, invalid, not_found
from msgnb_mocks.platforms.blip.state import State, Stored

MOST = 10_000
NO_CONTEXT = "There's no stored contexts for the current owner"


def get_contexts(state: State, command: Command) -> Document:
    """List the names of a user's variables, with their values if requested."""
    kept = state.contexts.get(command.parts["identity"])
    if not kept:
        # Here the service fails instead of returning an empty list (BLiP 2.9).
        raise Failure(67, NO_CONTEXT)
    skip, take = command.page(100, MOST)
    names = list(kept)
    chosen: list[Json] = names[skip : skip + take]
    if command.query.get("withContextValues", "").lower() == "true":
        chosen = [{"name": name, "type": kept[name].type, "value": kept[name].value} for name in chosen]
    # The item type is `text/plain` even if the items are objects (BLiP 2.9).
    return collection(chosen, TEXT, len(names))


def get_variable(state: State, command: Command) -> Document:
    """Return one variable of a user."""
    return _read(state, state.contexts.get(command.parts["identity"], {}), command.parts["name"])


def set_variable(state: State, command: Command) -> Document:
    """Set a variable of a user."""
    kept = state.contexts.setdefault(command.parts["identity"], {})
    _write(state, kept, command.parts["name"], command)
    return _read(state, kept, command.parts["name"])


def delete_variable(state: State, command: Command) -> None:
    """Delete a variable of a user."""
    _drop(state.contexts.get(command.parts["identity"], {}), command.parts["name"])


def get_buckets(state: State, command: Command) -> Document:
    """List the names of the buckets."""
    return _names(state, state.buckets, command)


def get_bucket(state: State, command: Command) -> Document:
    """Return the document in a bucket."""
    return _read(state, state.buckets, command.parts["name"])


def set_bucket(state: State, command: Command) -> None:
    """Store a document in a bucket, optionally for some milliseconds."""
    _write(state, state.buckets, command.parts["name"], command)


def delete_bucket(state: State, command: Command) -> None:
    """Delete a bucket."""
    _drop(state.buckets, command.parts["name"])


def get_resources(state: State, command: Command) -> Document:
    """List the names of the resources."""
    return _names(state, state.resources, command)


def get_resource(state: State, command: Command) -> Document:
    """Return a resource."""
    return _read(state, state.resources, command.parts["name"])


def set_resource(state: State, command: Command) -> None:
    """Store a resource."""
    _write(state, state.resources, command.parts["name"], command)


def delete_resource(state: State, command: Command) -> None:
    """Delete a resource."""
    _drop(state.resources, command.parts["name"])


def _names(state: State, kept: dict[str, Stored], command: Command) -> Document:
    skip, take = command.page(100, MOST)
    names = [name for name, stored in kept.items() if stored.lives(state.now)]
    return collection(names[skip : skip + take], TEXT, len(names))


def _read(state: State, kept: dict[str, Stored], name: str) -> Document:
    stored = kept.get(name)
    if stored is None or not stored.lives(state.now):
        raise not_found()
    return Document(stored.type, stored.value)


def _write(state: State, kept: dict[str, Stored], name: str, command: Command) -> None:
    kind = command.wire.get("type")
    if not isinstance(kind, str) or "resource" not in command.wire:
        raise invalid("The type and the resource are missing")
    life = command.query.get("expiration", "")
    ends = state.now + timedelta(milliseconds=int(life)) if life.isdigit() else None
    kept[name] = Stored(kind, command.resource, ends)


def _drop(kept: dict[str, Stored], name: str) -> None:
    if kept.pop(name, None) is None:
        raise not_found()
