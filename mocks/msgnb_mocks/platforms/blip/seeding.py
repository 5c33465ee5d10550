"""Fills a bot from the world."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.blip import campaigns, desk
from msgnb_mocks.platforms.blip.lime import MEDIA, TEXT, stamp
from msgnb_mocks.platforms.blip.state import Campaign, Message, State, Stored, Track
from msgnb_mocks.world.world import Conversation, Line, Media, Person

MENU = "application/vnd.lime.select+json"
LOCATION = "application/vnd.lime.location+json"
NATIVE = "application/json"
TIMED_OUT = {"code": 86, "description": "The gateway switch operation timed out"}
CHANNELS = {"wa.gw.msging.net": 10, "0mn.io": 4, "messenger.gw.msging.net": 2, "instagram.gw.msging.net": 2,
            "telegram.gw.msging.net": 2}  # fmt: skip
CONVERSATIONS = slice(0, 50)
"""The world's conversations that take place here."""
LONG = 14
"""The first threads are joined into one that is longer than any page."""
TRACKS = {
    "payments": ("success-order", "failed-order"),
    "accounts": ("created",),
    "flow": ("menu", "agent", "end"),
}
GROUPS = ("friends", "customers", "vip", "testers")
LISTS = {"news": 40, "promotions": 25, "clinic": 10}


def fill(state: State) -> None:
    """Fill a bot with contacts, threads, lists, event tracks and campaigns."""
    rng = state.world.random("blip seeding")
    conversations = state.world.conversations[CONVERSATIONS]
    identities = [_identity(rng, conversation.person) for conversation in conversations]
    for identity, conversation in zip(identities, conversations, strict=True):
        state.contacts[identity] = _contact(rng, identity, conversation)
    lines = [conversation.lines for conversation in conversations]
    lines[0] = tuple(sorted((line for some in lines[:LONG] for line in some), key=lambda line: line.at))
    for identity, said in zip(identities, lines, strict=True):
        state.threads[identity] = _thread(state, rng, said)
    _lists(state, rng, identities)
    _tracks(state, rng, identities)
    _campaigns(state, rng)
    _desk(state, rng, identities)
    _stored(state, rng, identities)


def _identity(rng: Random, person: Person) -> str:
    domain = rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
    name = {
        "wa.gw.msging.net": person.phone.removeprefix("+"),
        "0mn.io": f"{rng.getrandbits(64):016x}.demobot",
    }
    return f"{name.get(domain) or rng.randrange(10**14, 10**16)}@{domain}"


def _contact(rng: Random, identity: str, conversation: Conversation) -> dict[str, Json]:
    person = conversation.person
    contact: dict[str, Json] = {
        "identity": identity,
        "name": person.name,
        "phoneNumber": person.phone,
        "city": person.city,
        "lastMessageDate": stamp(conversation.lines[-1].at),
        "source": identity.partition("@")[2],
    }
    optional: dict[str, Any] = {
        "email": person.email,
        "group": rng.choice(GROUPS),
        "gender": rng.choice(("male", "female", "other")),
        "extras": {"plan": rng.choice(("Gold", "Silver")), "code": str(rng.randrange(1000, 9999))},
    }
    return contact | {key: value for key, value in optional.items() if rng.random() < 0.6}


def _thread(state: State, rng: Random, lines: tuple[Line, ...]) -> list[Message]:
    thread: list[Message] = []
    for line in lines:
        # Sometimes two messages have the same millisecond, as on a busy bot.
        at = thread[-1].at if thread and rng.random() < 0.02 else line.at
        kind, content = _content(rng, line)
        failure = TIMED_OUT if not line.inbound and rng.random() < 0.02 else None
        metadata = {"#uniqueId": state.world.uuid(rng), "date_created": str(int(at.timestamp() * 1000))}
        thread.append(
            Message(state.world.uuid(rng), at, not line.inbound, kind, content, failure, metadata=metadata)
        )
    return thread


def _content(rng: Random, line: Line) -> tuple[str, Json]:
    if line.media:
        return MEDIA, _media(line.media)
    chance = rng.random()
    if line.inbound:
        if chance < 0.01:
            return LOCATION, {"latitude": -19.917, "longitude": -43.934, "altitude": 853, "text": line.text}
        return TEXT, line.text
    if chance < 0.05:
        options = [{"order": order, "text": text} for order, text in enumerate(("👍", "👎", "…"), 1)]
        return MENU, {"text": line.text, "options": options}
    if chance < 0.07:
        body = {"type": "body", "parameters": [{"type": "text", "text": line.text}]}
        template = {"name": "order_update", "language": {"code": "pt_BR", "policy": "deterministic"}}
        return NATIVE, {"type": "template", "template": {**template, "components": [body]}}
    return TEXT, line.text


def _media(media: Media) -> dict[str, Json]:
    caption = {"text": media.caption} if media.caption else {}
    return {"type": media.mime, "uri": media.url, "title": media.name, "size": media.size, **caption}


