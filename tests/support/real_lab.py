"""A JupyterLab of its own on loopback, and how a notebook is run in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import requests

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    # Another host fails at once and in the same way everywhere.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
TOKEN = "browser-tests"


@contextlib.contextmanager
def serving(home: Path) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab whose home is a folder, and the folder of its notebooks."""
    folder = home / "work"
    folder.mkdir()
    settings = home / "config" / "lab" / "user-settings" / "@jupyterlab"
    for name, content in {
        "apputils-extension/notification.jupyterlab-settings": (
            '{"fetchNews": "false", "checkForUpdates": false}'
        ),
        "docmanager-extension/plugin.jupyterlab-settings": '{"autosave": false}',
        "notebook-extension/tracker.jupyterlab-settings": '{"windowingMode": "none"}',
    }.items():
        (settings / name).parent.mkdir(parents=True, exist_ok=True)
        (settings / name).write_text(content)
    places = {
        "HOME": home, "JUPYTER_CONFIG_DIR": home / "config", "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime", "IPYTHONDIR": home / "ipython",
    }  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={folder}",
        "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    with (home / "log").open("w") as log:
        environment = os.environ | {name: str(place) for name, place in places.items()}
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, server, home / "log")
        yield url, folder
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)  # its kernels too
        server.wait()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(f"{url}/api?token={TOKEN}", timeout=5).ok:
                return
        time.sleep(0.1)  # a starting process has no event to wait for
    raise RuntimeError(f"JupyterLab did not start: {log.read_text()[-2000:]}")


def opened(page: Any, url: str, folder: Path, name: str, *cells: str) -> Any:
    """Run cells as a notebook in a page, and return the page once they have run."""
    (folder / name).write_text(_notebook(*cells))
    page.goto(f"{url}/lab?reset&token={TOKEN}")
    page.wait_for_function("window.jupyterapp && window.jupyterapp.restored")
    page.evaluate("() => window.jupyterapp.restored")
    page.evaluate("path => window.jupyterapp.commands.execute('docmanager:open', {path})", name)
    page.wait_for_selector(".jp-Notebook")
    page.evaluate(_READY)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    return page


_READY = """async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
}"""


def _notebook(*cells: str) -> str:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    made.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.writes(made)
