"""`frame.msg`: what a table of msgnb offers besides being a DataFrame.

Every DataFrame has it as soon as msgnb and pandas are imported, in either order, see `msgnb.pandas_hook`.
Type checkers don't know `frame.msg`. To have calls checked, write `Messaging(frame)` instead.

Each measure is a method here, with the measure's signature and docstring. A test compares the methods with
the declared measures, so none is forgotten.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import pandas as pd

from msgnb.analysis import volumes, waiting, words
from msgnb.analysis.measures import MEASURES, Measured, ResultColumn
from msgnb.analysis.people import by_person
from msgnb.core.private_files import replace_file
from msgnb.core.secrets import Secret
from msgnb.core.sending import RESENDABLE
from msgnb.core.times import parse_zone
from msgnb.core.visible import escape_invisible
from msgnb.tables.display import prepare_display
from msgnb.tables.export import make_csv, make_excel
from msgnb.tables.findings import find_in_frame
from msgnb.tables.masking import People, fits, mask_frame
from msgnb.tables.schema import OUTCOMES, Role, role_of, strictest
from msgnb.tables.transcript import MOST, Conversation, conversation

if TYPE_CHECKING:
    from msgnb.analysis.charts import Plot

P = ParamSpec("P")

OUTCOME_COLUMNS = (*OUTCOMES.names, "text")
"""The columns of `outcomes` that don't come from the list of recipients."""


def _method(measured: Measured[P]) -> Callable[Concatenate[Messaging, P], pd.DataFrame]:
    """A measure as a method, with its signature and docstring."""

    def method(self: Messaging, /, *args: P.args, **named: P.kwargs) -> pd.DataFrame:
        return measured(self._frame, *args, **named)

    first, *others = inspect.signature(measured).parameters.values()
    parameters = [first.replace(name="self", annotation=inspect.Parameter.empty), *others]
    method.__name__, method.__doc__ = measured.__name__, measured.__doc__
    method.__qualname__ = f"Messaging.{measured.__name__}"
    method.__signature__ = inspect.Signature(parameters, return_annotation="pd.DataFrame")  # type: ignore[attr-defined]
    return method


