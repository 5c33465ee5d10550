"""All mocks of a world on loopback ports, with or without TLS."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from msgnb_mocks.core.access import Access, check_token, make_token
from msgnb_mocks.hosting.server import HOST, Server
from msgnb_mocks.world.ensemble import Ensemble
from msgnb_mocks.world.world import World

if TYPE_CHECKING:
    import ssl


def serve(
    seed: int = 7,
    *,
    port: int = 0,
    tls: bool = False,
    quirks: Iterable[str] = (),
    strict: bool = False,
    ui: bool = False,
    token: str | None = None,
) -> Servers:
    """Serve every installed mock on its own port of this machine.

    >>> with msgnb_mocks.serve(seed=7) as servers:
    ...     servers.credentials["acme"]["url"]

    Args:
        seed: the same seed makes the same world.
        port: port of the first mock, the others use the next ones; free ports if 0.
        tls: serve HTTPS with a temporary certificate; `credentials["ca"]` is the path of its authority.
        quirks: variations to switch on, such as `acme:empty-list-404`; docs/operations.md lists them.
        strict: reject operations that are only inferred with 501; docs/fidelity.md lists them.
        ui: also serve the page of phones, at `credentials["ui"]`.
        token: what the page's address contains; a new one if `None`.

    Raises:
        ImportError: `tls` needs trustme, which is not installed.
        OSError: a port is taken.
        ValueError: a quirk is unknown, or the token is too short or has other characters than a URL.
    """
    shown = check_token(token or make_token()) if ui else None
    return Servers(World(seed), port=port, tls=tls, quirks=frozenset(quirks), strict=strict, token=shown)


class Servers(Ensemble):
    """Running mock servers; use as a context manager.

    Attributes:
        credentials: the `url` and what signs in for each platform; `further` ways to sign in, such as
            `credentials["further"]["acme"]["api_key"]`; `ca`, the path of the certificate authority or
            `None`; `ui`, the URL of the page of phones if it is served, and `token`, which is in it.
    """

    def __init__(
        self,
        world: World,
        *,
        port: int,
        tls: bool,
        quirks: frozenset[str],
        strict: bool = False,
        token: str | None = None,
    ) -> None:
        super().__init__(world, quirks=quirks, strict=strict, server=True)
        self.credentials: dict[str, Any] = {}
        self._port = port
        self._tls = tls
        self._token = token
        self._running = ExitStack()

    def __enter__(self) -> Self:
        # If a port is taken, leaving this block stops the servers that were started before; `pop_all` at its
        # end keeps them running.
        with self._running:
            context, authority = self._certify() if self._tls else (None, None)
            urls = {}
            for offset, (name, application) in enumerate(self.applications.items()):
                server = Server(application, self._port_at(offset), context, handle=self.handler(name))
                urls[name] = self._running.enter_context(server).url
            self.credentials = {**self.make_credentials(urls), "ca": authority}
            if self._token:
                from msgnb_mocks.ui.simulator import Simulator  # noqa: PLC0415 - takes time to load

                access = Access(self._token, secure=self._tls)
                port = self._port_at(len(urls))
                page = Server(Simulator(self, access), port, context, admit=access.admits)
                url = self._running.enter_context(page).url
                self.credentials |= {"ui": access.address(url), "token": self._token}
            self._running = self._running.pop_all()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._running.close()

    def _port_at(self, offset: int) -> int:
        return self._port + offset if self._port else 0

    def _certify(self) -> tuple[ssl.SSLContext, str]:
        """Return a context with a certificate for this machine, and the file of its authority."""
        import ssl  # noqa: PLC0415 - only HTTPS needs it

        try:
            import trustme  # noqa: PLC0415 - an extra
        except ImportError:
            raise ImportError("HTTPS needs trustme: pip install 'msgnb[tls]'") from None
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST, "localhost").configure_cert(context)
        folder = Path(self._running.enter_context(tempfile.TemporaryDirectory(prefix="msgnb-ca-")))
        path = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(path))
        return context, str(path)
