"""The phone simulator: a page on this machine with every phone and chat of a world.

* Rendered here, with forms that work without a script; the one script only fetches anew what changed.
* What people wrote is escaped; a strict policy lets nothing run that is not this page's own.
* Nobody else's page can use it: it answers only to this machine's names, and takes a form only from itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files
from urllib.parse import quote, unquote

import orjson

from msgnb_mocks.core.faults import FAULTS
from msgnb_mocks.core.operations import Answer, Refusal, Request
from msgnb_mocks.ui import pages
from msgnb_mocks.ui.chats import Chats
from msgnb_mocks.ui.markup import document
from msgnb_mocks.world.ensemble import Ensemble

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Without any referrer a browser would not say where a form comes from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
ASSETS = {"/style.css": "text/css; charset=utf-8", "/script.js": "text/javascript; charset=utf-8"}
STEPS = {"minute": {"minutes": 1}, "hour": {"hours": 1}, "day": {"days": 1}}
HEARTBEAT_SECONDS = 15.0


class Simulator:
    """The pages of one ensemble; `handle` answers a request as the mocks' do."""

    name = "phones"

    def __init__(self, ensemble: Ensemble) -> None:
        self.clock = ensemble.world.clock
        self._ensemble = ensemble
        self._chats = Chats(ensemble)
        self._forms: dict[str, Callable[[dict[str, str]], None]] = {
            "/clock": self._move,
            "/faults": self._fault,
            "/faults/clear": lambda _form: ensemble.faults.clear(),
        }

    def handle(self, request: Request) -> Answer:
        """Answer one request of a browser."""
        try:
            if request.method == "POST":
                return self._posted(request)
            return self._page(request) if request.method in {"GET", "HEAD"} else Answer(405)
        except Refusal as refusal:
            return refusal.answer

    def _page(self, request: Request) -> Answer:
        if request.path in ASSETS:
            content = files("msgnb_mocks.ui").joinpath(request.path[1:]).read_bytes()
            return Answer(200, content, {**HEADERS, "Content-Type": ASSETS[request.path]})
        if request.path == "/favicon.ico":
            return Answer(204, headers=HEADERS)
        if request.path == "/events":
            return Answer(200, headers={**HEADERS, "Content-Type": "text/event-stream"}, stream=self._events)
        chosen = self._chosen(request.path) if request.path != "/" else None
        shown = pages.main(self._ensemble, self._chats, chosen, request.query.get("q", ""))
        return Answer(200, document("Phones", shown).encode(), HEADERS)

    def _chosen(self, path: str) -> tuple[str, str]:
        """The platform and the person of a path."""
        _, kind, platform, who = [*path.split("/", 3), "", "", ""][:4]
        who = unquote(who)
        if kind != "phone" or (platform, who) not in self._chats:
            raise Refusal(Answer(404, document("Not found", pages.nowhere()).encode(), HEADERS))
        return platform, who

    def _posted(self, request: Request) -> Answer:
        form = request.form
        if request.path.endswith("/reply"):
            platform, who = self._chosen(request.path.removesuffix("/reply"))
            self._tried(lambda: self._chats.reply(platform, who, form.get("text", "")))
            return _to(f"/phone/{platform}/{quote(who, safe='')}")
        if request.path not in self._forms:
            raise Refusal(Answer(404))
        self._tried(lambda: self._forms[request.path](form))
        return _to(form.get("back", "/"))

    def _tried(self, action: Callable[[], object]) -> None:
        """Do what a form asks for; what can't be done is told in words."""
        try:
            action()
        except (ValueError, KeyError) as error:
            words = pages.trouble(str(error))
            raise Refusal(Answer(422, document("Not done", words).encode(), HEADERS)) from None

    def _move(self, form: dict[str, str]) -> None:
        step = form.get("step", "")
        if step in STEPS:
            self.clock.advance(**STEPS[step])
        elif step in {"freeze", "run"}:
            self.clock.freeze() if step == "freeze" else self.clock.run()
        else:
            raise ValueError(f"no step {step!r}; there are {', '.join(STEPS)}, freeze and run")

    def _fault(self, form: dict[str, str]) -> None:
        nth = form.get("nth", "").strip()
        if nth and not nth.isdigit():
            raise ValueError(f"{nth!r} is no count of requests; leave it empty for all of them")
        kind = form.get("kind", "")
        if kind not in FAULTS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(FAULTS)}")
        operation = form.get("operation", "").strip() or "*"
        self._ensemble.faults.add(kind, operation=operation, nth=int(nth) if nth else None)

    def _events(self) -> Iterator[bytes]:
        """Tells of each request as it comes, for as long as somebody listens."""
        journal = self._ensemble.journal
        last = journal.last
        yield b"retry: 1000\n\n"
        while True:
            entries = journal.after(last, HEARTBEAT_SECONDS)
            for entry in entries:
                shown = {"operation": entry.operation, "status": entry.status, "platform": entry.platform}
                yield b"id: %d\ndata: %s\n\n" % (entry.number, orjson.dumps(shown))
                last = entry.number
            if not entries:
                yield b": still there\n\n"


def _to(path: str) -> Answer:
    """Send the browser on, to a page of this server only."""
    own = path if path.startswith("/") and not path.startswith("//") and "\n" not in path else "/"
    return Answer(303, b"", {**HEADERS, "Location": own.replace("\r", "")})
