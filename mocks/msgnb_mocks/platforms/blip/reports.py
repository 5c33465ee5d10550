"""Reports of the desk about its tickets, by day or at present (BLiP 2.11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.blip.desk import OPEN, between
from msgnb_mocks.platforms.blip.lime import Command, Document, collection, not_found, parse_time, stamp
from msgnb_mocks.platforms.blip.state import State
from msgnb_mocks.platforms.blip.tracking import day

ATTENDANTS = "application/vnd.iris.desk.attendantticketssummary+json"
PRODUCTIVITY = "application/vnd.iris.desk.agentproductivitysummary+json"
TAGS = "application/vnd.iris.desk.tag-tickets-summary+json"
TEAMS = "application/vnd.iris.desk.teamticketssummary+json"
TICKETS = "application/vnd.iris.desk.ticketssummary+json"
TIMINGS = "application/vnd.iris.desk.tickets-metrics-summary+json"
DURATION = "application/vnd.iris.desk.attendancetimesummary+json"
WAITING = "application/vnd.iris.desk.open-ticket-summary+json"

Ticket = Mapping[str, Json]
Tickets = list[dict[str, Json]]


def get_report(state: State, command: Command) -> Document:
    """Return a report for the days from beginDate to endDate."""
    report = _REPORTS.get(command.parts["name"])
    if report is None:
        raise not_found()
    return report(state, between(state, command))


def get_productivity(state: State, command: Command) -> Document:
    """Return how long each agent was online."""
    # Only for its checks: both dates are required (BLiP 2.11).
    between(state, command)
    rows = [
        {
            "identity": name,
            "online": span(timedelta(days=2, minutes=58, seconds=27)),
            "paused": span(timedelta()),
            "invisible": span(timedelta(hours=3)),
            "offline": span(timedelta(days=3)),
            "total": span(timedelta(days=5, hours=3, minutes=58, seconds=27)),
        }
        for name in state.attendants
    ]
    return collection(rows, PRODUCTIVITY, len(rows))


def get_monitoring(state: State, command: Command) -> Document:
    """Return the desk's present status."""
    tickets = list(state.tickets.values())
    match command.parts["name"]:
        case "tickets" | "ticket-metrics":
            return Document(TICKETS, _counts(tickets))
        case "waiting-tickets":
            return _queue(state, [each for each in tickets if each["status"] == "Waiting"])
        case "open-tickets":
            return _queue(state, [each for each in tickets if each["status"] in {"Open", "Assigned"}])
        case "attendants":
            return _by_agent(state, tickets)
        case "teams":
            return _by_team(state, tickets)
    raise not_found()


def span(length: timedelta) -> str:
    """Return a duration in the format of .NET, such as `00:30:35` or `2.00:58:27`."""
    days, seconds = divmod(int(length.total_seconds()), 86_400)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{days}.{clock}" if days else clock


def _by_agent(state: State, tickets: Tickets) -> Document:
    rows = [
        {
            "identity": name,
            "status": agent["status"],
            "openedTickets": sum(each["status"] in OPEN for each in own),
            "closedTickets": sum(bool(each["closed"]) for each in own),
            **_averages(own),
        }
        for name, agent in state.attendants.items()
        for own in [[each for each in tickets if each.get("agentIdentity") == name]]
    ]
    return collection(rows, ATTENDANTS, len(rows))


def _by_team(_: State, tickets: Tickets) -> Document:
    rows = [
        {"name": name, "closedTickets": sum(bool(each["closed"]) for each in own), **_averages(own)}
        for name in dict.fromkeys(each["team"] for each in tickets)
        for own in [[each for each in tickets if each["team"] == name]]
    ]
    return collection(rows, TEAMS, len(rows))


def _by_tag(_: State, tickets: Tickets) -> Document:
    names = dict.fromkeys(tag for each in tickets for tag in each.get("tags", ()))
    rows = [
        {"name": name, "closedTickets": sum(bool(each["closed"]) for each in own), **_averages(own)}
        for name in names
        for own in [[each for each in tickets if name in each.get("tags", ())]]
    ]
    return collection(rows, TAGS, len(rows))


def _by_day(_: State, tickets: Tickets) -> Document:
    days: dict[str, Tickets] = {}
    for each in tickets:
        days.setdefault(stamp(day(parse_time(str(each["storageDate"])))), []).append(each)
    rows = [{"date": date, **_counts(some)} for date, some in sorted(days.items(), reverse=True)]
    return collection(rows, TICKETS, len(rows))


def _timings(_: State, tickets: Tickets) -> Document:
    queue, first, attendance = (_spans(tickets, *bounds) for bounds in (_QUEUE, _FIRST, _ATTENDANCE))
    body = {
        "maxQueueTime": span(max(queue, default=timedelta())),
        "maxFirstResponseTime": span(max(first, default=timedelta())),
        "avgQueueTime": span(_mean(queue)),
        "avgFirstResponseTime": span(_mean(first)),
        "avgWaitTime": span(_mean(queue)),
        "avgResponseTime": span(_mean(first)),
        "avgAttendanceTime": span(_mean(attendance)),
    }
    return Document(TIMINGS, body)


def _attendance(_: State, tickets: Tickets) -> Document:
    return Document(DURATION, {"attendanceTime": span(_mean(_spans(tickets, *_ATTENDANCE)))})


_REPORTS: Mapping[str, Callable[[State, Tickets], Document]] = {
    "attendants": _by_agent,
    "teams": _by_team,
    "tags": _by_tag,
    "tickets": _by_day,
    "timings": _timings,
    "attendancetime": _attendance,
}
_QUEUE = ("storageDate", "openDate")
_FIRST = ("openDate", "firstResponseDate")
_ATTENDANCE = ("openDate", "closeDate")


def _counts(tickets: Iterable[Ticket]) -> dict[str, Json]:
    counted = Counter(str(each["status"]) for each in tickets)
    closed = {"closedAttendant": counted["ClosedAttendant"], "closedClient": counted["ClosedClient"]}
    return {
        "waiting": counted["Waiting"],
        "open": counted["Open"] + counted["Assigned"],
        "closed": sum(closed.values()),
        **closed,
        "transferred": counted["Transferred"],
        "missed": 0,
    }


def _queue(state: State, tickets: Tickets) -> Document:
    keys = ("id", "sequentialId", "agentIdentity", "customerIdentity", "team")
    rows: list[dict[str, Json]] = []
    for each in tickets:
        began, opened = parse_time(str(each["storageDate"])), each.get("openDate")
        row = {key: each[key] for key in keys if key in each}
        row["queueTime"] = span((parse_time(str(opened)) if opened else state.now) - began)
        if answered := each.get("firstResponseDate"):
            row["firstResponseTime"] = span(parse_time(str(answered)) - began)
        rows.append(row)
    return collection(rows, WAITING, len(rows))


def _averages(tickets: Tickets) -> dict[str, Json]:
    first, wait, attendance = (_mean(_spans(tickets, *each)) for each in (_FIRST, _QUEUE, _ATTENDANCE))
    return {
        "averageFirstResponseTime": span(first),
        "averageWaitTime": span(wait),
        "averageAttendanceTime": span(attendance),
        "averageResponseTime": span(first),
    }


def _spans(tickets: Iterable[Ticket], begin: str, end: str) -> list[timedelta]:
    return [
        parse_time(str(each[end])) - parse_time(str(each[begin]))
        for each in tickets
        if each.get(begin) and each.get(end)
    ]


def _mean(spans: list[timedelta]) -> timedelta:
    return sum(spans, timedelta()) / len(spans) if spans else timedelta()
