"""A form for a campaign: recipients, text, a preview with its costs, a dry run, sending, and the results.

* It starts as a dry run. To send, clear the checkbox; the button says how many recipients there are.
* Large files are read and texts are filled in by a background thread, a few times per second at most, so that
  typing stays quick.
* A campaign is sent in a thread too, so that it can be stopped. Its journal records who has received it:
  sending again resumes it.
* What depends on the platform, such as its addresses and whether it can send later, comes from its
  descriptor.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from msgnb import tables
from msgnb.campaigns.campaign import Campaign
from msgnb.campaigns.plan import Plan, make_plan
from msgnb.campaigns.recipients import read_columns, recipients
from msgnb.campaigns.run import Run
from msgnb.campaigns.watching import Progress
from msgnb.core.errors import InvalidRequest, MsgnbError
from msgnb.core.html import Markup, element, table
from msgnb.platforms.base import Client
from msgnb.platforms.calls import Call, Expression
from msgnb.platforms.registry import get_platform
from msgnb.tables.export import make_csv, make_excel
from msgnb.tables.transcript import QUIET
from msgnb.widgets.form import Form, describe_account
from msgnb.widgets.parts import Button, Code, Control, FileControl, Pane, State
from msgnb.widgets.redraw import Redraw
from msgnb.widgets.zones import TimeFields

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("msgnb.widgets")

FILE, TABLE, PASTED = "A file", "A table of this notebook", "Pasted phones"
GIVEN = "(the one given)"
LARGEST = 50_000_000
LISTED = 50
"""How many results the form shows; the files contain all of them."""
_COLUMNS = ("recipient", "state", "status", "error", "text")
_FIELDS = {
    "message": "text", "text": "text", "sender": "sender", "defer_until": "time", "when": "time",
    "zone": "zone", "region": "region", "column": "column", "source": "source",
}  # fmt: skip
CHECKED = {column.name for column in tables.RECIPIENTS.columns}
"""The columns of a table of recipients whose phone numbers have been checked."""
_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class CampaignForm(Form):
    """A form that sends one text to many recipients.

    >>> msgnb.widgets.CampaignForm(client)
    >>> msgnb.widgets.CampaignForm(client, people)  # with a DataFrame of recipients

    Without a browser, as in a test, set `form.source.value` and the other fields, and call `form.submit()`.
    It is a dry run until `form.dry_run.value` is false.

    Args:
        client: the account that sends.
        people: table of recipients, which is selected at first.
        zone: time zone of the time to send at, such as `America/Sao_Paulo`; this machine's if `None`.

    Attributes:
        source: field of where the recipients come from.
        file: field of a CSV, text or Excel file.
        table: field of the name of a DataFrame in the notebook.
        pasted: field of phone numbers.
        column: field of the column that contains the phone numbers.
        region: field of the country of phone numbers that have no country code.
        sender: field of the sender that recipients see; hidden if the account is always the sender.
        title: field of the campaign's title; each recipient receives a campaign of the same title once.
        text: field of the text.
        time: field of the time to send at; hidden if the platform cannot send later.
        zone: field of the time zone.
        skip: field of whether to skip rows in which a value of the text is missing.
        dry_run: field of whether to send nothing.
        plan: which recipient would receive which text, when the form was last checked.
        outcomes: the results, as a table `outcomes`.
        state: `ready`, `sending`, `sent`, `rejected` or `unknown`.
        error: why it failed.

    Raises:
        SettingsError: the client's platform is not installed.
    """

    presses: ClassVar = {
        "send": "start", "stop": "stop", "csv": "download_csv", "xlsx": "download_excel",
        "tables": "find_tables",
    }  # fmt: skip

    def __init__(
        self, client: Client, people: pd.DataFrame | None = None, *, zone: str | None = None
    ) -> None:
        self._client = client
        self._platform = get_platform(client.platform)
        self._given = people
        self._people: tuple[Any, pd.DataFrame] | None = None
        self._credit: int | None = None
        self._checks = threading.RLock()
        self._stop = threading.Event()
        self._beginning = threading.Lock()
        self._thread: threading.Thread | None = None
        self._latest: Progress | None = None
        self.plan: Plan | None = None
        self.outcomes: pd.DataFrame | None = None
        self.error: MsgnbError | None = None
        self._make_fields(zone)
        super().__init__(
            f"Send a campaign on {self._platform.title}",
            describe_account(client, "as"),
            {
                "source": self.source, "file": self.file, "table": self.table, "tables": self._tables,
                "pasted": self.pasted, "column": self.column, "region": self.region, "sender": self.sender,
                "title": self.title, "text": self.text, "chips": self._chips, "time": self.time,
                "zone": self.zone, "skip": self.skip, "check": self._check, "dry_run": self.dry_run,
                "send": self._button, "stop": self._stopper, "progress": self._progress,
                "outcomes": self._results, "csv": self._csv, "xlsx": self._excel, "line": self._line,
            },
            [
                "source", "file", ["table", "tables"], "pasted", ["column", "region"], ["sender", "title"],
                "text", "chips", "skip", ["time", "zone"], "check", "dry_run", ["send", "stop", "status"],
                "progress", "outcomes", ["csv", "xlsx"], "line",
            ],
            look="campaign-form",
            owner=client,
        )  # fmt: skip
        self._drawing_progress = Redraw(self._draw_progress)
        self._checking = Redraw(self._check_aside)
        self._listen()

    def _make_fields(self, zone: str | None) -> None:
        choices = [FILE, TABLE, PASTED]
        self.source = Control(
            "select", "People", value=FILE if self._given is None else TABLE, options=choices
        )
        self.file = FileControl("File", accept=".csv,.tsv,.txt,.xlsx,.xlsm,.xls", most=LARGEST)
        self.table = Control("select", "Table", options=[""])
        self._tables = Button("Look again", hint="Find the tables that the notebook has now")
        self.pasted = Control("textarea", "Phones", hint="One to a line, or separated by commas", rows=3)
        self.column = Control("select", "Phones in", options=[""])
        self.region = Control("text", "Country", hint="BR, if without +")
        self.sender = Control("text", "From", hint=self._platform.addresses.sender_example or "")
        self.title = Control("text", "Title", hint="a new one sends anew")
        self.text = Control("textarea", "Text", hint="Hi {name}, your order is ready.")
        self._chips = Pane(label="Columns to insert")
        self._chips.still = Markup()
        self._when = TimeFields(zone)
        self.time, self.zone = self._when.time, self._when.zone
        self._check = Pane(role="status", label="What it takes")
        self.skip = Control("check", "Leave out rows in which a value of the text is missing", value=False)
        self.dry_run = Control("check", "Dry run: check everything, send nothing", value=True)
        self._button = Button("Dry run", look="primary")
        self._stopper = Button("Stop", look="danger", always=True, shown=False)
        self._progress = Pane(role="status", label="Progress")
        self._results = Pane(label="Outcomes", scrolls=True)
        self._csv = Button("Download CSV", shown=False)
        self._excel = Button("Download Excel", shown=False)
        self._line = Code()

    # What is filled in

    def _listen(self) -> None:
        with self.together():
            self.sender.shown = self._platform.addresses.sender_example is not None
            self._stopper.shown = self._csv.shown = self._excel.shown = False
            self.find_tables()
            if self._given is not None:
                self.source.value, self.table.value = TABLE, GIVEN
            self.dry_run.value = True  # even if it was cleared in the last form
            for each in (self.source, self.file, self.table, self.pasted):
                each.on(self._new_source)
            for each in (
                self.column, self.region, self.sender, self.title, self.text, self.time, self.zone,
                self.skip, self.dry_run,
            ):  # fmt: skip
                each.on(self._changed)
            self._new_source()
            self.check()

    def find_tables(self) -> None:
        """Offer the DataFrames that the notebook has now."""
        names = [*([GIVEN] if self._given is not None else []), *_notebook_tables()]
        self.table.offer(names or [""])
        self.table.note = "" if names else "the notebook has none yet"

    def _new_source(self) -> None:
        with self.together():
            chosen = self.source.value
            self.file.shown = chosen == FILE
            self.table.shown = self._tables.shown = chosen == TABLE
            self.pasted.shown = chosen == PASTED
            self.source.problem = ""
            try:
                names, phones = read_columns(self._raw) if self._raw is not None else ([], None)
            except MsgnbError as error:
                names, phones = [], None
                self.source.problem = str(error)
            self.column.offer([("", "choose"), *((name, name) for name in names)] if names else [""])
            if phones and self.column.value not in names:
                self.column.value = phones
            self.skip.shown = len(names) > 1
            checked = set(names) >= CHECKED
            self.column.shown = self.region.shown = len(names) != 1 and not checked
            taken = {self.column.value, *(CHECKED if checked else ())}
            self._chips.html = _chips([name for name in names if name not in taken])
            self._changed()

    @property
    def _raw(self) -> Any:
        """Where the recipients come from, as `msgnb.recipients` takes it; `None` if nothing is chosen yet."""
        if self.source.value == PASTED:
            return self.pasted.text or None
        if self.source.value == FILE:
            chosen = self.file.value
            return chosen and {"name": chosen.name, "content": chosen.content}
        return _notebook_tables().get(self.table.value, self._given)

    def _changed(self) -> None:
        with self.together():
            for part in (self.sender, self.text, self.region, self.column, self.title):
                part.problem = ""
            self._when.show("schedule" in self._platform.supports)
            self._name_button()
            # A campaign that is being sent is not affected by what is entered for the next one.
            if self.state != "sending":
                self.show("ready", "")
        self._checking.soon()

    def _name_button(self) -> None:
        people = len(self.plan.ready) if self.plan else 0
        word = "person" if people == 1 else "people"
        dry = bool(self.dry_run.value)
        self._button.set(label="Dry run" if dry else f"Send to {people:,} {word}")

    # The plan

    def check(self) -> Plan | None:
        """Make the plan, show it, and return it; `None` if something is missing or not valid."""
        # One check at a time. Each reads the fields when it starts, so the last one shows the last state.
        with self._checks, self.together():
            self.plan = None
            try:
                self.plan = self._make_plan()
            except MsgnbError as error:
                if isinstance(error, InvalidRequest):
                    self.blame(error, _FIELDS)
                self._check.html = element("div", str(error), **{"class": "msgnb-problem"})
            else:
                drawn = Markup(self.plan._repr_html_()) if self.plan else Markup()
                self._check.html = drawn
            self._name_button()
            self._line.set(code=self.python)
        return self.plan

    def _check_aside(self) -> None:
        self.check()

    def _make_plan(self) -> Plan | None:
        raw = self._raw
        if raw is None or not self.text.text:
            return None
        if self._credit is None:
            self._credit = self._client.credit()
        return make_plan(
            self._make_campaign(),
            self._read(raw),
            normalize=self._platform.addresses.normalize,
            credit=self._credit,
            counts_sms=self._platform.counts_sms,
            skip_missing=bool(self.skip.value),
        )

    def _read(self, raw: Any) -> pd.DataFrame:
        """Return the recipients; they are read once for a source, column and region."""
        if self.source.value == TABLE and set(raw.columns) >= CHECKED:
            people: pd.DataFrame = raw
            return people
        # Another table may have the same name by now, and comparing large tables takes long.
        which = (self.table.value, id(raw)) if self.source.value == TABLE else self.file.value or raw
        key = (which, self.source.value, self.column.value, self.region.text)
        if self._people is None or self._people[0] != key:
            people = recipients(
                raw, self.column.value or self._preferred_column(raw), self.region.text or None
            )
            self._people = (key, people)
        return self._people[1]

    def _preferred_column(self, raw: Any) -> str | None:
        return self._platform.addresses.preferred_column(list(getattr(raw, "columns", ())))

    def _make_campaign(self) -> Campaign:
        return Campaign(
            text=self.text.value,
            sender=self.sender.text,
            title=self.title.text or None,
            defer_until=self._when.read() if self.time.shown else None,
        )

    @property
    def python(self) -> str:
        """The Python line that does the same; empty while a field is not valid."""
        try:
            made = self._make_campaign()
        except InvalidRequest:
            return ""
        given = {"sender": made.sender or None, "title": made.title, "defer_until": made.defer_until}
        campaign = Expression(made, Call("Campaign", (), {"text": made.text, **given}).code("msgnb"))
        named = {
            "column": (self.column.value if self.column.shown else None) or None,
            "region": self.region.text or None,
            "skip_missing": self.skip.value or None, "dry_run": self.dry_run.value or None,
        }  # fmt: skip
        call = Call("send_campaign", (campaign, Expression(None, self._source_code())), named)
        return call.code(self._platform.variable)

    def _source_code(self) -> str:
        if self.source.value == FILE:
            return repr(self.file.value.name if self.file.value else "people.csv")
        if self.source.value == PASTED:
            return repr(self.pasted.text)
        return "people" if self.table.value in {GIVEN, ""} else str(self.table.value)

    # Sending

    def start(self) -> None:
        """Send the campaign in a thread, or do the dry run there, as a click on the button does."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self.submit, name="msgnb campaign", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop after the current request; send again to resume."""
        self._stop.set()
        self.show("sending", "Stopping …")

    def submit(self) -> pd.DataFrame | None:
        """Send the campaign, or do the dry run, and return the outcomes; `None` if nothing was done.

        Does nothing while a campaign is being sent, and after it was sent until a field is changed.
        """
        # Two presses may come at the same time, from two views or two threads.
        with self._beginning:
            if self._button.disabled:
                return None
            dry = bool(self.dry_run.value)
            self._stop.clear()
            self.error = self.outcomes = None
            self.show("sending", "Checking …" if dry else "Sending …")
        try:
            self._run(dry=dry)
        except InvalidRequest as error:
            self.blame(error, _FIELDS)
            self._fail(error)
        except MsgnbError as error:
            self._fail(error)
        # In a thread nobody would see the exception.
        except Exception as error:
            log.exception("the form failed")
            self.show(
                "unknown",
                f"Something broke: {type(error).__name__}: {error}. Sending again goes on from there.",
            )
        finally:
            self._draw_progress()
            self._draw_outcomes()
        return self.outcomes

    def _run(self, *, dry: bool) -> None:
        raw = self._raw
        if raw is None:
            raise InvalidRequest.of(source="is empty: whom to send to?")
        made = self._make_campaign()
        self._people = self._credit = None  # both may have changed since they were read
        people = self._read(raw)
        view = _View(self._progressed)
        skip = bool(self.skip.value)
        self.outcomes = self._client.send_campaign(
            made, people, skip_missing=skip, dry_run=dry, view=view, stop=self._stop
        )
        if dry:
            # Whoever it would go to has no state yet.
            waiting = int(self.outcomes["state"].isna().sum())
            self.show("ready", f"Nothing was sent. It would go to {waiting:,}.")
            return
        # Watching may take as long as the campaign; what is known is shown meanwhile.
        self._draw_outcomes()
        unwatched = ""
        if isinstance(made.run, Run) and not self._stop.is_set():
            try:
                self.outcomes = made.run.watch(view=view, stop=self._stop)
            except MsgnbError as error:
                # It was sent all the same.
                unwatched = f" How far it came can't be read: {error}"
        self._show_outcomes(self.outcomes, unwatched)

    def _show_outcomes(self, outcomes: pd.DataFrame, unwatched: str) -> None:
        counts = outcomes["state"].value_counts()
        words = ", ".join(f"{count:,} {state}" for state, count in counts.items() if count)
        stopped = " Stopped; sending again goes on from there." if self._stop.is_set() else ""
        unsure = " Look up the unknown ones; they are not sent to again." if counts.get("unknown") else ""
        state: State = "unknown" if unsure else "sent" if counts.get("sent") else "rejected"
        self.show("ready" if stopped else state, f"{words}.{stopped}{unsure}{unwatched}")

    def _fail(self, error: MsgnbError) -> None:
        self.error = error
        self.show("rejected", str(error))

    def show(self, state: State, words: str) -> None:
        """Set the state and the status line; after sending, disable the button until a field is changed."""
        with self.together():
            super().show(state, words)
            self._button.disabled = state in {"sending", "sent"}
            self._stopper.shown = state == "sending" and not self.dry_run.value

    # Progress and results

    def _progressed(self, progress: Progress) -> None:
        self._latest = progress
        self._drawing_progress.soon()

    def _draw_progress(self) -> None:
        latest = self._latest
        if latest is None or self.dry_run.value:
            return
        words = latest.summary
        bar = element("progress", words, max=str(max(1, latest.total)), value=str(latest.reached))
        self._progress.html = element("div", bar, element("div", words, style=QUIET))

    def _draw_outcomes(self) -> None:
        with self.together():
            frame = self.outcomes
            self._csv.shown = self._excel.shown = frame is not None
            if frame is None:
                self._results.html = Markup()
                return
            shown = frame[list(_COLUMNS)].head(LISTED).astype(object)
            rows = shown.where(shown.notna(), "").to_numpy().tolist()
            more = len(frame) - len(rows)
            below = (
                element("div", f"and {more:,} more; the files have all", style=QUIET) if more else Markup()
            )
            self._results.html = element("div", table(_COLUMNS, rows, long={"text", "error"}), below)

    def download_csv(self) -> bytes:
        """Return the outcomes as a CSV file, which the browser saves."""
        return self._download("csv", make_csv(self._finished()))

    def download_excel(self) -> bytes:
        """Return the outcomes as an Excel file, which the browser saves.

        Raises:
            InvalidRequest: there are no outcomes yet.
            SettingsError: openpyxl is not installed.
        """
        return self._download("xlsx", make_excel(self._finished()))

    def _finished(self) -> pd.DataFrame:
        if self.outcomes is None:
            raise InvalidRequest.of(outcomes="are not there yet: send it, or try it, first")
        return self.outcomes

    def _download(self, ending: str, content: bytes) -> bytes:
        # A title may contain characters that a file's name must not have.
        name = "".join(each if each.isalnum() else "-" for each in self.title.text) or "outcomes"
        self.send({"do": "download", "name": f"{name}.{ending}", "type": _TYPES[ending]}, [content])
        return content


class _View:
    """Where `send_campaign` shows the progress.

    Args:
        show: called with each `Progress`.
    """

    def __init__(self, show: Callable[[Progress], None]) -> None:
        self.show = show


def _chips(names: list[str]) -> Markup:
    """Return a button for each column, which inserts its placeholder into the text."""
    if not names:
        return Markup()
    chips = [
        element(
            "button", f"{{{name}}}", type="button",
            **{"class": "msgnb-chip", "data-insert": f"{{{name}}}", "data-into": "text"},
        )
        for name in names[:30]
    ]  # fmt: skip
    return element("div", element("span", "Insert ", style=QUIET), *chips)


def _notebook_tables() -> dict[str, pd.DataFrame]:
    """Return the DataFrames in the notebook's variables, by their names."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    try:
        from IPython import get_ipython  # noqa: PLC0415 - there in every notebook
    except ImportError:
        return {}
    shell = get_ipython()
    names: Mapping[str, Any] = shell.user_ns if shell else {}
    # A copy of the names, because a running cell may add some while the form checks in its thread.
    return {
        name: value
        for name, value in list(names.items())
        if isinstance(value, pd.DataFrame) and not name.startswith("_") and len(value)
    }
