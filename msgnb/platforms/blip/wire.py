"""The names in BLiP's requests and responses, and what they say (BLiP 1, 2)."""

from __future__ import annotations

from msgnb.platforms.blip.identities import CHANNEL_DOMAINS, SERVICE_DOMAINS
from msgnb.platforms.wire import CODES, MEDIA_TYPES, Holds, Wire

_FLAG = frozenset({"true", "false", "True", "False"})
_TRACE: dict[str, Holds] = {
    "traceparent": "id",
    "uber-trace-id": "id",
    "x-datadog-trace-id": "id",
    "x-datadog-parent-id": "id",
    "x-datadog-sampling-priority": "amount",
}
_COUNTS = (
    "agentsOnline", "closed", "closedAttendant", "closedClient", "closedTickets", "consumed",
    "count", "failed", "interval", "missed", "offset", "open", "openedTickets", "order", "priority",
    "Priority", "received", "recipients", "sent", "sequentialId", "size", "ticketsCount",
    "timezone", "total", "transferred", "unreadMessages", "waiting", "rating", "score", "queueSize",
)  # fmt: skip
_TIMES = (
    "#date_processed", "#envelope.storageDate", "#envelope.timestamp", "#scheduler.when",
    "#wa.timestamp", "attendanceTime", "averageAttendanceTime", "averageFirstResponseTime",
    "averageResponseTime", "averageWaitTime", "avgAttendanceTime", "avgFirstResponseTime",
    "avgQueueTime", "avgResponseTime", "avgWaitTime", "closeDate", "created", "createdDate",
    "creationDate", "date", "date_created", "firstResponseTime", "intervalEnd", "intervalStart",
    "invisible", "lastMessageDate", "lastServiceDate", "lastUpdateDate", "last_updated_time",
    "maxFirstResponseTime", "maxQueueTime", "modifiedAt", "offline", "online", "openDate", "paused",
    "queueTime", "requestDateTime", "sendDate", "statusDate", "storageDate", "trainingDate", "when",
    "$elapsedTimeToStorage", "firstResponseDate", "scheduled",
)  # fmt: skip
_IDS = (
    "#message.uniqueId", "#messageId", "#previousStateId", "#stateId", "#uniqueId", "$internalId",
    "campaignId", "externalId", "flowId", "id", "masterMessageId", "messageId",
    "parentSequentialId", "queueId", "stateId",
)  # fmt: skip
_ADDRESSES = (
    "#message.to", "#tunnel.originalFrom", "#tunnel.originalTo", "#tunnel.originator",
    "#tunnel.owner", "$claims", "$originator", "$originatorSessionRemoteNode", "account",
    "agentIdentity", "alternativeAccount", "authorIdentity", "caller", "cellPhoneNumber",
    "customerIdentity", "destination", "email", "from", "identity", "items",
    "masterState", "masterstate", "originator", "owner", "ownerIdentity", "ownerUserIdentity",
    "peerIdentity", "phoneNumber", "pp", "recipient", "requirer", "serviceIdentity", "target", "to",
    "userIdentity", "validatedAccount", "whatsAppWaId",
)  # fmt: skip
_PEOPLE = ("agentName", "displayName", "firstName", "fullName", "lastName", "name", "whatsAppUserName")
_TEXTS = (
    "#stateName",
    "#previousStateName",
    "content",
    "customerInput",
    "description",
    "document",
    "resource",
    "text",
    "title",
)
_LIME_TYPES = frozenset({
    *(f"application/vnd.lime.{word}+json" for word in (
        "account", "capability", "chatstate", "collection", "command", "contact", "container",
        "delegation", "document-select", "identity", "input", "list", "invoice", "invoice-status", "location",
        "media-link", "menu",
        "message", "notification", "payment-receipt", "ping", "presence", "quota", "reason", "reply",
        "reaction", "receipt", "redirect", "resource", "select", "sensitive", "template", "thread",
        "web-link",
    )),
    *(f"application/vnd.iris.{word}+json" for word in (
        "activecampaign.audience", "activecampaign.campaign", "activecampaign.campaign-report",
        "activecampaign.campaign-summary", "activecampaign.full-campaign", "activecampaign.message",
        "analytics.metric-identity", "analytics.metric-indicators", "crm.comment",
        "desk.agentproductivitysummary", "desk.attendancetimesummary", "desk.attendant",
        "desk.attendantticketssummary", "desk.open-ticket-summary", "desk.tag-tickets-summary",
        "desk.team", "desk.teamticketssummary", "desk.tickets-metrics-summary",
        "desk.ticketssummary", "distribution-list", "distribution-list-message", "eventTrack",
        "resource", "schedule", "thread", "thread-message", "ticket",
    )),
    "application/vnd.iris.content-unavailable", "application/vnd.lime.identity",
})  # fmt: skip
_COMPONENTS = frozenset({
    "template", "header", "body", "button", "buttons", "footer", "text", "image", "video", "document",
    "audio", "location", "contacts", "interactive", "list", "reaction", "sticker", "payload", "quick_reply",
    "url", "string",
})  # fmt: skip
"""What a template of WhatsApp is made of."""
_NAMES = frozenset({
    "action", "altitude", "audience", "audiences", "campaign", "canSendWithOpenTicket", "city", "components",
    "contact", "domain", "group", "header", "isToUseLiteApi", "label", "lastMessage", "latitude", "longitude",
    "message", "messageParams", "messageTemplate", "messageTemplateLanguage", "metadata", "options",
    "parameters", "plan", "policy", "reason", "sequentialSuffix", "source", "tags", "team", "teams",
    "template", "value",
})  # fmt: skip
_PATHS: dict[str, Holds | None] = {
    "commands": None, "messages": "id", "notifications": "id", "account": None, "ping": None,
    "contacts": "address", "contacts-cursor": None, "comments": "id", "linked": "address",
    "threads": "address", "threads-merged": "address", "unread": None, "transcription": None,
    "event-track": None, "lists": "address", "recipients": "address", "campaign": None, "full": None,
    "campaigns": "id", "summaries": None, "reports": "id", "charts": "id", "audiences": "id",
    "metrics": frozenset({
        "active-messages", "active-messages-per-domain", "active-identity", "engaged-identity",
        "received-messages", "sent-messages",
    }),
    "schedules": "id", "contexts": "address", "buckets": None, "resources": None,
    "tickets": "id", "ticket": "id", "change-status": None, "attendants": None, "teams": None,
    "agents-online": None, "analytics": None, "productivity": None, "monitoring": None,
    "message-templates": None,
    "D": None, "M": None, "NI": None, "intentions": "id", "entities": "id", "analysis": "id",
    "attendancequeues": None, "rules": "id", "waiting-tickets": None, "open-tickets": None,
    "timings": None, "tags": None, "accounts": "address", "presence": None,
}  # fmt: skip
_PARAMETERS: dict[str, Holds] = {
    "$skip": "amount",
    "$take": "amount",
    "$ascending": _FLAG,
    "refreshExpiredMedia": _FLAG,
    "getFromOriginator": _FLAG,
    "decryptContent": _FLAG,
    "closed": _FLAG,
    "direction": frozenset({"asc", "desc"}),
    "storageDate": "time",
    "messageDate": "time",
    "startDate": "time",
    "endDate": "time",
    "beginDate": "time",
    "since": "time",
    "messageId": "id",
    "id": "id",
    "agentIdentity": "address",
    "customerIdentity": "address",
}
WIRE = Wire(
    fields={
        **dict.fromkeys(_COUNTS, "amount"),
        **dict.fromkeys(_TIMES, "time"),
        **dict.fromkeys(_IDS, "id"),
        **dict.fromkeys(_ADDRESSES, "address"),
        **dict.fromkeys(_PEOPLE, "person"),
        **dict.fromkeys(_TEXTS, "text"),
        **_TRACE,
        "#command.uri": "url",
        "#messageEmitter": frozenset({"Human", "Bot"}),
        "#messageKind": frozenset({"Response", "Active"}),
        "campaignType": frozenset({"Individual", "INDIVIDUAL", "Batch", "BATCH"}),
        "category": frozenset({"UTILITY", "MARKETING", "AUTHENTICATION"}),
        "channelType": frozenset({"WhatsApp", "WHATSAPP"}),
        "code": CODES,
        "customerDomain": "host",
        "direction": frozenset({"sent", "received"}),
        "event": frozenset({"accepted", "dispatched", "received", "consumed", "failed"}),
        "extras": "opaque",
        "gender": frozenset({"male", "female", "other"}),
        "itemType": MEDIA_TYPES | _LIME_TYPES,
        "jitsiUrl": "secret",
        "key": "secret",
        "accessKey": "secret",
        "language": frozenset({"pt_BR", "en", "en_US", "es", "fr"}),
        "method": frozenset({"get", "set", "merge", "delete", "subscribe", "unsubscribe", "observe"}),
        "photoUri": "url",
        "previewType": MEDIA_TYPES,
        "previewUri": "url",
        "provider": frozenset({"Lime", "Dialogflow"}),
        "state": frozenset({"composing", "paused", "starting", "deleting", "gone"}),
        "status": frozenset({
            "success", "failure", "pending", "accepted", "dispatched", "received", "consumed", "failed",
            "processing", "processed", "executed", "scheduled", "canceled", "cancelled", "sent",
            "waiting", "Waiting", "open", "Open", "closed", "assigned", "transferred", "closedattendant",
            "ClosedAttendant", "ClosedClient", "ClosedClientInactivity", "Assigned", "Transferred", "Missed",
            "APPROVED", "REJECTED", "PENDING", "Online", "Pause", "Invisible", "Offline",
        }),
        "subscriptionStatus": frozenset({"subscribed", "not-subscribed"}),
        "type": MEDIA_TYPES | _LIME_TYPES | _COMPONENTS,
        "uri": "url",
    },
    parameters=_PARAMETERS,
    paths=_PATHS,
    names=_NAMES,
    hosts=CHANNEL_DOMAINS | SERVICE_DOMAINS | {"http.msging.net"},
)  # fmt: skip
