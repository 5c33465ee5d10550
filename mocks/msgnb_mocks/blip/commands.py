"""The table of all commands: method, uri, who takes it, and how sure that is (BLiP 2)."""

from __future__ import annotations

from collections.abc import Callable

from msgnb_mocks.blip import campaigns, contacts, lists, threads, tracking
from msgnb_mocks.blip.lime import Command, Document
from msgnb_mocks.blip.state import State
from msgnb_mocks.operations import Evidence, Operation

Handler = Callable[[State, Command], Document | None]
Row = tuple[str, str, str, Handler, Evidence, str, tuple[str, ...], tuple[int, ...]]

# The domains of the postmasters; contacts and the log are still taken at the address they had before.
OWN, CRM = ("msging.net",), ("crm.msging.net", "msging.net")
LOG, STATS = ("msging.net", "threads.msging.net"), ("analytics.msging.net",)
BROADCAST, ACTIVE = ("broadcast.msging.net",), ("activecampaign.msging.net",)
KNOWN, SEEN, INFERRED = Evidence.DOCUMENTED, Evidence.SEEN, Evidence.INFERRED
MEMBER = "/lists/{list}/recipients/{identity}"


def ping(state: State, command: Command) -> Document:  # noqa: ARG001
    """Whether the key works."""
    return Document("application/vnd.lime.ping+json", {})


_TABLE: list[Row] = [
    ("ping", "get", "/ping", ping, KNOWN, "2.9", OWN, ()),
    ("contacts.set", "set", "/contacts", contacts.set_contact, KNOWN, "2.1", CRM, (64,)),
    ("contacts.merge", "merge", "/contacts", contacts.merge_contact, KNOWN, "2.1", CRM, (64,)),
    ("contacts.list", "get", "/contacts", contacts.get_contacts, KNOWN, "2.1", CRM, (64,)),
    ("contacts.get", "get", "/contacts/{identity}", contacts.get_contact, KNOWN, "2.1", CRM, (67,)),
    ("contacts.delete", "delete", "/contacts/{identity}", contacts.delete_contact, SEEN, "2.1",
     CRM, (67,)),
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
    ("campaigns.summaries", "get", "/campaigns/summaries", campaigns.get_summaries, SEEN,
     "2.7", ACTIVE, (64,)),
    ("campaigns.get", "get", "/campaigns/{id}", campaigns.get_one, INFERRED, "2.7", ACTIVE, (67,)),
    ("campaigns.audience", "get", "/audiences/{id}", campaigns.get_audience, SEEN, "2.7", ACTIVE, (67,)),
]  # fmt: skip

COMMANDS: tuple[Operation, ...] = tuple(
    Operation(f"blip.{name}", method, uri, handler, evidence, f"BLiP {section}", postmasters, errors)
    for name, method, uri, handler, evidence, section, postmasters, errors in _TABLE
)
