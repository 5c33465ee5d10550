"""Active campaigns (BLiP 2.7). The mixed case of the keys is the platform's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.blip.lime import (
    Command,
    Document,
    collection,
    invalid,
    not_found,
    parse_time,
    stamp,
)
from msgnb_mocks.platforms.blip.state import Campaign, State

CAMPAIGN = "application/vnd.iris.activecampaign.campaign+json"
SUMMARY = "application/vnd.iris.activecampaign.campaign-summary+json"
AUDIENCE = "application/vnd.iris.activecampaign.audience+json"
REPORT = "application/vnd.iris.activecampaign.campaign-report+json"
MESSAGE = "application/vnd.iris.activecampaign.message+json"
MOST = 100
PACE = timedelta(seconds=1)
STEPS = (
    (timedelta(), "PROCESSED", "processed"),
    (timedelta(seconds=1), "SENT", "sent"),
    (timedelta(seconds=3), "DELIVERED", "received"),
    (timedelta(seconds=60), "READ", "read"),
)
UNKNOWN_NUMBER = ((timedelta(seconds=2), "FAILED", "processed"),)
# The code of a gateway that does not find the destination (BLiP 4).
UNREACHABLE = (83, "The destination was not found")
NEVER_REACHED = "0000"
"""Numbers that end in this are unknown to WhatsApp, so that campaigns have failures too."""


def create(state: State, command: Command) -> Document:
    """Create a campaign, and send it now or at its time."""
    resource = _lower(command.resource)
    campaign, message = (_lower(resource.get(key)) for key in ("campaign", "message"))
    name = campaign.get("name")
    # That names must be unique is not documented; clients always make them so (BLiP 2.7).
    if not name or any(known.wire["name"] == name for known in state.campaigns.values()):
        raise invalid("The campaign name must be given and unique")
    # A campaign of type `Batch` has a list of audiences, one of type `Individual` a single one (BLiP 2.7).
    people = resource.get("audiences", [resource.get("audience")])
    if not isinstance(people, list) or not people:
        raise invalid("The audience is missing")
    audience = [_lower(person) for person in people]
    if not all(str(person.get("recipient", "")).startswith("+") for person in audience):
        raise invalid("The audience must have recipients like +5511900000001")
    made = add_campaign(state, campaign, message, [str(person["recipient"]) for person in audience])
    return Document(CAMPAIGN, made.wire)


def get_all(state: State, command: Command) -> Document:
    """List the campaigns."""
    skip, take = command.page(MOST, MOST)
    found = [campaign.wire for campaign in state.campaigns.values()]
    return collection(found[skip : skip + take], CAMPAIGN, len(found))


def get_one(state: State, command: Command) -> Document:
    """Return one campaign."""
    return Document(CAMPAIGN, _get(state, command).wire)


def get_summaries(state: State, command: Command) -> Document:
    """List the campaigns with the status of each recipient."""
    skip, take = command.page(MOST, MOST)
    found = [_summary(campaign) for campaign in state.campaigns.values()]
    return collection(found[skip : skip + take], SUMMARY, len(found))


def get_audience(state: State, command: Command) -> Document:
    """List the recipients of a campaign."""
    audience = _get(state, command).audience
    return collection(audience, AUDIENCE, len(audience))


def get_one_summary(state: State, command: Command) -> Document:
    """Return the summary of one campaign."""
    return Document(SUMMARY, _summary(_get(state, command)))


def get_report(state: State, command: Command) -> Document:
    """Return the report of one campaign, with the name of its block if requested."""
    campaign = _get(state, command)
    named = command.query.get("shouldHaveStateName", "").lower() == "true"
    return Document(REPORT, {**_summary(campaign), **({"stateName": "Onboarding"} if named else {})})


def get_messages(state: State, command: Command) -> Document:
    """Return the template that a campaign sends."""
    message = _get(state, command).message
    row = {
        "channelType": "WHATSAPP",
        "messageTemplate": message.get("messagetemplate", ""),
        "messageTemplateLanguage": message.get("messagetemplatelanguage", "pt_BR"),
    }
    return collection([row], MESSAGE, 1)


def delete(state: State, command: Command) -> None:
    """Delete a campaign."""
    del state.campaigns[str(_get(state, command).wire["id"])]


def proceed(state: State) -> None:
    """Update every campaign to the current time: its recipients are reached one after the other."""
    for campaign in state.campaigns.values():
        begun = parse_time(str(campaign.wire.get("scheduled") or campaign.wire["created"]))
        if campaign.settled:
            continue
        for number, person in enumerate(campaign.audience):
            _proceed(person, begun + PACE * number, state.now)
        over = all(person["status"] in {"READ", "FAILED"} for person in campaign.audience)
        begins = state.now >= begun
        # Of the statuses of a campaign only "processing" is documented.
        campaign.wire["status"] = "completed" if over else "processing" if begins else "scheduled"
        campaign.settled = over


def received(state: State) -> dict[str, list[str]]:
    """Return the templates that each identity received from the campaigns that clients created."""
    found: dict[str, list[str]] = {}
    proceed(state)
    for campaign in state.campaigns.values():
        if parse_time(str(campaign.wire["created"])) >= state.world.start:
            for person in campaign.audience:
                if person["status"] in {"DELIVERED", "READ"}:
                    template = str(campaign.message.get("messagetemplate", ""))
                    found.setdefault(str(person["validatedAccount"]), []).append(template)
    return found


def _proceed(person: dict[str, Json], begun: datetime, now: datetime) -> None:
    for delay, status, key in UNKNOWN_NUMBER if person["numberStatus"] == "INVALID" else STEPS:
        if now >= begun + delay:
            person["status"] = status
            person[key] = stamp(begun + delay)


def add_campaign(
    state: State, campaign: Mapping[str, Any], message: Mapping[str, Any], recipients: list[str]
) -> Campaign:
    """Store a campaign, and return it; its enumerations are in upper case."""
    created, id_ = stamp(state.now), state.uuid()
    scheduled = {"scheduled": campaign["scheduled"]} if campaign.get("scheduled") else {}
    wire: dict[str, Json] = {
        "id": id_,
        "name": campaign["name"],
        "campaignType": str(campaign.get("campaigntype", "Individual")).upper(),
        "masterState": campaign.get("masterstate", ""),
        "flowId": campaign.get("flowid", ""),
        "stateId": campaign.get("stateid", ""),
        "status": "processing",
        "created": created,
        "tags": campaign.get("tags", []),
        "isToUseLiteApi": False,
        "channelType": str(campaign.get("channeltype", "WhatsApp")).upper(),
        "canSendWithOpenTicket": False,
        **scheduled,
    }
    audience = [_recipient(state.bot, id_, recipient) for recipient in recipients]
    made = state.campaigns[id_] = Campaign(wire, audience, dict(message))
    return made


def _recipient(bot: str, campaign: str, recipient: str) -> dict[str, Json]:
    return {
        "OwnerIdentity": bot,
        "CampaignId": campaign,
        "recipient": recipient,
        "recipientType": "PhoneNumber",
        "channelType": "WHATSAPP",
        "messageParams": {},
        "status": "PROCESSED",
        "numberStatus": "INVALID" if recipient.endswith(NEVER_REACHED) else "VALID",
        "validatedAccount": f"{recipient.removeprefix('+')}@wa.gw.msging.net",
    }


def _summary(campaign: Campaign) -> dict[str, Json]:
    wire = campaign.wire
    return {
        "id": wire["id"],
        "name": wire["name"],
        "messageTemplate": campaign.message.get("messagetemplate", ""),
        "flowId": wire["flowId"],
        "stateId": wire["stateId"],
        "sendDate": wire.get("scheduled", wire["created"]),
        "statusAudience": [
            {
                "RecipientIdentity": person["validatedAccount"],
                "Status": person["status"],
                **({"ReasonCode": UNREACHABLE[0]} if person["status"] == "FAILED" else {}),
                **({"ReasonDescription": UNREACHABLE[1]} if person["status"] == "FAILED" else {}),
            }
            for person in campaign.audience
        ],
    }


def _get(state: State, command: Command) -> Campaign:
    campaign = state.campaigns.get(command.parts["id"])
    if campaign is None:
        raise not_found()
    return campaign


def _lower(resource: Any) -> dict[str, Any]:
    """Return a resource with lower-case keys: clients write the same key in three ways."""
    if not isinstance(resource, Mapping):
        raise invalid("The resource is not valid")
    return {str(key).lower(): value for key, value in resource.items()}
