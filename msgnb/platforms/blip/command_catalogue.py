"""The documented commands, which a console offers; parts in braces are filled in by hand (BLiP 2)."""

from __future__ import annotations

from msgnb.platforms.descriptor import KnownCommand

CRM, ANALYTICS = "postmaster@crm.msging.net", "postmaster@analytics.msging.net"
BROADCAST, SCHEDULER = "postmaster@broadcast.msging.net", "postmaster@scheduler.msging.net"
ACTIVE, DESK = "postmaster@activecampaign.msging.net", "postmaster@desk.msging.net"
CONTACT = "application/vnd.lime.contact+json"
WHO = "{identity}"
LIST = "/lists/{list}@broadcast.msging.net"
SPAN = "startDate={time}&endDate={time}"

COMMANDS: tuple[KnownCommand, ...] = (
    KnownCommand("Ping", "get", "/ping"),
    KnownCommand("Account", "get", "/account"),
    KnownCommand("Contacts: all", "get", "/contacts?$skip=0&$take=100", CRM),
    KnownCommand("Contacts: by name", "get", "/contacts?$filter=(startswith(name,'{name}'))", CRM),
    KnownCommand("Contacts: one", "get", f"/contacts/{WHO}", CRM),
    KnownCommand(
        "Contacts: change", "merge", "/contacts", CRM, CONTACT, {"identity": WHO, "extras": {"plan": "Gold"}}
    ),
    KnownCommand("Contacts: replace", "set", "/contacts", CRM, CONTACT, {"identity": WHO, "name": "{name}"}),
    KnownCommand("Contacts: delete", "delete", f"/contacts/{WHO}", CRM),
    KnownCommand("Contacts: comments", "get", f"/contacts/{WHO}/comments", CRM),
    KnownCommand(
        "Contacts: comment",
        "set",
        f"/contacts/{WHO}/comments",
        CRM,
        "application/vnd.iris.crm.comment+json",
        {"content": "{comment}"},
    ),
    KnownCommand("Threads: all", "get", "/threads?$take=100"),
    KnownCommand("Threads: messages of one", "get", f"/threads/{WHO}?$take=100"),
    KnownCommand(
        "Threads: before a time", "get", f"/threads/{WHO}?$take=100&storageDate={{time}}&direction=desc"
    ),
    KnownCommand("Threads: messages behind a router", "get", f"/threads-merged/{WHO}?$take=100"),
    KnownCommand("Log: last messages", "get", "/messages?$take=100"),
    KnownCommand("Log: last notifications", "get", "/notifications?$take=100"),
    KnownCommand("Log: notifications of one message", "get", "/notifications?id={message}"),
    KnownCommand("Events: categories", "get", "/event-track", ANALYTICS),
    KnownCommand(
        "Events: counters",
        "get",
        "/event-track/{category}?startDate={day}&endDate={day}&$take=100",
        ANALYTICS,
    ),
    KnownCommand(
        "Events: details", "get", "/event-track/{category}/{action}?startDate={day}&$take=100", ANALYTICS
    ),
    KnownCommand(
        "Events: track",
        "set",
        "/event-track",
        ANALYTICS,
        "application/vnd.iris.eventTrack+json",
        {"category": "{category}", "action": "{action}", "contact": {"identity": WHO}},
    ),
    KnownCommand("Metrics: users by day", "get", f"/metrics/active-identity/D?{SPAN}", ANALYTICS),
    KnownCommand("Metrics: messages by day", "get", f"/metrics/active-messages/D?{SPAN}", ANALYTICS),
    KnownCommand("Lists: all", "get", "/lists", BROADCAST),
    KnownCommand("Lists: members", "get", f"{LIST}/recipients?$take=100", BROADCAST),
    KnownCommand(
        "Lists: create",
        "set",
        "/lists",
        BROADCAST,
        "application/vnd.iris.distribution-list+json",
        {"identity": "{list}@broadcast.msging.net"},
    ),
    KnownCommand(
        "Lists: add a member", "set", f"{LIST}/recipients", BROADCAST, "application/vnd.lime.identity", WHO
    ),
    KnownCommand("Lists: remove a member", "delete", f"{LIST}/recipients/{WHO}", BROADCAST),
    KnownCommand("Lists: delivery of a message", "get", f"{LIST}/messages/{{message}}", BROADCAST),
    KnownCommand("Schedules: all", "get", "/schedules?$take=100", SCHEDULER),
    KnownCommand(
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
    KnownCommand("Schedules: cancel", "delete", "/schedules/{message}", SCHEDULER),
    KnownCommand("Campaigns: all", "get", "/campaigns?$take=100", ACTIVE),
    KnownCommand("Campaigns: summaries", "get", "/campaigns/summaries?$take=100", ACTIVE),
    KnownCommand("Campaigns: audience of one", "get", "/audiences/{campaign}", ACTIVE),
    KnownCommand("Contexts: of a user", "get", f"/contexts/{WHO}?withContextValues=true"),
    KnownCommand("Contexts: set", "set", f"/contexts/{WHO}/{{variable}}", "", "text/plain", "{value}"),
    KnownCommand("Buckets: all", "get", "/buckets"),
    KnownCommand("Buckets: one", "get", "/buckets/{bucket}"),
    KnownCommand("Buckets: keep", "set", "/buckets/{bucket}", "", "application/json", {"key": "{value}"}),
    KnownCommand("Resources: all", "get", "/resources"),
    KnownCommand("Resources: one", "get", "/resources/{resource}"),
    KnownCommand("Desk: tickets", "get", "/tickets?$take=100", DESK),
    KnownCommand("Desk: closed tickets", "get", "/tickets?$closed=true&$take=100", DESK),
    KnownCommand("Desk: one ticket", "get", "/ticket/{ticket}", DESK),
    KnownCommand("Desk: agents", "get", "/attendants?$take=100", DESK),
    KnownCommand(
        "Desk: report on agents", "get", "/analytics/reports/attendants?beginDate={day}&endDate={day}", DESK
    ),
    KnownCommand("Desk: tickets right now", "get", "/monitoring/tickets?version=2", DESK),
)
