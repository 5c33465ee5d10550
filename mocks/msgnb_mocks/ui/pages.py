"""The one page: the phones on the left, a conversation in the middle, faults and journal on the right."""

from __future__ import annotations

from urllib.parse import quote

from msgnb_mocks.core.access import ROOT, VIEW
from msgnb_mocks.core.contract import documented
from msgnb_mocks.core.faults import FAULTS
from msgnb_mocks.core.journal import Entry
from msgnb_mocks.core.messages import HistoryMessage
from msgnb_mocks.ui.chats import Chat, Chats, Key
from msgnb_mocks.ui.markup import Html, join, tag
from msgnb_mocks.world.ensemble import Ensemble

HOME = f"{ROOT}/"
MOST_PHONES = 60
MOST_LINES = 80
MOST_ENTRIES = 30
PREVIEW = 60
STEPS = (("minute", "+1 minute"), ("hour", "+1 hour"), ("day", "+1 day"))


def main(ensemble: Ensemble, chats: Chats, chosen: Key | None, words: str, view: str) -> Html:
    """Return the page, with one chat selected or none."""
    back = _address(chosen) if chosen else HOME
    listed = chats.all(words)
    return join(
        tag(
            "header",
            tag("h1", tag("a", "Phones of the mock platforms", href=HOME)),
            _clock(ensemble, back),
        ),
        tag(
            "main",
            tag("nav", _search(words, view), _live("phones", _phones(listed, chosen)), aria_label="Phones"),
            _chat(chats.one(chosen)) if chosen else _welcome(),
            tag("aside", _faults(ensemble, back), _journal(ensemble), aria_label="Faults and journal"),
        ),
    )


def nowhere() -> Html:
    """Return the page for a phone that doesn't exist."""
    return _alone("There is no such phone. Who is written to for the first time appears in the list.")


def trouble(words: str) -> Html:
    """Return the page that says why a form failed."""
    return _alone(words)


def _alone(words: str) -> Html:
    return tag("main", tag("section", tag("p", words, role="alert"), tag("a", "Back", href=HOME)))


def _live(name: str, *content: str) -> Html:
    """Return a part of the page that the script refreshes."""
    return tag("div", *content, data_live=name)


def _address(key: Key) -> str:
    # An identity may contain characters that divide a path, such as a slash.
    return f"{ROOT}/phone/{key[0]}/{quote(key[1], safe='')}"


def _clock(ensemble: Ensemble, back: str) -> Html:
    clock = ensemble.world.clock
    still = ", standing still" if clock.frozen else ""
    moving = ("run", "Let it run") if clock.frozen else ("freeze", "Stop it")
    buttons = [
        tag("button", label, name="step", value=step, type="submit") for step, label in (*STEPS, moving)
    ]
    time = _live("clock", tag("time", f"{clock.now():%a %d %b %Y, %H:%M:%S} UTC{still}"))
    hidden = tag("input", type="hidden", name="back", value=back)
    return tag(
        "form",
        time,
        *buttons,
        hidden,
        method="post",
        action=f"{ROOT}/clock",
        aria_label="Clock",
        class_="clock",
    )


def _search(words: str, view: str) -> Html:
    # A form that is sent by GET replaces the query of its address.
    hidden = tag("input", type="hidden", name=VIEW, value=view)
    field = tag(
        "input", type="search", name="q", value=words, placeholder="Search phones", aria_label="Search phones"
    )
    return tag("form", field, hidden, tag("button", "Search", type="submit"), action=HOME, role="search")


def _phones(listed: list[Chat], chosen: Key | None) -> Html:
    if not listed:
        return tag("p", "No phone fits.", class_="quiet")
    items = [tag("li", _phone(chat, chosen)) for chat in listed[:MOST_PHONES]]
    hidden = len(listed) - MOST_PHONES
    more = tag("p", f"and {hidden} more: search for them", class_="quiet") if hidden > 0 else Html()
    return join(tag("ul", *items, class_="phones"), more)


def _phone(chat: Chat, chosen: Key | None) -> Html:
    key = chat.platform, chat.who
    # `dir="auto"` below: names and texts may be in Arabic or Hebrew.
    text = chat.last.text or chat.last.media_type
    return tag(
        "a",
        tag("span", chat.name or chat.who, class_="who", dir="auto"),
        tag("span", chat.platform, class_=f"badge {chat.platform}"),
        tag("span", text[:PREVIEW], class_="preview", dir="auto"),
        href=_address(key),
        aria_current="page" if key == chosen else None,
    )


