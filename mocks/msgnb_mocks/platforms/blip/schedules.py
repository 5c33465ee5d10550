"""Messages that are sent later (BLiP 2.6)."""

from __future__ import annotations

from urllib.parse import quote

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.blip import lists, threads
from msgnb_mocks.platforms.blip.lime import (
    Command,
    Document,
    collection,
    invalid,
    not_found,
    parse_time,
    stamp,
)
from msgnb_mocks.platforms.blip.state import Schedule, State

SCHEDULE = "application/vnd.iris.schedule+json"
MOST = 1000


def create(state: State, command: Command) -> None:
    """Schedule a message."""
    resource = command.resource if isinstance(command.resource, dict) else {}
    message = resource.get("message")
    if not isinstance(message, dict) or not all(message.get(key) for key in ("id", "to", "type")):
        raise invalid("The message must have an id, a destination and a type")
    when = parse_time(str(resource.get("when") or ""))
    name = {"name": resource["name"]} if resource.get("name") else {}
    state.schedules[str(message["id"])] = Schedule(when, message, name)


def get_all(state: State, command: Command) -> Document:
    """List the schedules, optionally those since a time."""
    skip, take = command.page(100, MOST)
    since = command.query.get("since")
    found = [each for each in state.schedules.values() if not since or each.when >= parse_time(since)]
    return collection([_wire(state, each) for each in found[skip : skip + take]], SCHEDULE, len(found))


def get_one(state: State, command: Command) -> Document:
    """Return one schedule, by the ID of its message."""
    return Document(SCHEDULE, _wire(state, _get(state, command)))


def cancel(state: State, command: Command) -> None:
    """Cancel a schedule that was not executed yet."""
    found = _get(state, command)
    if found.status != "scheduled":
        raise invalid("The schedule was executed or canceled already")
    found.status = "canceled"


def execute(state: State) -> None:
    """Send the messages that are due by now, each dated with its own time."""
    for each in state.schedules.values():
        if each.status == "scheduled" and each.when <= state.now:
            each.status = "executed"
            to = str(each.message["to"])
            if to.endswith(lists.DOMAIN):
                lists.deliver(state, to, each.message, at=each.when)
            else:
                threads.post(state, to.partition("/")[0], each.message, at=each.when)


def _get(state: State, command: Command) -> Schedule:
    found = state.schedules.get(command.parts["message"])
    if found is None:
        raise not_found()
    return found


def _wire(state: State, each: Schedule) -> dict[str, Json]:
    return {
        **each.name,
        "when": stamp(each.when),
        "message": _sent(state, each),
        "status": each.status,
    }


def _sent(state: State, each: Schedule) -> dict[str, Json]:
    # The bot sends through the scheduler, as `pp` says; the time in the metadata has a form of its own (BLiP
    # 2.6).
    return {
        **each.message,
        "from": state.bot,
        "pp": f"postmaster@scheduler.msging.net/{quote(state.bot, safe='')}",
        "metadata": {**each.message.get("metadata", {}), "#scheduler.when": f"{each.when:%m/%d/%Y %H:%M:%S}"},
    }
