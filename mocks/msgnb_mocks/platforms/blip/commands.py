"""The table of all commands: method, URI, the nodes that process it, and how sure that is (BLiP 2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from msgnb_mocks.core.operations import Evidence, Operation
from msgnb_mocks.platforms.blip import (
    buckets,
    campaigns,
    contacts,
    desk,
    lists,
    metrics,
    reports,
    schedules,
    threads,
    tracking,
)
from msgnb_mocks.platforms.blip.lime import Command, Document, stamp
from msgnb_mocks.platforms.blip.state import State

Handler = Callable[[State, Command], Document | None]
Row = tuple[str, str, str, Handler, Evidence, str, tuple[str, ...], tuple[int, ...]]

# The domains of the postmasters; contacts and the log are still processed at their former nodes, too.
OWN, CRM = ("msging.net",), ("crm.msging.net", "msging.net")
LOG, STATS = ("msging.net", "threads.msging.net"), ("analytics.msging.net",)
BROADCAST, ACTIVE = ("broadcast.msging.net",), ("activecampaign.msging.net",)
LATER, DESK = ("scheduler.msging.net",), ("desk.msging.net",)
BUILDER = ("msging.net", "builder.msging.net")
KNOWN, SEEN, INFERRED = Evidence.DOCUMENTED, Evidence.SEEN, Evidence.INFERRED
COMMENTS, VARIABLE = "/contacts/{identity}/comments", "/contexts/{identity}/{name}"
REPORTS = "/analytics/reports"
MEMBER = "/lists/{list}/recipients/{identity}"


def ping(state: State, command: Command) -> Document:  # noqa: ARG001
    """Check the key."""
    return Document("application/vnd.lime.ping+json", {})


def account(state: State, command: Command) -> Document:  # noqa: ARG001
    """Return the bot's account."""
    resource = {
        "identity": state.bot,
        "fullName": "Demo bot",
        "culture": "pt-BR",
        "timeZoneName": "E. South America Standard Time",
        "creationDate": stamp(state.world.start - timedelta(days=365)),
    }
    return Document("application/vnd.lime.account+json", resource)


