"""The commands that are known, each as it is filled in: `{…}` is to be replaced (BLiP 2)."""

from __future__ import annotations

from typing import Any, NamedTuple

CRM, ANALYTICS = "postmaster@crm.msging.net", "postmaster@analytics.msging.net"
BROADCAST, SCHEDULER = "postmaster@broadcast.msging.net", "postmaster@scheduler.msging.net"
ACTIVE, DESK = "postmaster@activecampaign.msging.net", "postmaster@desk.msging.net"
CONTACT = "application/vnd.lime.contact+json"
WHO = "{identity}"
LIST = "/lists/{list}@broadcast.msging.net"
SPAN = "startDate={time}&endDate={time}"


class Known(NamedTuple):
    """One command: what it does, and its parts; `type` and `resource` are those of what is written."""

    title: str
    method: str
    uri: str
    to: str = ""
    type: str = ""
    resource: Any = None


KNOWN: tuple[Known, ...] = (
    Known("Ping", "get", "/ping"),
    Known("Account", "get", "/account"),
    Known("Contacts: all", "get", "/contacts?$skip=0&$take=100", CRM),
    Known("Contacts: by name", "get", "/contacts?$filter=(startswith(name,'{name}'))", CRM),
    Known("Contacts: one", "get", f"/contacts/{WHO}", CRM),
    Known(
        "Contacts: change", "merge", "/contacts", CRM, CONTACT, {"identity": WHO, "extras": {"plan": "Gold"}}
    ),
    Known("Contacts: replace", "set", "/contacts", CRM, CONTACT, {"identity": WHO, "name": "{name}"}),
    Known("Contacts: delete", "delete", f"/contacts/{WHO}", CRM),
    Known("Contacts: comments", "get", f"/contacts/{WHO}/comments", CRM),
    Known(
        "Contacts: comment",
        "set",
        f"/contacts/{WHO}/comments",
        CRM,
        "application/vnd.iris.crm.comment+json",
        {"content": "{comment}"},
    ),
    Known("Threads: all", "get", "/threads?$take=100"),
    Known("Threads: messages of one", "get", f"/threads/{WHO}?$take=100"),
    Known("Threads: before a time", "get", f"/threads/{WHO}?$take=100&storageDate={{time}}&direction=desc"),
    Known("Threads: messages behind a router", "get", f"/threads-merged/{WHO}?$take=100"),
    Known("Log: last messages", "get", "/messages?$take=100"),
    Known("Log: last notifications", "get", "/notifications?$take=100"),
    Known("Log: notifications of one message", "get", "/notifications?id={message}"),
    Known("Events: categories", "get", "/event-track", ANALYTICS),
    Known(
        "Events: counters",
        "get",
        "/event-track/{category}?startDate={day}&endDate={day}&$take=100",
        ANALYTICS,
    ),
    Known("Events: details", "get", "/event-track/{category}/{action}?startDate={day}&$take=100", ANALYTICS),
    Known(
        "Events: track",
        "set",
        "/event-track",
        ANALYTICS,
        "application/vnd.iris.eventTrack+json",
        {"category": "{category}", "action": "{action}", "contact": {"identity": WHO}},
    ),
    Known("Metrics: users by day", "get", f"/metrics/active-identity/D?{SPAN}", ANALYTICS),
    Known("Metrics: messages by day", "get", f"/metrics/active-messages/D?{SPAN}", ANALYTICS),
    Known("Lists: all", "get", "/lists", BROADCAST),
    Known("Lists: members", "get", f"{LIST}/recipients?$take=100", BROADCAST),
    Known(
        "Lists: create",
        "set",
        "/lists",
        BROADCAST,
        "application/vnd.iris.distribution-list+json",
        {"identity": "{list}@broadcast.msging.net"},
    ),
    Known(
        "Lists: add a member", "set", f"{LIST}/recipients", BROADCAST, "application/vnd.lime.identity", WHO
    ),
    Known("Lists: remove a member", "delete", f"{LIST}/recipients/{WHO}", BROADCAST),
    Known("Lists: delivery of a message", "get", f"{LIST}/messages/{{message}}", BROADCAST),
    Known("Schedules: all", "get", "/schedules?$take=100", SCHEDULER),
    Known(
        "Schedules: create",
        "set",
        "/schedules",
        SCHEDULER,
        "application/vnd.iris.schedule+json",
        {
            "when": "{time}",
            "message": {"id": "{message}", "to": WHO, "type": "text/plain", "content": "{text}"},
        },
    ),
    Known("Schedules: cancel", "delete", "/schedules/{message}", SCHEDULER),
    Known("Campaigns: all", "get", "/campaigns?$take=100", ACTIVE),
    Known("Campaigns: summaries", "get", "/campaigns/summaries?$take=100", ACTIVE),
    Known("Campaigns: audience of one", "get", "/audiences/{campaign}", ACTIVE),
    Known("Contexts: of a user", "get", f"/contexts/{WHO}?withContextValues=true"),
    Known("Contexts: set", "set", f"/contexts/{WHO}/{{variable}}", "", "text/plain", "{value}"),
    Known("Buckets: all", "get", "/buckets"),
    Known("Buckets: one", "get", "/buckets/{bucket}"),
    Known("Buckets: keep", "set", "/buckets/{bucket}", "", "application/json", {"key": "{value}"}),
    Known("Resources: all", "get", "/resources"),
    Known("Resources: one", "get", "/resources/{resource}"),
    Known("Desk: tickets", "get", "/tickets?$take=100", DESK),
    Known("Desk: closed tickets", "get", "/tickets?$closed=true&$take=100", DESK),
    Known("Desk: one ticket", "get", "/ticket/{ticket}", DESK),
    Known("Desk: agents", "get", "/attendants?$take=100", DESK),
    Known(
        "Desk: report on agents", "get", "/analytics/reports/attendants?beginDate={day}&endDate={day}", DESK
    ),
    Known("Desk: tickets right now", "get", "/monitoring/tickets?version=2", DESK),
)
