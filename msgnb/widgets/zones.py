"""Times that a person puts in: in a zone that is stated, whatever zone the browser or the kernel is in."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import available_timezones

from msgnb.core.errors import InvalidRequest
from msgnb.core.times import zone_of
from msgnb.widgets.parts import Control


def local_zone() -> str:
    """The name of this machine's zone."""
    from tzlocal import get_localzone_name  # noqa: PLC0415 - loads when first used

    name = get_localzone_name() or "UTC"
    return "UTC" if name == "Etc/UTC" else name


class When:
    """Two fields that make a moment: the time as a clock on the wall shows it, and the zone of the wall.

    Args:
        zone: what the zone's field holds at first; this machine's where it is `None`.
    """

    def __init__(self, zone: str | None) -> None:
        self.time = Control("datetime-local", "Send at", hint="now")
        self.zone = Control(
            "text", "Time zone", value=zone or local_zone(), options=sorted(available_timezones())
        )
        for each in (self.time, self.zone):
            each.on(self._changed)
        self._changed()

    def shown(self, shown: bool) -> None:
        """Whether the fields are shown; the zone only matters once there is a time."""
        self.time.shown = shown
        self.zone.shown = shown and bool(self.time.text)

    def moment(self) -> datetime | None:
        """The moment, in its zone; `None` is now.

        Raises:
            InvalidRequest: there is no such zone, or its clocks never show that time.
        """
        if not self.time.text:
            return None
        zone = zone_of(self.zone.text)
        try:
            moment = datetime.fromisoformat(self.time.text).replace(tzinfo=zone)
        except ValueError:
            raise InvalidRequest.of(when=f"{self.time.text!r} is no time") from None
        back = moment.astimezone(UTC).astimezone(zone)
        if back.replace(tzinfo=None) != moment.replace(tzinfo=None):
            raise InvalidRequest.of(when=f"clocks in {self.zone.text} skip that hour; choose another")
        return moment

    def _changed(self) -> None:
        self.shown(self.time.shown)
        self.time.problem = self.zone.problem = self.time.note = ""
        try:
            moment = self.moment()
        except InvalidRequest as error:
            self.zone.problem = error.fields.get("zone", "")
            self.time.problem = error.fields.get("when", "")
            return
        self.time.note = (
            "empty is now" if moment is None else f"is {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        )
