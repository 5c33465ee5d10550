"""A form for event subscriptions: what each one does, what is wrong with it, and how to fix that.

It works on every platform whose client has `Webhooks` as its `subscriptions` and whose descriptor declares
topics.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from msgnb.core.errors import AlreadyExists, InvalidRequest, MsgnbError, NotSupported
from msgnb.core.html import Markup, element
from msgnb.platforms.base import Client
from msgnb.platforms.calls import Call, Expression
from msgnb.platforms.registry import get_platform
from msgnb.platforms.resources import Webhooks
from msgnb.tables.transcript import QUIET
from msgnb.widgets.form import Form, describe_account
from msgnb.widgets.parts import Button, Code, Control, Pane

if TYPE_CHECKING:
    from msgnb.tables.subscription_view import SubscriptionsFrame

log = logging.getLogger("msgnb.widgets")

_CARD = "padding:8px 0;border-bottom:1px solid var(--jp-border-color2, #e0e0e0)"
_BAD = "color:var(--jp-error-color1, #c62828)"
_USUAL_TOPIC = "message"
_FIELDS = {
    "url": "target", "post_url": "target", "topic": "topic", "model": "topic", "expires": "days",
}  # fmt: skip
"""The form's fields, by the words of errors for them."""
_REMEDIES = {
    "expired": "Nothing is posted any more. Renew it, if it is still needed.",
    "broken": "The address does not answer with 200 in time. Mend what receives there, then renew it, which "
    "also sets its counters back.",
    "expires": "Renew it, if it is needed for longer.",
}


class SubscriptionForm(Form):
    """A form that lists, creates, renews and deletes event subscriptions.

    >>> msgnb.widgets.SubscriptionForm(pbx)

    Without a browser, as in a test, set `form.topic.value`, `form.target.value` and `form.days.value`, and
    call `form.submit()`. `form.renew(id)` and `form.delete(id)` do what their buttons do.

    Args:
        client: the account that subscribes; its `subscriptions` can be created, renewed and deleted.

    Attributes:
        topic: field of the kind of events.
        target: field of the URL that the events are posted to.
        days: field of the number of days until the subscription expires.
        frame: the subscriptions, when they were last read.
        state: `ready`, `sending`, `sent`, `rejected` or `unknown`.
        error: why the last action failed.

    Raises:
        NotSupported: the platform posts no events.
        SettingsError: the client's platform is not installed.
    """

    presses: ClassVar = {
        "send": "submit", "renew": "renew", "ask": "ask", "delete": "delete", "keep": "keep",
        "refresh": "refresh",
    }  # fmt: skip

    def __init__(self, client: Client) -> None:
        platform = get_platform(client.platform)
        subscriptions = client.subscriptions
        if not platform.topics or not isinstance(subscriptions, Webhooks):
            raise NotSupported(f"{platform.title} does not support event subscriptions")
        self._client = client
        self._subscriptions: Webhooks = subscriptions
        self._variable = platform.variable
        self._asked: str | None = None
        self.error: MsgnbError | None = None
        self.frame: SubscriptionsFrame | None = None
        usual = _USUAL_TOPIC if _USUAL_TOPIC in platform.topics else platform.topics[0]
        self.topic = Control("select", "Events", value=usual, options=platform.topics)
        self.target = Control("text", "Address", hint="https://example.com/events")
        self.days = Control("text", "Days", value="30", hint="30")
        self._list = Pane(label="Subscriptions")
        self._button = Button("Subscribe", look="primary", enter=True)
        self._refresh = Button("Refresh")
        self._line = Code()
        super().__init__(
            "Event subscriptions",
            describe_account(client, "of"),
            {
                "list": self._list, "topic": self.topic, "target": self.target, "days": self.days,
                "send": self._button, "refresh": self._refresh, "line": self._line,
            },
            ["list", "topic", "target", "days", ["send", "refresh", "status"], "line"],
            look="subscription-form",
            owner=client,
        )  # fmt: skip
        for each in (self.topic, self.target, self.days):
            each.on(self._changed)
        with self.together():
            self._changed()
            self.refresh()

    def submit(self) -> dict[str, Any] | None:
        """Create the subscription that is filled in, and return it; `None` if that fails."""
        created: dict[str, Any] | None = None

        def create() -> str:
            nonlocal created
            created = self._call().on(self._client)
            return f"Subscribed to {self.topic.value}"

        self._do(create)
        return created

    def renew(self, subscription: str) -> None:
        """Renew a subscription for the days that are filled in; reset its counters if deliveries failed."""

        def renew() -> str:
            row = self._row(subscription)
            failed = bool(row is not None and row["errors"] > 0)
            self._subscriptions.renew(subscription, self._lifetime(), reset=failed)
            return f"Renewed for {self.days.text} days"

        self._do(renew)

    def ask(self, subscription: str) -> None:
        """Ask whether to delete a subscription."""
        self._asked = subscription
        self._show_list()

    def keep(self) -> None:
        """Keep the subscription after all."""
        self._asked = None
        self._show_list()

    def delete(self, subscription: str) -> None:
        """Delete a subscription."""

        def delete() -> str:
            self._subscriptions.delete(subscription)
            return "Deleted"

        self._do(delete)

    def refresh(self) -> None:
        """Read the subscriptions again."""
        self._do(lambda: "")

    def _do(self, act: Callable[[], str]) -> None:
        """Do something, show the result, and read the subscriptions again."""
        self.error, self._asked = None, None
        with self.together():
            try:
                words = act()
                self.frame = self._read()
                self.show("sent" if words else "ready", words)
            except InvalidRequest as error:
                self.error = error
                self.blame(error, _FIELDS)
                self.show("rejected", str(error))
            except AlreadyExists as error:
                self.error = error
                self.show("rejected", f"{error}. Renew the one that is there.")
            except MsgnbError as error:
                self.error = error
                self.show("rejected", str(error))
            self._show_list()

    def _call(self) -> Call:
        lifetime = self._lifetime()
        expires = Expression(lifetime, f"timedelta(days={lifetime / timedelta(days=1):.10g})")
        return Call("subscriptions.create", (self.topic.value, self.target.text), {"expires": expires})

    def _read(self) -> SubscriptionsFrame:
        """Return the subscriptions; a plain table `subscriptions` gets the view that says what is wrong."""
        from msgnb.tables.subscription_view import SubscriptionsFrame, subscription_view  # noqa: PLC0415 - pandas

        found = self._subscriptions()
        if isinstance(found, SubscriptionsFrame):
            return found
        return subscription_view(found, self._client.connection.now())

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
                self._line.set(code=self._call().code(self._variable) if self.target.text else "")
            except InvalidRequest as error:
                self.blame(error, {})
            self.show("ready", "")

    def _row(self, subscription: str) -> Any:
        if self.frame is None:
            return None
        found = self.frame[self.frame["subscription"] == subscription]
        return None if found.empty else found.fillna({"errors": 0}).iloc[0]

    def _show_list(self) -> None:
        # Where no script runs, nobody can press the buttons.
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
        # Missing values of pandas differ from everything, also from themselves.
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
