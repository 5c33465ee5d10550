"""A form that saves a table for others: it shows whom the table names, and masks them first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from msgnb.analysis.accessor import Messaging
from msgnb.core.errors import InvalidRequest, MsgnbError
from msgnb.core.html import Markup, element, table
from msgnb.tables.transcript import QUIET
from msgnb.widgets.form import Form
from msgnb.widgets.parts import Button, Control, Pane, SecretControl

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.tables.masking import People
    from msgnb.tables.schema import Role

KINDS: Mapping[str, str] = {
    "address": "phone numbers, emails and identities", "card": "card numbers",
    "cnpj": "company numbers (CNPJ)", "cpf": "taxpayer numbers (CPF)", "handle": "user names",
    "iban": "bank accounts", "id": "IDs",
    "left out": "left out of the file", "name": "names", "number": "long numbers", "phone": "phone numbers",
    "unknown": "anything: the column is not known", "url": "links",
}  # fmt: skip
"""What was found, in words."""
_FILES = (".csv", ".xlsx")
LONGEST_SAMPLE = 60
"""Characters of the examples of one row."""


class ShareForm(Form):
    """A form that shows what a table says about people, and saves it with pseudonyms instead.

    >>> msgnb.widgets.ShareForm(messages, people=bot)

    Without a browser, as in a test, set `form.key.value` and `form.file.value`, and call `form.submit()`.

    Args:
        frame: the table to share.
        people: tables with names of people whom texts may mention, or a client whose contacts are read.
        holds: what your own columns hold, as in `frame.msg.mask`.

    Attributes:
        key: field of the password that the pseudonyms are made from.
        region: field of the country of numbers without a country code.
        file: field of the file's name.
        findings: what is replaced, as `frame.msg.findings()` returns it.
        saved: path of the file that was saved last; `None` before.
        state: `ready`, `sending`, `sent` or `rejected`.
    """

    def __init__(
        self, frame: pd.DataFrame, *, people: People = (), holds: Mapping[str, Role] | None = None
    ) -> None:
        self._frame, self._people, self._holds = frame, people, holds
        self.saved: Path | None = None
        self.findings: pd.DataFrame | None = None
        self.key = SecretControl(
            "Password", hint="several words that nobody else knows", kept="kept until the form is closed"
        )
        self.region = Control("text", "Country", hint="BR, for numbers without a country code")
        self.file = Control("text", "File", value="messages.xlsx", hint="messages.xlsx or messages.csv")
        self._found = Pane(label="What is replaced")
        self._button = Button("Save with pseudonyms", look="primary", enter=True)
        super().__init__(
            "Share a table",
            f"{len(frame):,} rows",
            {
                "found": self._found, "region": self.region, "key": self.key, "file": self.file,
                "send": self._button,
            },
            ["found", "region", "key", "file", ["send", "status"]],
            look="share-form",
        )  # fmt: skip
        self.region.on(self._look)
        with self.together():
            self._look()

    def submit(self) -> Path | None:
        """Save the table with pseudonyms, and return the file's path; `None` if a field is not valid."""
        with self.together():
            self.key.problem = self.file.problem = ""
        try:
            path = self._checked_path()
            if self.key.value is None:
                raise InvalidRequest.of(key="is empty; choose several words that nobody else knows")
            self.show("sending", "Saving…")
            masked = Messaging(self._frame).mask(
                self.key.value, self._holds, people=self._people, region=self._region()
            )
            save = Messaging(masked).to_excel if path.suffix == ".xlsx" else Messaging(masked).to_csv
            self.saved = save(path)
        except InvalidRequest as error:
            self.blame(error, {})
            if "key" in error.fields and self.key.value is not None:
                self.key.problem = "This password can be guessed. Use several unusual words."
            self.show("rejected", "Not saved. Correct the fields above.")
            return None
        except (MsgnbError, OSError) as error:
            self.show("rejected", f"Not saved: {error}")
            return None
        self.show(
            "sent", f"Saved {self.saved}. Keep the password apart from the file: it reverses the pseudonyms."
        )
        return self.saved

    def _look(self) -> None:
        """Show what would be replaced."""
        self.region.problem = ""
        try:
            found = Messaging(self._frame).findings(self._holds, people=self._people, region=self._region())
        except InvalidRequest as error:
            self.blame(error, {})
            return
        self.findings = found
        shown = found[(found["kind"] != "stays") & (found["cells"] > 0)]
        head = ["Column", "What is there", "Cells", "For example"]
        rows = [_row(each) for each in shown.to_dict("records")]
        self._found.html = _scrolling(table(head, rows, long=head[1:2] + head[3:]))
        # A saved notebook has no examples, which are the people's own data.
        self._found.still = _scrolling(table(head[:3], [row[:3] for row in rows]))

    def _region(self) -> str | None:
        return self.region.text.strip() or None

    def _checked_path(self) -> Path:
        path = Path(self.file.text.strip()).expanduser()
        if path.suffix.lower() not in _FILES:
            raise InvalidRequest.of(file="must end with .xlsx or .csv")
        return path


def _row(found: dict[Any, Any]) -> list[str]:
    kind = str(found["kind"])
    samples = shorten(str(found["samples"]), LONGEST_SAMPLE, placeholder=" …")
    return [str(found["column"]), KINDS.get(kind, kind), f"{found['cells']:,}", samples]


def _scrolling(content: Markup) -> Markup:
    return element("div", element("div", content, style="overflow-x:auto"), _ADVICE)


_ADVICE: Markup = element(
    "div",
    "All of this is replaced. What people say about themselves in other words stays: read some texts first.",
    style=QUIET,
)