class Messaging:
    """What a table of msgnb offers.

    >>> outcomes.msg.failed()
    """

    volume = _method(volumes.volume)
    busy = _method(volumes.busy)
    funnel = _method(volumes.funnel)
    cohorts = _method(volumes.cohorts)
    agents = _method(volumes.agents)
    conversations = _method(waiting.conversations)
    responses = _method(waiting.responses)
    unanswered = _method(waiting.unanswered)
    opt_outs = _method(words.opt_outs)
    keywords = _method(words.keywords)
    ngrams = _method(words.ngrams)

    def __init__(self, frame: pd.DataFrame) -> None:
        # It may be the first table of this process that has texts of others.
        prepare_display()
        self._frame = frame

    def failed(self) -> pd.DataFrame:
        """Return the recipients of an `outcomes` table who did not receive the message and may be retried.

        >>> sms.send_campaign(campaign, outcomes.msg.failed())

        Included are recipients whom the platform rejected, who were not attempted for lack of credit or
        because the campaign stopped, and to whom the message could not be delivered. Recipients whose result
        is unknown may have received it, so they are left out, as are duplicates and rows that are not valid
        recipients. If the platform accepted a message but could not deliver it, send it again under another
        title.

        Returns:
            `recipient` and the columns of the list of recipients.

        Raises:
            AttributeError: the table is not an `outcomes` table.
        """
        state, code = self._column("state"), self._column("error_code")
        unsent = state.isin(RESENDABLE)
        retryable = unsent & ~code.isin(["invalid", "duplicate", "incomplete", "forgotten"])
        return self._recipients(retryable | (self._column("status") == "failed"))

    def unknown(self) -> pd.DataFrame:
        """Return the recipients of an `outcomes` table who may or may not have received the message.

        Look them up before you send anything again.

        Raises:
            AttributeError: the table is not an `outcomes` table.
        """
        return self._recipients(self._column("state") == "unknown")

    def conversation(
        self, session: str | None = None, *, zone: str | tzinfo = "UTC", most: int = MOST
    ) -> Conversation:
        """Show one conversation of a `messages` table: as bubbles in a notebook, as lines if printed.

        >>> messages.msg.conversation("5511999998888@wa.gw.msging.net", zone="America/Sao_Paulo")

        The view runs no scripts, and can be printed and exported.

        Args:
            session: the session's ID; may be omitted if the table has only one session.
            zone: the time zone, as a name or a `tzinfo`.
            most: the number of messages to show, counted from the latest.

        Raises:
            InvalidRequest: the session or time zone does not exist, or the table has several sessions and
                none is named.
            AttributeError: the table is not a `messages` table.
        """
        for name in ("session", "at", "direction", "text"):
            self._column(name, "messages")
        return conversation(self._frame, session, parse_zone(zone), most)

    @property
    def plot(self) -> Plot:
        """Charts, such as `messages.msg.plot.volume()`.

        `volume`, `busy`, `responses`, `funnel` and `campaigns` draw a `messages` table. `progress` draws an
        `outcomes` table, or messages that were read with notifications.
        """
        from msgnb.analysis.charts import Plot  # noqa: PLC0415 - loads when first used

        return Plot(self._frame)

    def mask(
        self,
        key: str | Secret,
        holds: Mapping[str, Role] | None = None,
        *,
        people: People = (),
        region: str | Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return the table with consistent pseudonyms for all people, to share it.

        >>> messages.msg.mask(key, people=bot).msg.to_excel("messages.xlsx")
        >>> mine.msg.mask(key, holds={"hour": "amount"})

        A value has the same pseudonym in every column and in every table that is masked with the same key,
        and no other value has it, so masked tables can still be joined. Numbers keep their country code and
        their length. In texts, phone numbers and other numbers of seven digits or more, email addresses,
        identities, user names, URLs, and names of known people are replaced. Columns that may contain
        anything (`raw`, `extras`) are left out. Anything else that people write about themselves stays: look
        at `findings()` and at some texts before you share a table.

        Columns that msgnb does not know are treated as personal. It knows the results of measures such as
        `volume`: their counts and times stay.

        A pseudonym of a number may be somebody else's number, so a campaign refuses masked recipients.
        Masking a masked table gives numbers other pseudonyms.

        Args:
            key: your secret. Whoever has it can find out who is behind each pseudonym.
            holds: what your own columns hold, by name: `id`, `person` (a name), `address` (a phone number,
                identity or email), `text`, `url`, `time`, `amount`, `category`, or `opaque` (anything; the
                column is left out).
            people: names of people whom texts may mention: a table such as `contacts`, a column, a list, or a
                client whose contacts are read. The names in the table itself are known.
            region: two-letter codes of the countries in which numbers without a country code in texts may
                be. The countries of the numbers in the table follow.

        Raises:
            InvalidRequest: the key can be guessed, a role or a country does not exist, or a table of people
                has no column of names.
        """
        key = Secret(key)
        roles = {**_result_roles(self._frame), **(holds or {})}
        return mask_frame(self._frame, key, roles, people=people, region=region)

    def by_person(self, region: str | None = None) -> pd.DataFrame:
        """Return a `messages` table whose sessions are people, so that measures count each person once.

        >>> pd.concat([bot.history(), pbx.history()]).msg.by_person().msg.responses()

        A person who writes on several channels or platforms, or whose number is written in several ways, is
        one session then: the canonical address, see `msgnb.canonical_address`. IDs of groups stay.

        Args:
            region: two-letter code of the country of numbers without a country code.

        Raises:
            AttributeError: the table has no column `session`.
        """
        self._column("session", "messages")
        return by_person(self._frame, region)

    def findings(
        self,
        holds: Mapping[str, Role] | None = None,
        *,
        people: People = (),
        region: str | Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return what `mask` would replace, by column and kind, with samples to review.

        >>> messages.msg.findings(people=bot)

        The samples are the people's own data, so don't share this table.

        Args:
            holds: what your own columns hold, as in `mask`.
            people: tables with names of people whom texts may mention, or a client.
            region: countries of numbers without a country code in texts.

        Returns:
            One row per column and kind: `column`, `kind` (such as `phone`, `name`, `address`, `cpf`, `card`;
            `unknown` for columns that msgnb does not know; `left out`; `stays`), `cells` and `distinct`
            values in which it was found, and `samples`.

        Raises:
            InvalidRequest: a role or a country does not exist.
        """
        roles = {**_result_roles(self._frame), **(holds or {})}
        return find_in_frame(self._frame, roles, people=people, region=region)

    def to_string(self) -> str:
        r"""Return the table as text that is safe to print in a terminal.

        >>> print(messages.head().msg.to_string())

        Control characters and other invisible ones, which a terminal would obey, are shown as Python writes
        them, such as `\x1b`, in all columns and labels. The values in the table stay what they are. Notebooks
        and IPython show tables like this without a call, and `print` does so for columns of text.
        """
        return escape_invisible(self._frame.to_string())

    def to_csv(self, path: str | Path) -> Path:
        """Write the table as CSV.

        >>> messages.msg.to_csv("messages.csv")

        Phone numbers are text, and times have their time zone. What a spreadsheet would take for a formula
        gets an apostrophe in front, in headers and cells, and after each comma, semicolon, tab, vertical bar
        or line break inside of them, since spreadsheets of other languages split there. Everything else is
        written as it is. Only the user can read the file.
        """
        written = Path(path)
        replace_file(written, make_csv(self._frame))
        return written

    def to_excel(self, path: str | Path) -> Path:
        """Write the table as an Excel file.

        >>> messages.msg.to_excel("messages.xlsx")

        Phone numbers and all other texts are text cells, and times have their time zone. What looks like a
        formula gets an apostrophe in front, in headers and cells. Several levels of column names become one
        header, such as `text / count`. Only the user can read the file.

        Raises:
            SettingsError: openpyxl is not installed.
        """
        written = Path(path)
        replace_file(written, make_excel(self._frame))
        return written

    def _recipients(self, chosen: pd.Series[bool]) -> pd.DataFrame:
        """The chosen recipients, with the columns of their list under their own names."""
        # A column of the list that has a name of `outcomes` is there with a `_` behind it.
        own = {name: name.removesuffix("_") for name in self._frame.columns if name not in OUTCOME_COLUMNS}
        renamed = {name: plain for name, plain in own.items() if plain in OUTCOME_COLUMNS}
        kept = self._frame.loc[chosen.fillna(value=False), ["recipient", *own]]
        return kept.rename(columns=renamed).reset_index(drop=True)

    def _column(self, name: str, needed: str = "outcomes") -> pd.Series[str]:
        if name not in self._frame.columns:
            raise AttributeError(f"this table has no column {name!r}: a table `{needed}` is needed")
        return self._frame[name]


def _result_roles(frame: pd.DataFrame) -> dict[str, Role]:
    """What the columns hold of a measure's result, as far as the schema does not declare them.

    A frame is a result if it has all columns of one, in its index or not. A single name does not tell: a
    user's column `first` may hold first names.
    """
    labels = [frame.index.get_level_values(position) for position in range(frame.index.nlevels)]
    values = {label.name: label.to_series() for label in labels if label.name is not None}
    if frame.columns.is_unique:
        values |= {name: frame[name] for name in frame.columns}
    declared: dict[str, list[ResultColumn]] = {}
    for measure in MEASURES.values():
        if measure.always.keys() <= values.keys():
            for name, column in measure.always.items():
                declared.setdefault(name, []).append(column)
    found: dict[str, Role] = {}
    for name, columns in declared.items():
        role = strictest(column.holds for column in columns)
        choices = tuple(chain.from_iterable(column.choices for column in columns))
        if role and role_of(name) is None and fits(values[name], role, choices):
            found[name] = role
    return found
