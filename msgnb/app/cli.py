"""The command line: `msgnb mocks`, `msgnb lab`, `msgnb cassettes …`, `msgnb doctor`.

Completion in the shell comes with `msgnb --install-completion`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Explore, send and test on BLiP, NetSapiens and SMSDrop, with or without an account.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
cassettes = typer.Typer(
    help="Recordings of exchanges: find what is secret, compare with the mocks.", no_args_is_help=True
)
app.add_typer(cassettes, name="cassettes")

Folder = Annotated[Path, typer.Argument(help="The folder of the cassettes, with all folders inside.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def mocks(
    port: Annotated[int, typer.Option(help="Of the first platform; the others follow. 0: free ones.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same world.")] = 7,
    ui: Annotated[bool, typer.Option("--ui", help="Serve the page of all phones, too.")] = False,
    tls: Annotated[bool, typer.Option("--tls", help="Serve HTTPS.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse what is only inferred.")] = False,
    quirk: Annotated[list[str] | None, typer.Option(help="A second reading, as netsapiens:v44.")] = None,
) -> None:
    """Serve the three mock platforms on this machine until Ctrl-C."""
    from msgnb_mocks.__main__ import main as serve  # noqa: PLC0415 - loads when asked for

    flags = [f"--{name}" for name, on in (("ui", ui), ("tls", tls), ("strict", strict)) if on]
    quirks = [word for each in quirk or () for word in ("--quirk", each)]
    raise typer.Exit(serve([f"--port={port}", f"--seed={seed}", *flags, *quirks]))


@app.command()
def lab(
    folder: Annotated[Path, typer.Argument(help="Where the notebooks are put; files there stay.")] = Path(
        "msgnb-notebooks"
    ),
    browser: Annotated[bool, typer.Option(help="Open a browser, or print the address only.")] = True,
) -> None:
    """Open JupyterLab on the tour: offline, against the mocks."""
    source = _notebooks()
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(source.glob("*.ipynb")):
        if not (folder / notebook.name).exists():
            shutil.copy(notebook, folder)
    command = [sys.executable, "-m", "jupyterlab", "--LabApp.default_url=/lab/tree/01-tour.ipynb"]
    command += [] if browser else ["--no-browser"]
    command += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    try:
        raise typer.Exit(subprocess.run(command, cwd=folder, check=False).returncode)  # noqa: S603 - our own
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


@cassettes.command()
def check(folder: Folder, as_json: AsJson = False) -> None:
    """Find secrets and people that a recording still holds; exits with 1 where there are any."""
    from msgnb.testing import check as find  # noqa: PLC0415 - loads when asked for

    try:
        found = find(folder)
    except FileNotFoundError as error:
        raise _wrong(error) from None
    if as_json:
        rows = [{"file": str(each.file), "line": each.line, "what": each.what} for each in found]
        typer.echo(json.dumps(rows))
    else:
        for each in found:
            typer.echo(str(each))
        typer.echo(f"{len(found)} findings" if found else "clean: no secret and nobody is in there", err=True)
    raise typer.Exit(bool(found))


@cassettes.command()
def compare(folder: Folder, as_json: AsJson = False) -> None:
    """Play recordings of the real platforms against the mocks; exits with 1 where they answer otherwise."""
    from msgnb.testing import compare as play  # noqa: PLC0415 - loads when asked for

    try:
        found = play(folder)
    except FileNotFoundError as error:
        raise _wrong(error) from None
    rows = found.to_dict("records")
    if as_json:
        typer.echo(json.dumps(rows))
    for row in () if as_json else rows:
        words = "alike" if row["alike"] else "different"
        typer.echo(
            f"{row['operation']} ({row['evidence'] or 'unknown'}, {row['recorded']} recorded): {words}"
        )
        for name, label in (
            ("only_recorded", "the mock does not answer"), ("types", "other types, recorded / mock"),
            ("statuses", "other status, recorded / mock"), ("only_mock", "only the mock answers"),
        ):  # fmt: skip
            if row[name]:
                typer.echo(f"  {label}: {', '.join(row[name])}")
    raise typer.Exit(not all(row["alike"] for row in rows))


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Tell what a bug report needs, without any secret."""
    from msgnb.app.doctor import diagnosis  # noqa: PLC0415 - loads when asked for

    found = diagnosis()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for title, facts in found.items():
        typer.echo(typer.style(title, bold=True))
        width = max(map(len, facts), default=0)
        for name, value in facts.items():
            typer.echo(f"  {name:{width}}  {value}")


def _notebooks() -> Path:
    """The notebooks of the tour: in the installed package, or beside it in a working copy."""
    here = Path(__file__).resolve().parent
    found = next((each for each in (here / "notebooks", here.parent / "notebooks") if each.is_dir()), None)
    if found is None:
        raise _wrong(FileNotFoundError("the notebooks are not there; install msgnb anew"))
    if find_spec("jupyterlab") is None:
        raise _wrong(ImportError("JupyterLab is not there: pip install 'msgnb[lab]'"))
    return found


def _wrong(error: Exception) -> typer.Exit:
    typer.echo(f"msgnb: {error}", err=True)
    return typer.Exit(2)


def main() -> None:
    """The entry point of `msgnb`."""
    app()


if __name__ == "__main__":
    main()
