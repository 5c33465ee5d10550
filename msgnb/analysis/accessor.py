"""`frame.msg`: what msgnb's tables can do beyond being DataFrames.

Every DataFrame has it as soon as msgnb and pandas are imported, in either order; `msgnb.pandas_hook` registers
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pandas as pd

from msgnb import analysis
from msgnb.analysis.charts import Plot
from msgnb.campaigns.run import OWN
from msgnb.core.times import zone_of
from msgnb.tables.export import make_csv, make_excel
from msgnb.tables.masking import mask_frame
from msgnb.tables.transcript import MOST, Conversation, conversation


class Messaging:
    """What a table of msgnb can do.

    >>> outcomes.msg.failed()
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def failed(self) -> pd.DataFrame:
        """Of a table `outcomes`, those who did not get it and may be sent to again.

        They were refused, or not tried for lack of credit or hope, or it could not be delivered to them.
        Those that are unknown may have got it and are not among them, nor are rows that were no recipients or
        there twice. Where the platform took it and could not deliver, it goes again only under another title.

        >>> sms.send_campaign(campaign, outcomes.msg.failed())

        Returns:
            `recipient` and the columns of the source.

        Raises:
            AttributeError: the table has no outcomes.
        """
        state, code = self._column("state"), self._column("error_code")
        again = (state == "rejected") & ~code.isin(["invalid", "duplicate", "incomplete"])
        return self._people(again | (self._column("status") == "failed"))

    def unknown(self) -> pd.DataFrame:
        """Of a table `outcomes`, those of whom it can't be known whether they got it: look them up.

        Raises:
            AttributeError: the table has no outcomes.
        """
        return self._people(self._column("state") == "unknown")

    def conversation(
        self, session: str | None = None, *, zone: str | tzinfo = "UTC", most: int = MOST
    ) -> Conversation:
        """Of a table `messages`, one conversation as bubbles, or as lines where it is printed.

        >>> messages.msg.conversation("5511999998888@wa.gw.msging.net", zone="America/Sao_Paulo")

        It runs no script and can be printed and exported.

        Args:
            session: the session's id; may be left out where the table has one.
            zone: of the times, by its name or as a `tzinfo`.
            most: the latest so many messages are shown.

        Raises:
            InvalidRequest: there is no such session or zone; or the table has several, and none is named.
            AttributeError: the table has no messages.
        """
        for name in ("session", "at", "direction", "text"):
            self._column(name, "messages")
        return conversation(self._frame, session, zone_of(zone), most)

    def volume(self, *, by: str = "day", per: str | Sequence[str] = (), zone: str = "UTC") -> pd.DataFrame:
        """Of a table `messages`, how many there were in each period; see `msgnb.analysis.volume`."""
        return analysis.volume(self._frame, by=by, per=per, zone=zone)

    def busy(self, *, zone: str = "UTC") -> pd.DataFrame:
        """Of a table `messages`, how many by weekday and hour; see `msgnb.analysis.busy`."""
        return analysis.busy(self._frame, zone=zone)

    def conversations(self, *, gap: timedelta = analysis.GAP) -> pd.DataFrame:
        """Of a table `messages`, its conversations, split by silence; see `msgnb.analysis.conversations`."""
        return analysis.conversations(self._frame, gap=gap)

    def responses(self, *, gap: timedelta = analysis.GAP) -> pd.DataFrame:
        """Of a table `messages`, how long people waited; see `msgnb.analysis.responses`."""
        return analysis.responses(self._frame, gap=gap)

    def unanswered(self, *, now: datetime | None = None) -> pd.DataFrame:
        """Of a table `messages`, who waits for an answer; see `msgnb.analysis.unanswered`."""
        return analysis.unanswered(self._frame, now=now)

    def funnel(self) -> pd.DataFrame:
        """Of a table `messages`, how far each campaign came; see `msgnb.analysis.funnel`."""
        return analysis.funnel(self._frame)

    def cohorts(self, *, by: str = "month", zone: str = "UTC") -> pd.DataFrame:
        """Of a table `messages`, who comes back; see `msgnb.analysis.cohorts`."""
        return analysis.cohorts(self._frame, by=by, zone=zone)

    def agents(self) -> pd.DataFrame:
        """Of a table `messages`, who wrote how much; see `msgnb.analysis.agents`."""
        return analysis.agents(self._frame)

    def opt_outs(self, *, words: Iterable[str] = analysis.OPT_OUTS) -> pd.DataFrame:
        """Of a table `messages`, who wants no more; see `msgnb.analysis.opt_outs`."""
        return analysis.opt_outs(self._frame, words=words)

    def keywords(self, words: Iterable[str]) -> pd.DataFrame:
        """Of a table `messages`, how many have certain words; see `msgnb.analysis.keywords`."""
        return analysis.keywords(self._frame, words)

    def ngrams(
        self, *, n: int = 1, direction: str | None = "inbound", ignore: Iterable[str] = (), least: int = 2
    ) -> pd.DataFrame:
        """Of a table `messages`, what is said most; see `msgnb.analysis.ngrams`."""
        return analysis.ngrams(self._frame, n=n, direction=direction, ignore=ignore, least=least)

    @property
    def plot(self) -> Plot:
        """Pictures: of a table `messages` `volume`, `busy`, `responses`, `funnel` and `campaigns`.

        Of a table `outcomes`, or of messages with their `deliveries`, `progress`.
        """
        return Plot(self._frame)

    def mask(self, key: str) -> pd.DataFrame:
        """The same table to show to others: pseudonyms for phones, names, identities and addresses.

        >>> messages.msg.mask("a long secret of yours").msg.to_excel("messages.xlsx")

        The same person has the same pseudonym in every column, in texts, and in every table that is masked
        with the key, so that tables still join; phones keep their country code. Columns that may hold
        anything (`raw`, `extras`) are left out. What people say of themselves in other words stays as it is.

        Args:
            key: your secret, 8 characters at least; who has it can tell whose pseudonym one is.

        Raises:
            InvalidRequest: the key is too short.
        """
        return mask_frame(self._frame, key)

    def to_csv(self, path: str | Path) -> Path:
        """Write the table as CSV: phones as text, times with their zone, and nothing that is a formula."""
        written = Path(path)
        written.write_bytes(make_csv(self._frame))
        return written

    def to_excel(self, path: str | Path) -> Path:
        """Write the table as an Excel file: phones as text, times with their zone, and no formula.

        Raises:
            SettingsError: openpyxl is not there.
        """
        written = Path(path)
        written.write_bytes(make_excel(self._frame))
        return written

    def _people(self, chosen: pd.Series[bool]) -> pd.DataFrame:
        own = {name: name.removesuffix("_") for name in self._frame.columns if name not in OWN}
        renamed = {name: plain for name, plain in own.items() if plain in OWN}
        kept = self._frame.loc[chosen.fillna(value=False), ["recipient", *own]]
        return kept.rename(columns=renamed).reset_index(drop=True)

    def _column(self, name: str, needed: str = "outcomes") -> pd.Series[str]:
        if name not in self._frame.columns:
            raise AttributeError(f"this table has no column {name!r}: a table `{needed}` is needed")
        return self._frame[name]