_TABLE: list[Row] = [
    ("ping", "get", "/ping", ping, KNOWN, "2.9", OWN, ()),
    ("account", "get", "/account", account, SEEN, "2.12", OWN, ()),
    ("contacts.set", "set", "/contacts", contacts.set_contact, KNOWN, "2.1", CRM, (64,)),
    ("contacts.merge", "merge", "/contacts", contacts.merge_contact, KNOWN, "2.1", CRM, (64,)),
    ("contacts.list", "get", "/contacts", contacts.get_contacts, KNOWN, "2.1", CRM, (64,)),
    ("contacts.get", "get", "/contacts/{identity}", contacts.get_contact, KNOWN, "2.1", CRM, (67,)),
    ("contacts.delete", "delete", "/contacts/{identity}", contacts.delete_contact, SEEN, "2.1",
     CRM, (67,)),
    ("comments.list", "get", COMMENTS, contacts.get_comments, KNOWN, "2.1", CRM, (64,)),
    ("comments.add", "set", COMMENTS, contacts.add_comment, KNOWN, "2.1", CRM, (64,)),
    ("comments.delete", "delete", f"{COMMENTS}/{{comment}}", contacts.delete_comment, KNOWN, "2.1", CRM,
     (67,)),
    ("threads.list", "get", "/threads", threads.get_threads, KNOWN, "2.2", OWN, (64,)),
    ("threads.get", "get", "/threads/{identity}", threads.get_thread, KNOWN, "2.2", OWN, (64,)),
    ("threads.merged", "get", "/threads-merged/{identity}", threads.get_thread, SEEN, "2.2", OWN, (64,)),
    ("log.messages", "get", "/messages", threads.get_logged_messages, KNOWN, "2.2", LOG, (64,)),
    ("log.notifications", "get", "/notifications", threads.get_notifications, KNOWN, "2.2", LOG, (64,)),
    ("events.track", "set", "/event-track", tracking.track, KNOWN, "2.3", STATS, (64,)),
    ("events.categories", "get", "/event-track", tracking.get_categories, KNOWN, "2.3", STATS, (64,)),
    ("events.counters", "get", "/event-track/{category}", tracking.get_counters, KNOWN, "2.3",
     STATS, (64,)),
    ("events.details", "get", "/event-track/{category}/{action}", tracking.get_details, KNOWN,
     "2.3", STATS,
     (64,)),
    ("events.delete", "delete", "/event-track/{category}", tracking.delete_category, KNOWN, "2.3",
     STATS, (67,)),
    ("lists.create", "set", "/lists", lists.create, KNOWN, "2.5", BROADCAST, (60,)),
    ("lists.list", "get", "/lists", lists.get_all, KNOWN, "2.5", BROADCAST, (64,)),
    ("lists.delete", "delete", "/lists/{list}", lists.delete, KNOWN, "2.5", BROADCAST, (67,)),
    ("lists.add", "set", "/lists/{list}/recipients", lists.add, KNOWN, "2.5", BROADCAST, (101,)),
    ("lists.members", "get", "/lists/{list}/recipients", lists.get_members, KNOWN, "2.5", BROADCAST,
     (64, 67)),
    ("lists.is-member", "get", MEMBER, lists.is_member, SEEN, "2.5", BROADCAST, (67,)),
    ("lists.remove", "delete", MEMBER, lists.remove, KNOWN, "2.5", BROADCAST, (67, 101)),
    ("lists.delivery", "get", "/lists/{list}/messages/{message}", lists.get_delivery, KNOWN, "2.5",
     BROADCAST, (67,)),
    ("campaigns.create", "set", "/campaign/full", campaigns.create, SEEN, "2.7", ACTIVE, (64,)),
    ("campaigns.list", "get", "/campaigns", campaigns.get_all, INFERRED, "2.7", ACTIVE, (64,)),
    # Before `/campaigns/{id}`, which matches the same URI.
    ("campaigns.summaries", "get", "/campaigns/summaries", campaigns.get_summaries, SEEN,
     "2.7", ACTIVE, (64,)),
    ("campaigns.get", "get", "/campaigns/{id}", campaigns.get_one, INFERRED, "2.7", ACTIVE, (67,)),
    ("campaigns.summary", "get", "/campaigns/{id}/summaries", campaigns.get_one_summary, SEEN, "2.7", ACTIVE,
     (67,)),
    ("campaigns.report", "get", "/campaigns/{id}/reports", campaigns.get_report, SEEN, "2.7", ACTIVE, (67,)),
    # The path is also that of the log of messages, which another node processes (BLiP 2.7).
    ("campaigns.messages", "get", "/messages/{id}", campaigns.get_messages, SEEN, "2.7", ACTIVE, (67,)),
    ("campaigns.delete", "delete", "/campaigns/{id}", campaigns.delete, SEEN, "2.7", ACTIVE, (67,)),
    ("campaigns.audience", "get", "/audiences/{id}", campaigns.get_audience, SEEN, "2.7", ACTIVE, (67,)),
    ("metrics", "get", "/metrics/{name}/{interval}", metrics.get_metric, KNOWN, "2.4", STATS, (64, 67)),
    ("schedules.create", "set", "/schedules", schedules.create, KNOWN, "2.6", LATER, (64,)),
    ("schedules.list", "get", "/schedules", schedules.get_all, KNOWN, "2.6", LATER, (64,)),
    ("schedules.get", "get", "/schedules/{message}", schedules.get_one, KNOWN, "2.6", LATER, (67,)),
    ("schedules.cancel", "delete", "/schedules/{message}", schedules.cancel, KNOWN, "2.6", LATER, (64, 67)),
    ("contexts.list", "get", "/contexts/{identity}", buckets.get_contexts, KNOWN, "2.9", BUILDER, (67,)),
    ("contexts.get", "get", VARIABLE, buckets.get_variable, KNOWN, "2.9", BUILDER, (67,)),
    ("contexts.set", "set", VARIABLE, buckets.set_variable, KNOWN, "2.9", BUILDER, (64,)),
    ("contexts.delete", "delete", VARIABLE, buckets.delete_variable, KNOWN, "2.9", BUILDER, (67,)),
    ("buckets.list", "get", "/buckets", buckets.get_buckets, KNOWN, "2.10", OWN, (64,)),
    ("buckets.get", "get", "/buckets/{name}", buckets.get_bucket, KNOWN, "2.10", OWN, (67,)),
    ("buckets.set", "set", "/buckets/{name}", buckets.set_bucket, KNOWN, "2.10", OWN, (64,)),
    ("buckets.delete", "delete", "/buckets/{name}", buckets.delete_bucket, KNOWN, "2.10", OWN, (67,)),
    ("resources.list", "get", "/resources", buckets.get_resources, KNOWN, "2.10", OWN, (64,)),
    ("resources.get", "get", "/resources/{name}", buckets.get_resource, KNOWN, "2.10", OWN, (67,)),
    ("resources.set", "set", "/resources/{name}", buckets.set_resource, KNOWN, "2.10", OWN, (64,)),
    ("resources.delete", "delete", "/resources/{name}", buckets.delete_resource, KNOWN, "2.10", OWN, (67,)),
    ("tickets.list", "get", "/tickets", desk.get_tickets, KNOWN, "2.11", DESK, (64,)),
    ("tickets.create", "set", "/tickets", desk.create_ticket, KNOWN, "2.11", DESK, (64,)),
    # Before `/tickets/{identity}`, which matches the same URI.
    ("tickets.change-status", "set", "/tickets/change-status", desk.change_status, KNOWN, "2.11", DESK,
     (64, 67)),
    ("tickets.create-with-text", "set", "/tickets/{identity}", desk.create_ticket_with_text, KNOWN, "2.11",
     DESK, (64,)),
    # Singular: an ID below `/tickets` is not supported (BLiP 2.11).
    ("tickets.get", "get", "/ticket/{id}", desk.get_ticket, KNOWN, "2.11", DESK, (67,)),
    ("tickets.messages", "get", "/tickets/{id}/messages", desk.get_ticket_messages, KNOWN, "2.11", DESK,
     (64, 67)),
    ("attendants", "get", "/attendants", desk.get_attendants, KNOWN, "2.11", DESK, (64, 67)),
    ("teams", "get", "/teams", desk.get_teams, KNOWN, "2.11", DESK, (64,)),
    ("teams.online", "get", "/teams/agents-online", desk.get_teams, KNOWN, "2.11", DESK, (64,)),
    ("reports.productivity", "get", f"{REPORTS}/attendants/productivity", reports.get_productivity, KNOWN,
     "2.11", DESK, (64,)),
    ("reports", "get", f"{REPORTS}/{{name}}", reports.get_report, KNOWN, "2.11", DESK, (64, 67)),
    ("monitoring", "get", "/monitoring/{name}", reports.get_monitoring, KNOWN, "2.11", DESK, (67,)),
]  # fmt: skip

COMMANDS: tuple[Operation, ...] = tuple(
    Operation(f"blip.{name}", method, uri, handler, evidence, f"BLiP {section}", postmasters, errors)
    for name, method, uri, handler, evidence, section, postmasters, errors in _TABLE
)