def _lists(state: State, rng: Random, identities: list[str]) -> None:
    bot = state.bot.partition("@")[0]
    # Every bot has this list (BLiP 2.5).
    state.lists[f"{bot}+senders@broadcast.msging.net"] = dict.fromkeys(identities)
    for name, size in LISTS.items():
        state.lists[f"{name}@broadcast.msging.net"] = dict.fromkeys(rng.sample(identities, size))


def _tracks(state: State, rng: Random, identities: list[str]) -> None:
    start = state.now
    for _ in range(600):
        category = rng.choice(list(TRACKS))
        at = start - timedelta(minutes=rng.randrange(60 * 24 * 60))
        state.tracks.append(_track(at, category, rng.choice(TRACKS[category]), rng.choice(identities)))


def _track(at: datetime, category: str, action: str, identity: str) -> Track:
    wire = {"category": category, "action": action, "storageDate": stamp(at)}
    return Track(
        at, category, action, {**wire, "contact": {"identity": identity}, "extras": {"source": "bot"}}
    )


def _campaigns(state: State, rng: Random) -> None:
    for number, mailing in enumerate(state.world.mailings[:6]):
        coming = mailing.at > state.now
        given = {
            "name": mailing.title,
            "campaigntype": "Individual" if len(mailing.recipients) == 1 else "Batch",
            "flowid": state.world.uuid(rng),
            "stateid": "onboarding",
            "masterstate": state.bot,
            **({"scheduled": stamp(mailing.at)} if coming else {}),
        }
        template = {"messagetemplate": f"template_{number}"}
        made = campaigns.add_campaign(state, given, template, [person.phone for person in mailing.recipients])
        made.wire["created"] = stamp(mailing.at - timedelta(days=1))
        if not coming:
            _finished(rng, made, mailing.at)


def _finished(rng: Random, campaign: Campaign, at: datetime) -> None:
    """Set the statuses of a campaign in the past."""
    for number, person in enumerate(campaign.audience):
        status = rng.choice(("SENT", "DELIVERED", "READ", "READ", "FAILED"))
        reached = campaigns.STEPS[: {"SENT": 2, "DELIVERED": 3, "READ": 4}.get(status, 1)]
        sent = at + campaigns.PACE * number
        person |= {key: stamp(sent + delay) for delay, _, key in reached}
        person["status"] = status
    campaign.wire["status"] = "completed"
    campaign.settled = True


def _desk(state: State, rng: Random, identities: list[str]) -> None:
    people = [person.email for person in state.world.people[:5]]
    for number, email in enumerate(people):
        # An `@` within a name is percent-encoded (BLiP 1.5).
        identity = f"{email.replace('@', '%40')}@blip.ai"
        state.attendants[identity] = {
            "identity": identity,
            "teams": ["Default"] if number < 3 else ["Belo Horizonte", "Default"],
            "status": rng.choice(("Online", "Online", "Offline", "Pause")),
            "lastServiceDate": stamp(state.now - timedelta(minutes=rng.randrange(600))),
        }
    agents = list(state.attendants)
    moments = sorted(state.now - timedelta(minutes=rng.randrange(60 * 24 * 30)) for _ in range(70))
    for at in moments:
        _ticket(state, rng, at, rng.choice(identities), agents)
    for minutes in (14, 3):
        waiting = desk.add_ticket(state, rng.choice(identities), {})
        waiting["storageDate"] = stamp(state.now - timedelta(minutes=minutes))


def _ticket(state: State, rng: Random, at: datetime, customer: str, agents: list[str]) -> None:
    ticket = desk.add_ticket(state, customer, {"team": rng.choice(("Default", "Default", "Belo Horizonte"))})
    ticket["storageDate"] = stamp(at)
    waited = timedelta(seconds=rng.randrange(5, 1800))
    # It still waits for an agent.
    if at + waited > state.now:
        return
    opened = at + waited
    answered, closed = (opened + timedelta(seconds=rng.randrange(*span)) for span in ((4, 300), (300, 7200)))
    ticket |= {"status": "Open", "agentIdentity": rng.choice(agents), "openDate": stamp(opened)}
    if answered < state.now:
        ticket["firstResponseDate"] = stamp(answered)
    if closed < state.now:
        status = rng.choice(("ClosedAttendant", "ClosedAttendant", "ClosedClient", "Transferred"))
        ticket |= {"status": status, "closed": True, "statusDate": stamp(closed), "closeDate": stamp(closed)}
        ticket["tags"] = rng.sample(("Awesome", "Order", "Complaint", "Delivery"), rng.randrange(3))


def _stored(state: State, rng: Random, identities: list[str]) -> None:
    for identity in identities[:12]:
        # The last variable is the block that the user is in, by flow (BLiP 2.9).
        state.contexts[identity] = {
            "counter": Stored(TEXT, str(rng.randrange(9))),
            "name": Stored(TEXT, str(state.contacts[identity]["name"])),
            f"stateid@{state.uuid()}": Stored(TEXT, state.uuid()),
        }
    # Where the builder stores the flow of a bot (BLiP 2.10).
    state.buckets["blip_portal:builder_working_flow"] = Stored("application/json", {"onboarding": {}})
    state.resources["welcome"] = Stored(TEXT, "Welcome to our service, ${contact.name}!")
