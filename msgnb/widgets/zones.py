"""Times that a person enters, in a time zone that is shown beside them.

The zones of the browser and of the kernel's machine don't matter: both may be elsewhere.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import available_timezones

from msgnb.core.errors import InvalidRequest
from msgnb.core.times import parse_zone
from msgnb.widgets.parts import Control


def local_zone() -> str:
    """Return the name of this machine's time zone."""
    from tzlocal import get_localzone_name  # noqa: PLC0415 - loads when first used

    name = get_localzone_name() or "UTC"
    return "UTC" if name == "Etc/UTC" else name


class TimeFields:
    """Two fields that make a time: what the clock on the wall shows, and the time zone of the clock.

    Args:
        zone: the first value of the field of the time zone; this machine's zone if `None`.
    """

    def __init__(self, zone: str | None) -> None:
        self.time = Control("datetime-local", "Send at", hint="now")
        self.zone = Control(
            "text", "Time zone", value=zone or local_zone(), options=sorted(available_timezones())
        )
        for each in (self.time, self.zone):
            each.on(self._changed)
        self._changed()

    def show(self, shown: bool) -> None:
        """Show or hide the fields; the time zone is only shown if a time is entered."""
        self.time.shown = shown
        self.zone.shown = shown and bool(self.time.text)

    def read(self) -> datetime | None:
        """Return the time that is entered, in its time zone; `None` if there is none, which means now.

        Raises:
            InvalidRequest: the time zone does not exist, or its clocks skip this time.
        """
        if not self.time.text:
            return None
        zone = parse_zone(self.zone.text)
        try:
            moment = datetime.fromisoformat(self.time.text).replace(tzinfo=zone)
        except ValueError:
            raise InvalidRequest.of(when=f"{self.time.text!r} is no time") from None
        # A time that clocks skip comes back from UTC as another one.
        back = moment.astimezone(UTC).astimezone(zone)
        if back.replace(tzinfo=None) != moment.replace(tzinfo=None):
            raise InvalidRequest.of(when=f"clocks in {self.zone.text} skip that hour; choose another")
        return moment

    def _changed(self) -> None:
        self.show(self.time.shown)
        self.time.problem = self.zone.problem = self.time.note = ""
        try:
            moment = self.read()
        except InvalidRequest as error:
            self.zone.problem = error.fields.get("zone", "")
            self.time.problem = error.fields.get("when", "")
            return
        self.time.note = (
            "empty is now" if moment is None else f"is {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        )
