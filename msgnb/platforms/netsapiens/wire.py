"""The names in NetSapiens' requests, responses and events, and what they say (NetSapiens 1 to 7)."""

from __future__ import annotations

from msgnb.platforms.wire import CODES, MEDIA_TYPES, YES_NO, Holds, Wire

_SCOPES = frozenset({
    "Basic User", "Simple User", "Advanced User", "Call Center Agent", "Site Manager",
    "Call Center Supervisor", "Office Manager", "Reseller", "Super User", "NDP", "No Portal",
    "mfa_required",
})  # fmt: skip
_MODELS = frozenset({
    "agent", "auditlog", "auditlog_lite", "call", "call_origid", "cdr", "message", "messagesession",
    "subscriber", "presence", "voicemail", "contacts",
})  # fmt: skip
_SECRETS = (
    "access_token", "refresh_token", "refresh", "token", "client_secret", "password", "passcode",
    "key", "jti",
)  # fmt: skip
_AMOUNTS = (
    "batch_dura", "batch_hold", "cdr_index", "duration", "error-count", "expires_in", "length",
    "media-size", "media_size", "messagesession-last-media-size", "posts-count", "size", "time_out",
    "time_talking", "total", "limit", "start",
)  # fmt: skip
_TIMES = (
    "batch_tim_ans", "batch_tim_beg", "call-answer-datetime", "call-start-datetime",
    "created-datetime", "current-time", "deleted-datetime", "deleted-timestamp", "exp", "filedate",
    "iat", "last_timestamp", "lastused-datetime", "messagesession-agent-start-datetime",
    "messagesession-agent-start-timestamp", "messagesession-last-datetime",
    "messagesession-last-email-reminder-datetime", "messagesession-last-email-reminder-timestamp",
    "messagesession-last-timestamp", "messagesession-start-datetime",
    "messagesession-start-timestamp", "start_timestamp", "subscription-creation-datetime",
    "subscription-expires-datetime", "time_answer", "time_begin", "time_refresh", "time_start",
    "timestamp", "ts",
)  # fmt: skip
_IDS = (
    "acr_id", "by_callid", "call-id", "call-by-call-id", "call-orig-call-id", "call-session-id",
    "call-term-call-id", "cdr_id", "id", "key-id", "messagesession-id",
    "messagesession-queue-session-id", "orig_callid", "sessionId", "session_id", "servedCallId",
    "subscription_id", "term_callid", "unique-id", "video-instance-id", "from-video-attendee-id",
    "orig_leg_tag", "term_leg_tag",
)  # fmt: skip
_HOSTS = (
    "call-by-domain", "call-orig-domain", "call-term-domain", "by_domain", "core-server",
    "current-active-server", "domain", "hostname", "iss", "messagesession-reciever-hostname",
    "orig_domain", "orig_from_host", "orig_own_domain", "orig_req_host", "orig_to_host",
    "preferred-server", "reseller", "server_preferred", "term_domain", "term_own_domain",
    "territory", "orig_territory", "term_territory", "by_territory",
)  # fmt: skip
_ADDRESSES = (
    "ani", "by_id", "by_sub", "by_user", "call-by-user", "call-dialed-number", "call-orig-user",
    "call-term-user", "callback-caller-id-number", "caller-id-number", "client_id", "dest",
    "destination", "dialed", "dnis", "email", "from-number", "from-user-id", "from_num", "from_uid",
    "last_sender", "login", "messagesession-last-sender", "messagesession-participants",
    "messagesession-remote", "messagesession-sms-number", "messagesession-queue-termination",
    "number", "orig_from_user", "orig_id", "orig_match", "orig_own_sub", "orig_req_user",
    "orig_sub", "orig_to_user", "orig_user", "participants", "phonenumber-cell", "phonenumber-fax",
    "phonenumber-home", "phonenumber-work", "remote", "smsani", "sub", "term_id", "term_own_sub",
    "term_sub", "term_uid", "term_user", "term_num", "terminating-number", "terminating-user-id",
    "uid", "user", "user_email", "username",
)  # fmt: skip
_PEOPLE = (
    "FromName", "call-orig-name", "company", "department", "displayName", "group",
    "name-first-name", "name-last-name", "name-middle-name", "orig_from_name", "orig_group",
    "orig_name", "site", "by_group",
)  # fmt: skip
_TEXTS = (
    "description", "last_mesg", "messagesession-last-message", "messagesession-name", "notes",
    "session-name", "session_name", "status-message", "text", "transcription", "message",
)  # fmt: skip
_KINDS = frozenset({
    "", "sms", "mms", "chat", "chat-media", "chat-video", "chat-vid", "group-chat", "gateway",
    "device", "chat-participant-(status-changes)",
})  # fmt: skip
_NAMES = frozenset({
    "by_action", "call-audio-codec", "call-by-action", "call-orig-info", "call-orig-match-uri",
    "call-orig-uri", "call-term-added-sip-header", "call-term-uri", "carrier", "data", "from-user-agent",
    "group-mms-capable", "ip-address", "legacy", "media", "messagesession-queue-status", "mms-capable",
    "orig_uri", "term-orig-info", "term_uri",
})  # fmt: skip
_PATHS: dict[str, Holds | None] = {
    "ns-api": None, "v2": None, "v1": None, "webroot": None, "openapi": None, "openapi.json": None,
    "oauth2": None, "tokens": None, "token": None, "jwt": None, "apikeys": None, "version": None,
    "domains": "host", "users": "address", "messagesessions": "id", "messages": "id", "leave": None,
    "count": None, "list": None, "smsnumbers": "address", "contacts": "id", "calls": "id", "answer": None,
    "hold": None, "unhold": None, "transfer": None, "transferPeer": None, "reject": None,
    "subscriptions": "id", "~": None, "*": None,
}  # fmt: skip
WIRE = Wire(
    headers={"server": frozenset({"NetSapiens"})},
    fields={
        **dict.fromkeys(_SECRETS, "secret"),
        **dict.fromkeys(_AMOUNTS, "amount"),
        **dict.fromkeys(_TIMES, "time"),
        **dict.fromkeys(_IDS, "id"),
        **dict.fromkeys(_HOSTS, "host"),
        **dict.fromkeys(_ADDRESSES, "address"),
        **dict.fromkeys(_PEOPLE, "person"),
        **dict.fromkeys(_TEXTS, "text"),
        "application": frozenset({"user", "callqueue", "available"}),
        "apiversion": frozenset({"Version: 44.1.2", "Version: 45.0.0", "Version: 41.1.0"}),
        "aud": frozenset({"ns"}),
        "auto-answer-enabled": YES_NO,
        "can-create-keys": YES_NO,
        "code": CODES,
        "dial-rule-application": frozenset({"call"}),
        "dir": frozenset({"", "term", "orig"}),
        "direction": frozenset({"", "term", "orig"}),
        "event_model": _MODELS,
        "grant_type": frozenset({"password", "refresh_token", "mfa"}),
        "last_mesg_type": _KINDS,
        "last_status": frozenset({"", "read", "unread"}),
        "media-type": MEDIA_TYPES,
        "media_type": MEDIA_TYPES,
        "messagesession-last-media-type": MEDIA_TYPES,
        "messagesession-last-status": frozenset({"", "read", "unread"}),
        "messagesession-last-type": _KINDS,
        "messagesession-muted": YES_NO,
        "messagesession-type": _KINDS,
        "mfa_type": frozenset({"authenticator"}),
        "mfa_vendor": frozenset({"google"}),
        "mime-type": MEDIA_TYPES,
        "model": _MODELS,
        "ns_id_type": frozenset({"subscriber", "level1"}),
        "object": _MODELS,
        "orig_call_info": frozenset({"active", "alerting", "progressing"}),
        "orig_type": _KINDS,
        "post-url": "url",
        "readonly": YES_NO,
        "remotepath": "url",
        "remove": YES_NO,
        "scope": _SCOPES,
        "status": frozenset({
            "", "sending", "sent", "delivered", "failed", "pending", "active", "error", "new", "waiting",
            "received", "read", "unread",
        }),
        "subscription-geo-support": YES_NO,
        "synchronous": YES_NO,
        "term_call_info": frozenset({"active", "alerting", "progressing"}),
        "term_type": _KINDS,
        "token_type": frozenset({"Bearer"}),
        "type": _KINDS,
        "user-presence-status": frozenset({"open", "inactive", "closed"}),
        "user-scope": _SCOPES,
        "user_scope": _SCOPES,
    },
    parameters={"limit": "amount", "start": "amount", "dest": "address", "number": "address",
                "includeDomain": YES_NO},
    paths=_PATHS,
    names=_NAMES,
)  # fmt: skip
