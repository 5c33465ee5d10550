"""A form for a campaign: whom, what, what it takes, a dry run, the sending, and what became of each.

* It begins as a dry run; to send, the tick is taken away, and the button says to how many.
* Reading a large file and filling in the texts is done aside, a few times a second at most: typing stays
  quick.
* Sending goes on in a thread, so that it can be stopped; the journal knows who has got it, and sending again
  goes on from there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from msgnb import tables
from msgnb.campaigns.campaign import Campaign
from msgnb.campaigns.plan import Plan, planned
from msgnb.campaigns.recipients import headings, recipients
from msgnb.campaigns.watching import Progress
from msgnb.core.errors import InvalidRequest, MsgnbError
from msgnb.core.html import Markup, element, table
from msgnb.platforms.base import Client
from msgnb.platforms.calls import NAMES, TITLES, Call, Shown
from msgnb.tables.export import make_csv, make_excel
from msgnb.tables.transcript import QUIET
from msgnb.widgets.form import Form
from msgnb.widgets.parts import Button, Code, Control, FileControl, Pane, State
from msgnb.widgets.redraw import Redraw
from msgnb.widgets.zones import When

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("msgnb.widgets")

FILE, TABLE, PASTED = "A file", "A table of this notebook", "Pasted phones"
GIVEN = "(the one given)"
LARGEST = 50_000_000
LISTED = 50
"""Outcomes that the form shows; the files have all."""
_COLUMNS = ("recipient", "state", "status", "error", "text")
_FIELDS = {
    "message": "text", "text": "text", "sender": "sender", "defer_until": "time", "when": "time",
    "zone": "zone", "region": "region", "column": "column", "source": "source",
}  # fmt: skip
JUDGED = {column.name for column in tables.RECIPIENTS.columns}
_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class CampaignForm(Form):
    """A form that sends one text to many.

    >>> msgnb.widgets.CampaignForm(sms)
    >>> msgnb.widgets.CampaignForm(sms, people)  # a table that is there already

    Without a screen, as in a test, set `form.source.value` and the fields, and call `form.submit()`: a dry
    run, until `form.dry_run.value` is false.

    Args:
        client: whose account sends.
        people: a table of people; it is what is sent to at first.
        zone: the zone of times; this machine's where it is `None`.

    Attributes:
        source: the field that says where the people come from.
        file: the field of a CSV, text or Excel file.
        table: the field of the name of a table of the notebook.
        pasted: the field of phones.
        column: the field of the column with the phones.
        region: the field of the country of phones without its code.
        sender: the field of what recipients see.
        title: the field of the campaign's title: with the same one nobody gets it twice.
        text: the field of the text.
        skip: the field that says that rows in which a value is missing are left out.
        dry_run: the field that says that nothing is to be sent.
        plan: who would get what, as it was last checked.
        outcomes: what became of each, as a table `outcomes`.
        state: `ready`, `sending`, `sent`, `rejected` or `unknown`.
        error: why it failed.
    """

    presses: ClassVar = {
        "send": "start", "stop": "stop", "csv": "download_csv", "xlsx": "download_excel",
        "tables": "find_tables",
    }  # fmt: skip

    def __init__(
        self, client: Client, people: pd.DataFrame | None = None, *, zone: str | None = None
    ) -> None:
        self._client = client
        self._given = people
        self._people: tuple[Any, pd.DataFrame] | None = None
        self._credit: int | None = None
        self._checks = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._standing: Progress | None = None
        self.plan: Plan | None = None
        self.outcomes: pd.DataFrame | None = None
        self.error: MsgnbError | None = None
        self._make_fields(zone)
        super().__init__(
            f"Send a campaign on {TITLES[client.platform]}",
            f"as {client.account}",
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
            kept=f"{client.platform} {client.account}",
        )  # fmt: skip
        self._drawing_progress = Redraw(self._draw_progress)
        self._checking = Redraw(self._check_aside)
        self._listen()

    def _make_fields(self, zone: str | None) -> None:
        hint = self._client.sender_hint
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
        self.sender = Control("text", "From", hint=hint or "")
        self.title = Control("text", "Title", hint="a new one sends anew")
        self.text = Control("textarea", "Text", hint="Hi {name}, your order is ready.")
        self._chips = Pane(label="Columns to insert")
        self._chips.still = Markup()
        self._when = When(zone)
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
            self.sender.shown = self._client.sender_hint is not None
            self._stopper.shown = self._csv.shown = self._excel.shown = False
            self.find_tables()
            if self._given is not None:
                self.source.value, self.table.value = TABLE, GIVEN
            self.dry_run.value = True  # also where it was off before: sending is asked for anew
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
        """Offer the tables that the notebook has now."""
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
                names, phones = headings(self._raw) if self._raw is not None else ([], None)
            except MsgnbError as error:
                names, phones = [], None
                self.source.problem = str(error)
            self.column.offer([("", "choose"), *((name, name) for name in names)] if names else [""])
            if phones and self.column.value not in names:
                self.column.value = phones
            self.skip.shown = len(names) > 1
            judged = set(names) >= JUDGED  # by msgnb.recipients
            self.column.shown = self.region.shown = len(names) != 1 and not judged
            taken = {self.column.value, *(JUDGED if judged else ())}
            self._chips.html = _chips([name for name in names if name not in taken])
            self._changed()

    @property
    def _raw(self) -> Any:
        """What the people come from; `None` where nothing is chosen yet."""
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
            self._when.shown(self._client.platform != "netsapiens")
            self._name_button()
            # What is on its way stays so, whatever is filled in for the next one meanwhile.
            if self.state != "sending":
                self.show("ready", "")
        self._checking.soon()

    def _name_button(self) -> None:
        people = len(self.plan.ready) if self.plan else 0
        word = "person" if people == 1 else "people"
        dry = bool(self.dry_run.value)
        self._button.set(label="Dry run" if dry else f"Send to {people:,} {word}")

    # What it takes

    def check(self) -> Plan | None:
        """Find out who would get what, and show it; returns the plan, `None` where there is none yet."""
        # One at a time: each reads what the fields hold then, so that the last one shows the last state.
        with self._checks, self.together():
            self.plan = None
            try:
                self.plan = self._planned()
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

    def _planned(self) -> Plan | None:
        raw = self._raw
        if raw is None or not self.text.text:
            return None
        client = self._client
        if self._credit is None:
            self._credit = client._credit()  # noqa: SLF001 - the client's own, as in plan_campaign
        return planned(
            self._made(),
            self._read(raw),
            address=client._address,  # noqa: SLF001
            credit=self._credit,
            priced=client.priced,
            skip_missing=bool(self.skip.value),
        )

    def _read(self, raw: Any) -> pd.DataFrame:
        """The recipients; read once for a source, column and region, and what is read already as it is."""
        if self.source.value == TABLE and set(raw.columns) >= JUDGED:
            people: pd.DataFrame = raw
            return people
        which = (self.table.value, id(raw)) if self.source.value == TABLE else self.file.value or raw
        key = (which, self.source.value, self.column.value, self.region.text)
        if self._people is None or self._people[0] != key:
            people = recipients(raw, self.column.value or self._own_column(raw), self.region.text or None)
            self._people = (key, people)
        return self._people[1]

    def _own_column(self, raw: Any) -> str | None:
        return self._client._column(raw)  # noqa: SLF001

    def _made(self) -> Campaign:
        return Campaign(
            text=self.text.value,
            sender=self.sender.text,
            title=self.title.text or None,
            defer_until=self._when.moment() if self.time.shown else None,
        )

    @property
    def python(self) -> str:
        """The Python line that does the same; empty while a field can't be right."""
        try:
            made = self._made()
        except InvalidRequest:
            return ""
        given = {"sender": made.sender or None, "title": made.title, "defer_until": made.defer_until}
        campaign = Shown(made, Call("Campaign", (), {"text": made.text, **given}).code("msgnb"))
        named = {
            "column": (self.column.value if self.column.shown else None) or None,
            "region": self.region.text or None,
            "skip_missing": self.skip.value or None, "dry_run": self.dry_run.value or None,
        }  # fmt: skip
        call = Call("send_campaign", (campaign, Shown(None, self._source_code())), named)
        return call.code(NAMES[self._client.platform])

    def _source_code(self) -> str:
        if self.source.value == FILE:
            return repr(self.file.value.name if self.file.value else "people.csv")
        if self.source.value == PASTED:
            return repr(self.pasted.text)
        return "people" if self.table.value in {GIVEN, ""} else str(self.table.value)

    # Sending

    def start(self) -> None:
        """Send, or try, in a thread, as a click on the button does."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self.submit, name="msgnb campaign", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Let no further request leave; sending again goes on from there."""
        self._stop.set()
        self.show("sending", "Stopping …")

    def submit(self) -> pd.DataFrame | None:
        """Do what the form says, and wait for it; returns the outcomes, `None` where nothing was done.

        While it is on its way it does nothing, nor once it was sent, until a field is changed.
        """
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
        made = self._made()
        self._people = self._credit = None  # both may have changed since they were read
        people = self._read(raw)
        view = _View(self._came)
        skip = bool(self.skip.value)
        self.outcomes = self._client.send_campaign(
            made, people, skip_missing=skip, dry_run=dry, view=view, stop=self._stop
        )
        if dry:
            left_out = int((self.outcomes["state"] == "rejected").sum())
            self.show("ready", f"Nothing was sent. It would go to {len(people) - left_out:,}.")
            return
        self._draw_outcomes()
        if not self._stop.is_set():
            from msgnb.campaigns.run import Run  # noqa: PLC0415 - loads when first used

            assert isinstance(made.teller, Run)  # noqa: S101 - send_campaign has set it
            self.outcomes = made.teller.watch(view=view, stop=self._stop)
        counts = self.outcomes["state"].value_counts()
        words = ", ".join(f"{count:,} {state}" for state, count in counts.items() if count)
        stopped = " Stopped; sending again goes on from there." if self._stop.is_set() else ""
        unsure = " Look up the unknown ones; they are not sent to again." if counts.get("unknown") else ""
        self.show("ready" if stopped else "sent", f"{words}.{stopped}{unsure}")

    def _fail(self, error: MsgnbError) -> None:
        self.error = error
        self.show("rejected", str(error))

    def show(self, state: State, words: str) -> None:
        """Say how it stands; the button is off on the way, and afterwards until something changes."""
        with self.together():
            super().show(state, words)
            self._button.disabled = state in {"sending", "sent"}
            self._stopper.shown = state == "sending" and not self.dry_run.value

    # What is seen of it

    def _came(self, standing: Progress) -> None:
        self._standing = standing
        self._drawing_progress.soon()

    def _draw_progress(self) -> None:
        standing = self._standing
        if standing is None or self.dry_run.value:
            return
        words = standing.summary
        bar = element("progress", words, max=str(max(1, standing.total)), value=str(standing.reached))
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
        """The outcomes as a CSV file, which the browser saves."""
        return self._download("csv", make_csv(self._done()))

    def download_excel(self) -> bytes:
        """The outcomes as an Excel file, which the browser saves.

        Raises:
            SettingsError: openpyxl is not there.
        """
        return self._download("xlsx", make_excel(self._done()))

    def _done(self) -> pd.DataFrame:
        if self.outcomes is None:
            raise InvalidRequest.of(outcomes="are not there yet: send it, or try it, first")
        return self.outcomes

    def _download(self, ending: str, content: bytes) -> bytes:
        name = "".join(each if each.isalnum() else "-" for each in self.title.text) or "outcomes"
        self.send({"do": "download", "name": f"{name}.{ending}", "type": _TYPES[ending]}, [content])
        return content


class _View:
    """Hands on how far a campaign is."""

    def __init__(self, came: Callable[[Progress], None]) -> None:
        self.show = came


def _chips(names: list[str]) -> Markup:
    """A button for each column, which writes its placeholder into the text."""
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
    """The tables that the notebook has under a name."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    try:
        from IPython import get_ipython  # noqa: PLC0415 - there in every notebook
    except ImportError:
        return {}
    shell = get_ipython()
    names: Mapping[str, Any] = shell.user_ns if shell else {}
    return {
        name: value
        for name, value in list(names.items())
        if isinstance(value, pd.DataFrame) and not name.startswith("_") and len(value)
    }
