"""All platforms of a world on loopback ports, with or without TLS."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgnb_mocks.core.operations import Application
from msgnb_mocks.core.registry import credentials
from msgnb_mocks.hosting.server import HOST, Server
from msgnb_mocks.ui import Simulator
from msgnb_mocks.world.ensemble import Ensemble
from msgnb_mocks.world.world import World


def serve(
    seed: int = 7,
    *,
    port: int = 0,
    tls: bool = False,
    quirks: Iterable[str] = (),
    strict: bool = False,
    ui: bool = False,
) -> Servers:
    """The three platforms, each on its own port of this machine.

    >>> with msgnb_mocks.serve(seed=7) as servers:
    ...     servers.credentials["smsdrop"]["url"]

    Args:
        seed: the same seed makes the same world.
        port: of the first platform, the others follow; free ones where it is 0.
        tls: serve HTTPS with a throw-away certificate; `credentials["ca"]` is the path of its authority.
        quirks: second readings of the contract to switch on, as `netsapiens:numeric-text`.

        strict: refuse with 501 what is only inferred; docs/fidelity.md lists it.
        ui: serve the page of all phones and chats too, at `credentials["ui"]`.

    Raises:
        OSError: a port is taken.
        ValueError: a quirk is unknown.
    """
    return Servers(World(seed), port=port, tls=tls, quirks=frozenset(quirks), strict=strict, ui=ui)


class Servers(Ensemble):
    """Running mock servers; use as a context manager.

    Attributes:
        credentials: for each platform its `url` and what signs in there, `further` ways
            to sign in, as `credentials["further"]["netsapiens"]["mfa"]`, and `ca`, a path or `None`; `ui` is
            the address of the page of phones, where it is served.
    """

    def __init__(
        self,
        world: World,
        *,
        port: int,
        tls: bool,
        quirks: frozenset[str],
        strict: bool = False,
        ui: bool = False,
    ) -> None:
        super().__init__(world, quirks=quirks, strict=strict, server=True)
        self.credentials: dict[str, Any] = {}
        self._port = port
        self._tls = tls
        self._ui = ui
        self._running = ExitStack()

    def __enter__(self) -> Self:
        with self._running:
            context, authority = self._certified() if self._tls else (None, None)
            urls = {}
            for offset, (name, application) in enumerate(self.applications.items()):
                port = self._port + offset if self._port else 0
                urls[name] = self._running.enter_context(self._server(application, port, context)).url
            self.credentials = {**credentials(urls, self.applications), "ca": authority}
            if self._ui:
                port = self._port + len(urls) if self._port else 0
                page = self._running.enter_context(Server(Simulator(self), port, context))
                self.credentials["ui"] = page.url
            self._running = self._running.pop_all()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._running.close()

    def _server(self, application: Application, port: int, context: ssl.SSLContext | None) -> Server:
        return Server(application, port, context, handle=self.handler(application.name))

    def _certified(self) -> tuple[ssl.SSLContext, str]:
        """A context with a certificate for this machine, and the file of the authority that signed it."""
        import trustme  # noqa: PLC0415 - takes longer to load than all the rest

        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST, "localhost").configure_cert(context)
        folder = Path(self._running.enter_context(tempfile.TemporaryDirectory(prefix="msgnb-ca-")))
        path = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(path))
        return context, str(path)
