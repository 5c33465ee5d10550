"""A form for NetSapiens' event subscriptions: what each does, what is wrong with it, and what helps."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from msgnb.core.errors import AlreadyExists, InvalidRequest, MsgnbError
from msgnb.core.html import Markup, element
from msgnb.platforms.calls import NAMES, Call, Shown
from msgnb.platforms.netsapiens.payloads import MODELS
from msgnb.tables.transcript import QUIET
from msgnb.widgets.form import Form
from msgnb.widgets.parts import Button, Code, Control, Pane

if TYPE_CHECKING:
    from msgnb.platforms.netsapiens import NetSapiens
    from msgnb.tables.subscription_view import SubscriptionsFrame

log = logging.getLogger("msgnb.widgets")

_CARD = "padding:8px 0;border-bottom:1px solid var(--jp-border-color2, #e0e0e0)"
_BAD = "color:var(--jp-error-color1, #c62828)"
_REMEDIES = {
    "expired": "Nothing is posted any more. Renew it, if it is still needed.",
    "broken": "The address does not answer with 200 in time. Mend what receives there, then renew it, which "
    "also sets its counters back.",
    "expires": "Renew it, if it is needed for longer.",
}


class SubscriptionForm(Form):
    """A form that lists, creates, renews and deletes event subscriptions.

    >>> msgnb.widgets.SubscriptionForm(pbx)

    Without a screen, as in a test, fill in `form.topic.value`, `form.target.value`, `form.days.value` and
    call `form.submit()`; `form.renew(id)` and `form.delete(id)` do what their buttons do.

    Args:
        pbx: whose subscriptions they are.

    Attributes:
        topic: the field of the model of the events.
        target: the field of the address that they are posted to.
        days: the field of how long it lives, in days.
        frame: the subscriptions as they were last read.
        state: `ready`, `sending`, `sent`, `rejected` or `unknown`.
        error: why the last action failed.
    """

    presses: ClassVar = {
        "send": "submit", "renew": "renew", "ask": "ask", "delete": "delete", "keep": "keep",
        "refresh": "refresh",
    }  # fmt: skip

    def __init__(self, pbx: NetSapiens) -> None:
        self._pbx = pbx
        self._asked: str | None = None
        self.error: MsgnbError | None = None
        self.frame: SubscriptionsFrame | None = None
        self.topic = Control("select", "Events", value="message", options=MODELS)
        self.target = Control("text", "Address", hint="https://example.com/events")
        self.days = Control("text", "Days", value="30", hint="30")
        self._list = Pane(label="Subscriptions")
        self._button = Button("Subscribe", look="primary", enter=True)
        self._refresh = Button("Refresh")
        self._line = Code()
        super().__init__(
            "Event subscriptions",
            f"of {pbx.account}",
            {
                "list": self._list, "topic": self.topic, "target": self.target, "days": self.days,
                "send": self._button, "refresh": self._refresh, "line": self._line,
            },
            ["list", "topic", "target", "days", ["send", "refresh", "status"], "line"],
            look="subscription-form",
            kept=pbx.account,
        )  # fmt: skip
        for each in (self.topic, self.target, self.days):
            each.on(self._changed)
        with self.together():
            self._changed()
            self.refresh()

    def submit(self) -> dict[str, Any] | None:
        """Create the subscription that is filled in; returns it, `None` where that fails."""
        made: dict[str, Any] | None = None

        def create() -> str:
            nonlocal made
            made = self._call().on(self._pbx)
            return f"Subscribed to {self.topic.value}"

        self._do(create)
        return made

    def renew(self, subscription: str) -> None:
        """Let a subscription live for the days that are filled in, and set back its counters if it failed."""
        until = self._lifetime

        def act() -> str:
            row = self._row(subscription)
            failed = bool(row is not None and row["errors"] and row["errors"] > 0)
            back = 0 if failed else None
            self._pbx.update_subscription(
                subscription, subscription_expires_datetime=until(), error_count=back, posts_count=back
            )
            return f"Renewed for {self.days.text} days"

        self._do(act)

    def ask(self, subscription: str) -> None:
        """Ask before a subscription is deleted."""
        self._asked = subscription
        self._show_list()

    def keep(self) -> None:
        """Delete nothing after all."""
        self._asked = None
        self._show_list()

    def delete(self, subscription: str) -> None:
        """Delete a subscription."""
        self._do(lambda: self._pbx.delete_subscription(subscription) and "Deleted")

    def refresh(self) -> None:
        """Read the subscriptions again."""
        self._do(lambda: "")

    def _do(self, act: Callable[[], Any]) -> None:
        """Do something, say how it went, and read again what is there."""
        self.error, self._asked = None, None
        with self.together():
            try:
                words = str(act())
                self.frame = self._pbx.subscriptions()
                self.show("sent" if words else "ready", words)
            except InvalidRequest as error:
                self.error = error
                self.blame(error, {"post_url": "target", "model": "topic", "expires": "days"})
                self.show("rejected", str(error))
            except AlreadyExists as error:
                self.error = error
                self.show("rejected", f"{error}. Renew the one that is there.")
            except MsgnbError as error:
                self.error = error
                self.show("rejected", str(error))
            self._show_list()

    def _call(self) -> Call:
        named = {
            "subscription_expires_datetime": Shown(self._lifetime(), f"timedelta(days={self.days.text})")
        }
        return Call("create_subscription", (self.topic.value, self.target.text), named)

    def _lifetime(self) -> timedelta:
        try:
            days = float(self.days.text)
        except ValueError:
            days = 0
        if not 0 < days <= 3650:
            raise InvalidRequest.of(days=f"{self.days.text!r} is no number of days; write it like 30")
        return timedelta(days=days)

    def _changed(self) -> None:
        with self.together():
            self.target.problem = self.days.problem = ""
            try:
                self._line.set(code=self._call().code(NAMES["netsapiens"]) if self.target.text else "")
            except InvalidRequest as error:
                self.blame(error, {})
            self.show("ready", "")

    def _row(self, subscription: str) -> Any:
        if self.frame is None:
            return None
        found = self.frame[self.frame["subscription"] == subscription]
        return None if found.empty else found.fillna({"errors": 0}).iloc[0]

    def _show_list(self) -> None:
        self._list.html, self._list.still = self._drawn(live=True), self._drawn(live=False)

    def _drawn(self, *, live: bool) -> Markup:
        if self.frame is None:
            return element("div", "They could not be read.", style=QUIET)
        if self.frame.empty:
            return element("div", "There are no subscriptions yet.", style=QUIET)
        troubles = self.frame.attention()
        rows = zip(self.frame.to_dict("records"), troubles, strict=True)
        return element("div", *(self._card(row, trouble, live=live) for row, trouble in rows))

    def _card(self, row: Any, trouble: Any, *, live: bool) -> Markup:
        known = str(row["subscription"])
        until = (
            f"until {row['expires_at']:%Y-%m-%d %H:%M} UTC" if row["expires_at"] == row["expires_at"] else ""
        )
        posts = f"{row['posts']:,} posts" if row["posts"] == row["posts"] and row["posts"] is not None else ""
        facts = " · ".join(filter(None, (str(row["status"] or ""), until, posts)))
        head = element("div", element("b", str(row["topic"])), " → ", str(row["target"]))
        lines = [head, element("div", facts, style=QUIET)]
        if isinstance(trouble, str):
            remedy = next((words for begin, words in _REMEDIES.items() if trouble.startswith(begin)), "")
            lines.append(element("div", element("b", trouble.capitalize()), f". {remedy}", style=_BAD))
        lines += [self._buttons(known, str(row["topic"]))] if live else []
        return element("div", *lines, style=_CARD)

    def _buttons(self, known: str, topic: str) -> Markup:
        if known == self._asked:
            sure = _button("Yes, delete it", "delete", known, topic)
            return element(
                "div", "Nothing will be posted for it any more. ", sure, _button("Keep it", "keep")
            )
        return element("div", _button("Renew", "renew", known, topic), _button("Delete", "ask", known, topic))


def _button(words: str, press: str, value: str | None = None, topic: str = "") -> Markup:
    about = {"data-value": value, "aria-label": f"{words} ({topic})"} if value else {}
    return element("button", words, type="button", **{"class": "msgnb-chip", "data-press": press, **about})
