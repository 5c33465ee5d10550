"""The requests of one SMSDrop account (SMSDrop 1, 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgnb.campaigns.campaign import Campaign
from msgnb.core.errors import NotFound
from msgnb.core.exchange import is_object, is_rows
from msgnb.core.http import READ, WRITE, path_segment
from msgnb.core.paging import by_offset
from msgnb.core.responses import Explanation, Response
from msgnb.core.times import parse_wire_time
from msgnb.platforms.resources import Connection
from msgnb.platforms.smsdrop import models
from msgnb.tables import count

Wire = dict[str, Any]
LAUNCHED = 200
WITHOUT_CREDIT = 201
"""Status of a launch that created a campaign, but held it back for lack of credit (SMSDrop 2)."""
PAGE = 100
"""The most campaigns of one page (SMSDrop 2)."""


class SmsDropConnection(Connection):
    """Sends the requests that several resources share."""

    def campaign_rows(self, skip: int = 0, limit: int | None = None) -> list[Wire]:
        """Return the campaigns as the platform sends them, in its order.

        Args:
            skip: number of campaigns to skip at the beginning.
            limit: the most campaigns; all if `None`.
        """

        def fetch(offset: int, wanted: int) -> list[Any]:
            params = {"skip": skip + offset, "limit": wanted}
            # Without the slash at the end each page would take a redirect, too (SMSDrop 2).
            sent = self.http.send("GET", "/campaigns/", policy=READ, params=params, expected=_is_list)
            return list(sent.body)

        return by_offset(fetch, size=PAGE, key=lambda row: row["id"], what="campaigns", limit=limit)

    def campaign_row(self, campaign: str) -> Wire | None:
        """Return one campaign as the platform sends it; `None` if it doesn't exist."""
        try:
            return self._read(f"/campaigns/{path_segment(campaign)}", lambda body: is_object(body, "id"))
        except NotFound:
            return None

    def create_campaign(self, campaign: Campaign) -> Response:
        """Create and launch a campaign; its title is what to look for if the response is lost."""
        body = models.make_body(campaign)
        # Without the slash at the end the platform redirects, and a POST does not follow (SMSDrop 2).
        return self.http.send(
            "POST", "/campaigns/", policy=WRITE, json=body, id=campaign.title, expected=_is_launched
        )

    def retry_campaign(self, campaign: str) -> Response:
        """Launch a campaign that was created, but held back for lack of credit."""
        return self.http.send(
            "POST", "/campaigns/retry", policy=WRITE, json={"id": campaign}, id=campaign, expected=_is_retried
        )

    def plan(self) -> Wire:
        """Return the account's plan as the platform sends it."""
        return self._read("/subscriptions/", lambda body: is_object(body, "id") and _credit(body) is not None)

    def subscription(self) -> models.Subscription:
        """Return the account's plan."""
        found = self.plan()
        return models.Subscription(
            str(found["id"]), _credit(found) or 0, parse_wire_time(found.get("created_at"))
        )

    def user(self) -> models.User:
        """Return the account's profile."""
        found = self._read("/users/me", lambda body: is_object(body, "id", "email", "is_active"))
        rights = {key: found.get(key) for key in ("is_verified", "is_superuser")}
        return models.User(str(found["id"]), str(found["email"]), bool(found["is_active"]), **rights)

    def _read(self, path: str, holds: Callable[[Any], bool]) -> Wire:
        """Return an object, if it is what is expected."""
        sent = self.http.send("GET", path, policy=READ, expected=lambda response: holds(response.body))
        found: Wire = sent.body
        return found


def _credit(plan: Wire) -> int | None:
    return count(plan.get("nbr_sms"))


def _is_list(response: Response) -> bool:
    """Whether a success has campaigns, each with its ID."""
    return is_rows(response.body) and all("id" in row for row in response.body)


def _is_launched(response: Response) -> bool:
    """Whether a success has the campaign; another body may come from a proxy (SMSDrop 2)."""
    return response.status in {LAUNCHED, WITHOUT_CREDIT} and models.is_campaign(response.body)


def _is_retried(response: Response) -> bool:
    """The same for a retry, whose response may be empty: its content is not documented (SMSDrop 2)."""
    return _is_launched(response) or (response.status in {LAUNCHED, WITHOUT_CREDIT} and not response.body)


def explain(body: Any) -> Explanation:
    """Return why a request was refused; `detail` is a code, or a list of fields with errors (SMSDrop 1)."""
    detail = body.get("detail") if isinstance(body, dict) else None
    if not isinstance(detail, list):
        return Explanation(str(detail) if detail else None)
    problems = {
        _field(item.get("loc") or ()): str(item.get("msg")) for item in detail if isinstance(item, dict)
    }
    return Explanation("; ".join(f"{name}: {why}" for name, why in problems.items()), fields=problems)


def _field(location: Any) -> str:
    """Return the name of a field from its path: `["body", "sender"]` is `sender`."""
    return ".".join(str(step) for step in location if step != "body") or "body"
