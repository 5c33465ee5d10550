"""Makes `msgnb_mocks/contract.json` of the documented exchanges in `tests/data`."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from msgnb_mocks import World
from msgnb_mocks.core import registry as platforms
from msgnb_mocks.core.contract import Names, merged
from msgnb_mocks.core.operations import Application, Request

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "mocks" / "msgnb_mocks" / "core" / "contract.json"
PREFIX = {"blip": "", "netsapiens": "/ns-api/v2", "smsdrop": ""}
CHANGING = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{\w+\}")
"""The places of values in a documented path."""
# What the documents name in words and tables, and none of the examples has.
LIME = "id from to pp metadata method status type resource reason reason.code reason.description"
CALLS = (
    "answer-datetime audio-codec by-action by-call-id by-domain by-user dialed-number orig-call-id "
    "orig-domain orig-info orig-match-uri orig-name orig-uri orig-user session-id start-datetime "
    "term-call-id term-domain term-uri term-user"
)
SESSIONS = "agent-start-datetime last-datetime last-email-reminder-datetime start-datetime"
SESSION = " ".join(f"[].messagesession-{name}" for name in SESSIONS.split())
TICKET = "customerInput closeDate firstResponseDate openDate statusDate tags"
NAMED: dict[tuple[str, str], str] = {
    ("blip.campaigns.create", "request"): "resource.audiences resource.campaign.masterState "
    "resource.campaign.scheduled resource.message.messageTemplateLanguage",
    ("blip.campaigns.create", "answer"): "resource.scheduled",
    ("blip.comments.add", "request"): "resource.authorIdentity",
    ("blip.comments.add", "answer"): "resource.authorIdentity",
    ("blip.contacts.list", "answer"): "resource.items[].city resource.items[].lastMessageDate "
    "resource.items[].phoneNumber resource.items[].source",
    ("blip.events.details", "answer"): "resource.items[].contact resource.items[].label "
    "resource.items[].value resource.total",
    ("blip.events.track", "request"): "resource.extras resource.label resource.value",
    ("blip.metrics", "answer"): "resource.items[].domain",
    ("blip.schedules.list", "answer"): "resource.items[].name resource.items[].message.metadata",
    ("blip.threads.get", "answer"): "resource.items[].metadata resource.items[].reason",
    ("blip.tickets.get", "answer"): " ".join(f"resource.{name}" for name in TICKET.split()),
    ("blip.tickets.list", "answer"): " ".join(f"resource.items[].{name}" for name in TICKET.split()),
    ("netsapiens.create_jwt", "request"): "refresh",
    ("netsapiens.create_subscription", "request"): "subscription-expires-datetime",
    ("netsapiens.update_subscription", "request"): "subscription-expires-datetime",
    ("netsapiens.list_messages", "answer"): "[].deleted-datetime",
    ("netsapiens.list_user_calls", "answer"): "[].core-server [].caller-id-number [].term-orig-info "
    + " ".join(f"[].call-{name}" for name in CALLS.split()),
    ("netsapiens.list_user_sessions", "answer"): SESSION,
    ("netsapiens.read_session", "answer"): SESSION,
}
KEPT = ("blip.buckets", "blip.contexts", "blip.resources")
"""Documents that are kept as they are: what is inside is the users' own."""


def made() -> str:
    """The file's text."""
    bodies: dict[str, dict[str, list[Any]]] = defaultdict(lambda: {"query": [], "request": [], "answer": []})
    for name, application in platforms(World(7)).items():
        for line in (ROOT / "tests" / "data" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            pair = json.loads(line)
            if "request" in pair and (operation := _operation(name, application, pair["request"])):
                _add(bodies[operation], pair)
    contract = {
        operation: {side: _names(operation, side, some) for side, some in sides.items()}
        for operation, sides in sorted(bodies.items())
    }
    return json.dumps(contract, indent=1, ensure_ascii=False) + "\n"


def _names(operation: str, side: str, bodies: list[Any]) -> Names:
    """The names of the examples and of the words, without what is inside of things that are kept."""
    further = NAMED.get((operation, side), "").split()
    if operation.startswith("blip.") and operation != "blip.messages" and side != "query":
        further += LIME.split()
    found = dict.fromkeys(further, "") | merged(bodies)
    kept = operation.startswith(KEPT)
    return {name: kind for name, kind in sorted(found.items()) if not (kept and name.startswith("resource."))}


def _operation(name: str, application: Application, request: dict[str, Any]) -> str | None:
    path, _, query = CHANGING.sub("x", request["path"]).partition("?")
    path = path.partition(" ")[0]
    full = path if path.startswith("/ns-api") else f"{PREFIX[name]}{path}"
    body = CHANGING.sub("x", json.dumps(request.get("body"))).encode()
    return application.operation_of(Request(request["method"], full, query, {}, body))


def _add(sides: dict[str, list[Any]], pair: dict[str, Any]) -> None:
    _, _, query = pair["request"]["path"].partition("?")
    sides["query"].append(dict(parse_qsl(query)))
    sides["request"].append(pair["request"].get("body", pair["request"].get("form")))
    answer = pair.get("response") or {}
    if answer.get("status", 500) < 400:
        sides["answer"].append(answer.get("body"))


if __name__ == "__main__":
    TARGET.write_text(made(), encoding="utf-8")