def _welcome() -> Html:
    return tag(
        "section",
        tag("h2", "Choose a phone"),
        tag("p", "You see what its owner gets, and answer as that person: it arrives in the sessions of the "
                 "account, and its webhooks are posted to."),
        class_="welcome",
    )  # fmt: skip


def _chat(chat: Chat) -> Html:
    hidden = len(chat.lines) - MOST_LINES
    more = tag("p", f"{hidden} earlier messages are not shown", class_="quiet") if hidden > 0 else Html()
    lines = [tag("ol", *map(_line, chat.lines[-MOST_LINES:]), class_="lines")]
    title = tag("h2", chat.name or chat.who, dir="auto")
    about = tag("p", f"{chat.who} on {chat.platform}", class_="quiet")
    return tag("section", title, about, _live("chat", more, *lines), _reply(chat), aria_label="Conversation")


def _line(message: HistoryMessage) -> Html:
    media = f"📎 {message.media_type}, {message.media_size:,} bytes" if message.media_type else ""
    kind = "campaign" if message.campaign else ""
    about = " · ".join(filter(None, (f"{message.at:%d %b, %H:%M}", kind)))
    side = "mine" if message.inbound else "theirs"
    parts = [tag("span", media, class_="media")] if media else []
    return tag(
        "li", tag("p", message.text, dir="auto"), *parts, tag("small", about), class_=side,
        aria_label="said by this person" if message.inbound else "received",
    )  # fmt: skip


def _reply(chat: Chat) -> Html:
    if not chat.can_be_answered:
        return tag("p", "Nobody can answer a campaign.", class_="quiet")
    name = chat.name or chat.who
    field = tag(
        "textarea", name="text", rows="2", aria_label=f"Reply as {name}", placeholder=f"Reply as {name}"
    )
    action = f"{_address((chat.platform, chat.who))}/reply"
    return tag(
        "form", field, tag("button", "Send", type="submit"), method="post", action=action, class_="reply"
    )


def _faults(ensemble: Ensemble, back: str) -> Html:
    kinds = [tag("option", kind, value=kind, title=FAULTS[kind].doc) for kind in ensemble.faults.matrix()]
    names = [
        tag("option", value=operation.name)
        for application in ensemble.applications.values()
        for operation in application.operations
    ]
    fields = (
        tag("label", "What goes wrong", tag("select", *kinds, name="kind")),
        tag("label", "Operation", tag("input", name="operation", list="operations", placeholder="* for all")),
        tag("label", "Only the nth", tag("input", name="nth", inputmode="numeric", placeholder="all")),
        tag("datalist", *names, id="operations"),
        tag("input", type="hidden", name="back", value=back),
        tag("button", "Add", type="submit"),
    )
    form = tag("form", *fields, method="post", action=f"{ROOT}/faults", class_="faults")
    rules = [
        tag("li", f"{rule.kind} at {rule.operation}: {rule.fired} times") for rule in ensemble.faults.rules
    ]
    clear = tag(
        "form",
        tag("input", type="hidden", name="back", value=back),
        tag("button", "Clear all", type="submit"),
        method="post",
        action=f"{ROOT}/faults/clear",
    )
    shown = join(tag("ul", *rules), clear) if rules else tag("p", "Nothing goes wrong.", class_="quiet")
    return tag("section", tag("h2", "Faults"), form, _live("faults", shown))


def _journal(ensemble: Ensemble) -> Html:
    entries = list(reversed(ensemble.journal.entries))[:MOST_ENTRIES]
    rows = [tag("li", *_entry(ensemble, entry)) for entry in entries]
    shown = tag("ol", *rows, class_="journal") if rows else tag("p", "No request yet.", class_="quiet")
    return tag("section", tag("h2", "Journal"), _live("journal", shown))


def _entry(ensemble: Ensemble, entry: Entry) -> list[Html]:
    asked = entry.operation or f"{entry.method} {entry.path}"
    status = f"{entry.status}{f' ({entry.fault})' if entry.fault else ''}"
    good = "good" if entry.status < 400 and not entry.fault else "bad"
    parts = [
        tag("time", f"{entry.at:%H:%M:%S}"), tag("span", asked, class_="operation"),
        tag("span", status, class_=good),
    ]  # fmt: skip
    if entry.operation:
        sure = _evidence(ensemble, entry)
        shown = "" if documented(entry.operation) else ", no example"
        parts.append(tag("small", sure, class_="quiet", title=f"how sure the contract is: {sure}{shown}"))
    return parts


def _evidence(ensemble: Ensemble, entry: Entry) -> str:
    operations = ensemble.applications[entry.platform].operations
    return next((str(each.evidence) for each in operations if each.name == entry.operation), "")
