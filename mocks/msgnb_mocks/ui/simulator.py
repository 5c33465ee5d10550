"""The page of phones, and what its forms do.

* Pages are rendered on the server, and the forms work without JavaScript; a small script refreshes what
  changed.
* Text that people wrote is escaped, and a strict content security policy allows no foreign scripts.
* The server responds only to the names of this machine, and accepts form submissions only from its own pages.
* Whoever has neither the token, nor the cookie together with an address of a page, sees nothing, and changes
  nothing; `msgnb_mocks.core.access` checks it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from urllib.parse import quote, unquote

import orjson

from msgnb_mocks.core.access import ROOT, VIEW, Access
from msgnb_mocks.core.faults import FAULTS
from msgnb_mocks.core.operations import Refusal, Request, Response
from msgnb_mocks.ui import pages
from msgnb_mocks.ui.chats import Chats
from msgnb_mocks.ui.markup import Html, document
from msgnb_mocks.world.ensemble import Ensemble

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # The first address has the token in it.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
OWN_PATH = re.compile(rf"{ROOT}/[^?#\s]*")
ASSETS = {"/style.css": "text/css; charset=utf-8", "/script.js": "text/javascript; charset=utf-8"}
REFUSAL = b"Open the address that was printed when the mocks started: it has the token that this page needs."
STEPS = {"minute": {"minutes": 1}, "hour": {"hours": 1}, "day": {"days": 1}}
HEARTBEAT_SECONDS = 15.0


class Simulator:
    """The pages of one ensemble; `handle` serves a request, as that of a mock does.

    Args:
        ensemble: what they show.
        access: who may see them.
    """

    name = "phones"

    def __init__(self, ensemble: Ensemble, access: Access) -> None:
        self._access = access
        self.clock = ensemble.world.clock
        self._ensemble = ensemble
        self._chats = Chats(ensemble)
        self._forms: dict[str, Callable[[dict[str, str]], None]] = {
            "/clock": self._move_clock,
            "/faults": self._add_fault,
            "/faults/clear": lambda _form: ensemble.faults.clear(),
        }

    def handle(self, request: Request) -> Response:
        """Return the response to one request of a browser."""
        # Every browser requests it, without the cookie; a refusal would be an error in its console.
        if request.path == "/favicon.ico":
            return Response(204, headers=HEADERS)
        if not self._access.allows(request):
            return Response(403, REFUSAL, {**HEADERS, "Content-Type": "text/plain; charset=utf-8"})
        try:
            response = self._serve(replace(request, path=_below_root(request.path)))
        except Refusal as refusal:
            response = refusal.response
        if not self._access.has_token(request):
            return response
        return replace(
            response, headers={**response.headers, "Set-Cookie": self._access.make_cookie(request)}
        )

    def _serve(self, request: Request) -> Response:
        if request.method == "POST":
            return self._submit(request)
        return self._page(request) if request.method in {"GET", "HEAD"} else Response(405)

    def _page(self, request: Request) -> Response:
        if request.path in ASSETS:
            content = files("msgnb_mocks.ui").joinpath(request.path[1:]).read_bytes()
            return Response(200, content, {**HEADERS, "Content-Type": ASSETS[request.path]})
        if request.path == "/events":
            return Response(
                200, headers={**HEADERS, "Content-Type": "text/event-stream"}, stream=self._events
            )
        chosen = self._parse_path(request.path) if request.path != "/" else None
        shown = pages.main(self._ensemble, self._chats, chosen, request.query.get("q", ""), self._access.view)
        return self._show("Phones", shown)

    def _show(self, title: str, body: Html, status: int = 200) -> Response:
        return Response(status, document(title, body, self._access.view).encode(), HEADERS)

    def _parse_path(self, path: str) -> tuple[str, str]:
        """Return the platform and the person of a path."""
        _, kind, platform, who = [*path.split("/", 3), "", "", ""][:4]
        who = unquote(who)
        if kind != "phone" or (platform, who) not in self._chats:
            raise Refusal(self._show("Not found", pages.nowhere(), 404))
        return platform, who

    def _submit(self, request: Request) -> Response:
        form = request.form
        if request.path.endswith("/reply"):
            platform, who = self._parse_path(request.path.removesuffix("/reply"))
            self._try(lambda: self._chats.reply(platform, who, form.get("text", "")))
            return self._redirect(f"{ROOT}/phone/{platform}/{quote(who, safe='')}")
        if request.path not in self._forms:
            raise Refusal(Response(404))
        self._try(lambda: self._forms[request.path](form))
        return self._redirect(form.get("back", f"{ROOT}/"))

    def _redirect(self, path: str) -> Response:
        """Redirect the browser to a page of this server, and never to another one."""
        own = path if OWN_PATH.fullmatch(path) else f"{ROOT}/"
        # After a 303 the browser gets the page, so reloading it does not submit the form again.
        return Response(303, b"", {**HEADERS, "Location": f"{own}?{VIEW}={self._access.view}"})

    def _try(self, action: Callable[[], object]) -> None:
        """Run the action of a form; if it fails, the response says why."""
        try:
            action()
        except (ValueError, KeyError) as error:
            raise Refusal(self._show("Not done", pages.trouble(str(error)), 422)) from None

    def _move_clock(self, form: dict[str, str]) -> None:
        step = form.get("step", "")
        if step in STEPS:
            self.clock.advance(**STEPS[step])
        elif step in {"freeze", "run"}:
            self.clock.freeze() if step == "freeze" else self.clock.run()
        else:
            raise ValueError(f"no step {step!r}; there are {', '.join(STEPS)}, freeze and run")

    def _add_fault(self, form: dict[str, str]) -> None:
        nth = form.get("nth", "").strip()
        if nth and not nth.isdigit():
            raise ValueError(f"{nth!r} is no count of requests; leave it empty for all of them")
        kind = form.get("kind", "")
        if kind not in FAULTS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(FAULTS)}")
        operation = form.get("operation", "").strip() or "*"
        self._ensemble.faults.add(kind, operation=operation, nth=int(nth) if nth else None)

    def _events(self) -> Iterator[bytes]:
        """Yield a server-sent event for each request, for as long as the browser listens."""
        journal = self._ensemble.journal
        # The page shows earlier requests already.
        last = journal.last
        # It is sent at once, so that the response begins; a browser that loses the connection returns after a
        # second.
        yield b"retry: 1000\n\n"
        while True:
            entries = journal.after(last, HEARTBEAT_SECONDS)
            for entry in entries:
                shown = {"operation": entry.operation, "status": entry.status, "platform": entry.platform}
                yield b"id: %d\ndata: %s\n\n" % (entry.number, orjson.dumps(shown))
                last = entry.number
            if not entries:
                # Browsers ignore a comment; writing one fails if the browser has left, and that ends the
                # thread.
                yield b": still there\n\n"


def _below_root(path: str) -> str:
    """Return the path below the root of the pages.

    Raises:
        Refusal: it is somewhere else.
    """
    if not path.startswith(f"{ROOT}/"):
        raise Refusal(Response(404, headers=HEADERS))
    return path.removeprefix(ROOT)
