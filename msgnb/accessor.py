"""`frame.msg`: what msgnb's tables can do beyond being DataFrames.

It is there in every DataFrame once msgnb has made a table, or anything of msgnb was used after pandas was
loaded. From then on a notebook shows "$5 and $6" in a DataFrame as it was written, instead of as a formula;
`pandas.options.display.html.use_mathjax = True` takes that back.
"""

from __future__ import annotations

import sys
from datetime import tzinfo

import pandas as pd

from msgnb.bulk import OWN
from msgnb.conversation import MOST, Conversation, conversation
from msgnb.moments import zone_of

if "ipykernel" in sys.modules:
    # Messages are full of prices, and two of them in a row are a formula to a notebook.
    pd.options.display.html.use_mathjax = False


@pd.api.extensions.register_dataframe_accessor("msg")
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

    def _people(self, chosen: pd.Series[bool]) -> pd.DataFrame:
        own = {name: name.removesuffix("_") for name in self._frame.columns if name not in OWN}
        renamed = {name: plain for name, plain in own.items() if plain in OWN}
        kept = self._frame.loc[chosen.fillna(value=False), ["recipient", *own]]
        return kept.rename(columns=renamed).reset_index(drop=True)

    def _column(self, name: str, needed: str = "outcomes") -> pd.Series[str]:
        if name not in self._frame.columns:
            raise AttributeError(f"this table has no column {name!r}: a table `{needed}` is needed")
        return self._frame[name]
