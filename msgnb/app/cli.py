"""The command line: `msgnb mocks`, `lab`, `cassettes …`, `forget`, `doctor`, `completion`.

A command imports what it needs when it runs, so that `msgnb --help` and completion are quick. Docstrings of
the commands are their help texts. Errors that a user can fix exit with code 2; findings exit with code 1.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from msgnb.core.visible import escape_invisible

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.group(no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
def app() -> None:
    """Explore, send and test on messaging platforms, with or without an account."""


@app.group(no_args_is_help=True)
def cassettes() -> None:
    """Check recordings for secrets, and compare them with the mocks."""


@app.command()
@click.option(
    "--port", default=0, help="Port of the first platform; the others use the next ports. 0 picks free ports."
)
@click.option("--seed", default=7, help="Seed for the sample data. The same seed creates the same data.")
@click.option("--ui", is_flag=True, help="Also serve the phone simulator page.")
@click.option("--tls", is_flag=True, help="Serve HTTPS.")
@click.option("--strict", is_flag=True, help="Reject operations whose behavior is only inferred.")
@click.option("--token", help="Token of the phone simulator page (or MSGNB_MOCKS_TOKEN).")
@click.option("--quirk", multiple=True, help="Enable a server variation. Can be repeated.")
def mocks(
    port: int, seed: int, ui: bool, tls: bool, strict: bool, token: str | None, quirk: tuple[str, ...]
) -> None:
    """Serve the mock platforms on this machine until Ctrl-C."""
    from msgnb_mocks.__main__ import main as serve  # noqa: PLC0415 - loads when asked for

    flags = [f"--{name}" for name, on in (("ui", ui), ("tls", tls), ("strict", strict)) if on]
    quirks = [word for each in quirk for word in ("--quirk", each)]
    tokens = [] if token is None else [f"--token={token}"]
    raise SystemExit(serve([f"--port={port}", f"--seed={seed}", *flags, *tokens, *quirks]))


@app.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("msgnb-notebooks"))
@click.option("--browser/--no-browser", default=True, help="Open a browser, or only print the URL.")
def lab(folder: Path, browser: bool) -> None:
    """Open JupyterLab on the tour: offline, against the mocks.

    FOLDER receives the notebooks; existing files are not overwritten.
    """
    source = _find_notebooks()
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(source.glob("*.ipynb")):
        if not (folder / notebook.name).exists():
            shutil.copy(notebook, folder)
    # The JupyterLab of this interpreter, which has msgnb, and not the first one on the path.
    command = [sys.executable, "-m", "jupyterlab", "--LabApp.default_url=/lab/tree/01-tour.ipynb"]
    command += [] if browser else ["--no-browser"]
    # JupyterLab refuses to run as root, the usual user of a container, unless this is passed.
    command += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    try:
        raise SystemExit(subprocess.run(command, cwd=folder, check=False).returncode)  # noqa: S603 - our own
    # Ctrl-C is the usual way to end JupyterLab, and no error.
    except KeyboardInterrupt:
        raise SystemExit(0) from None


@cassettes.command()
@FOLDER
@JSON
def check(folder: Path, as_json: bool) -> None:
    """Find secrets and personal data in the recordings of FOLDER; exits with code 1 if it finds any."""
    from msgnb.testing.audit import inspect  # noqa: PLC0415 - loads when asked for

    try:
        report = inspect(folder)
    except FileNotFoundError as error:
        raise _fail(str(error)) from None
    if as_json:
        findings = report.findings
        rows = [{"file": str(each.file), "line": each.line, "what": each.what} for each in findings]
        click.echo(json.dumps(rows))
    else:
        for each in report.findings:
            click.echo(str(each))
        click.echo(str(report), err=True)
    raise SystemExit(bool(report.findings))


@cassettes.command()
@FOLDER
@JSON
def compare(folder: Path, as_json: bool) -> None:
    """Replay recordings of the real platforms against the mocks; exits with code 1 if they differ."""
    from msgnb.testing.comparing import compare as play  # noqa: PLC0415 - loads when asked for

    try:
        found = play(folder)
    except FileNotFoundError as error:
        raise _fail(str(error)) from None
    rows = found.to_dict("records")
    if as_json:
        click.echo(json.dumps(rows))
    for row in () if as_json else rows:
        words = "alike" if row["alike"] else "different"
        sure = row["evidence"] or "unknown"
        click.echo(escape_invisible(f"{row['operation']} ({sure}, {row['recorded']} recorded): {words}"))
        for name, label in (
            ("only_recorded", "the mock does not answer"), ("types", "other types, recorded / mock"),
            ("statuses", "other status, recorded / mock"), ("only_mock", "only the mock answers"),
        ):  # fmt: skip
            if row[name]:
                click.echo(escape_invisible(f"  {label}: {', '.join(row[name])}"))
    raise SystemExit(not all(row["alike"] for row in rows))


@app.command()
@click.argument("who")
@click.option("--archive", "archives", multiple=True, help="Folder of an archive. Can be repeated.")
@click.option("--region", help="Two-letter country code of numbers without a country code.")
def forget(who: str, archives: tuple[str, ...], region: str | None) -> None:
    """Remove somebody from archives and campaign journals, and never send them a campaign again.

    WHO is a phone number, identity, email address or user. Exits with code 1 if nothing was found.
    """
    import warnings  # noqa: PLC0415 - loads when asked for

    from msgnb.app.forgetting import forget as remove  # noqa: PLC0415 - loads when asked for
    from msgnb.core.errors import MsgnbError  # noqa: PLC0415

    with warnings.catch_warnings(record=True) as noticed:
        warnings.simplefilter("always", UserWarning)
        try:
            found = remove(who, archives=archives, region=region)
        except MsgnbError as error:
            raise _fail(str(error)) from None
    for row in found.itertuples():
        click.echo(f"{row.count:>8}  {row.removed:16} {row.place}")
    for each in noticed:
        click.echo(f"msgnb: {each.message}", err=True)
    raise SystemExit(found.empty)


@app.command()
@JSON
def doctor(as_json: bool) -> None:
    """Print the information needed for a bug report. Secrets are never included."""
    from msgnb.app.doctor import make_report  # noqa: PLC0415 - loads when asked for

    found = make_report()
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for title, facts in found.items():
        click.secho(title, bold=True)
        width = max(map(len, facts), default=0)
        for name, value in facts.items():
            click.echo(escape_invisible(f"  {name:{width}}  {value}"))


@app.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands in a shell.

    For bash, put this line into ~/.bashrc: eval "$(msgnb completion bash)"
    """
    made = get_completion_class(shell)
    assert made is not None, shell  # noqa: S101 - the choices are click's own shells
    click.echo(made(app, {}, "msgnb", "_MSGNB_COMPLETE").source())


def _find_notebooks() -> Path:
    """Return the folder of the notebooks: in the installed package, or at the top of a working copy."""
    package = Path(__file__).resolve().parents[1]
    places = (package / "notebooks", package.parent / "notebooks")
    found = next((each for each in places if each.is_dir()), None)
    if found is None:
        raise _fail("the notebooks are missing; reinstall msgnb")
    if find_spec("jupyterlab") is None:
        raise _fail("JupyterLab is not installed: pip install 'msgnb[lab]'")
    return found


def _fail(message: str) -> SystemExit:
    """Print an error, and return what ends the process; raise it."""
    click.echo(escape_invisible(f"msgnb: {message}"), err=True)
    return SystemExit(2)


def main() -> None:
    """Run the command line; the entry point of `msgnb`."""
    app(prog_name="msgnb")


if __name__ == "__main__":
    main()
