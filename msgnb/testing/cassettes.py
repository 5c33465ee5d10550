"""Recordings of exchanges (VCR cassettes) that contain no secrets and no people, and that people can read.

* Requests and responses are scrubbed before they are written; see `msgnb.testing.scrubbing`. If a secret is
  in the file's text nevertheless, nothing is written.
* A recording contains a fingerprint of the key of its pseudonyms, so that a replay with another key says so.
* Commands that share one URL and have random IDs are matched by method, URI and `to`.
* JSON bodies are written as YAML. If a request was not recorded, the error names the closest recorded one and
  what differs.

In a `conftest.py`, with pytest-recording:

    from msgnb.testing import cassettes

    @pytest.fixture(scope="module")
    def vcr_config():
        return cassettes.vcr_config()

    def pytest_recording_configure(config, vcr):
        cassettes.register(vcr)
"""

from __future__ import annotations

import locale
import logging
import os
import pkgutil
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import SequenceMatcher
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from msgnb.core.errors import MsgnbError, SettingsError
from msgnb.core.private_files import make_folder, replace_file
from msgnb.core.secrets import Hidden, sealed
from msgnb.core.transport import Prepared, make_response
from msgnb.platforms.registry import platforms
from msgnb.platforms.wire import HTTP, merge
from msgnb.testing.pseudonyms import Pseudonyms
from msgnb.testing.recording_key import VARIABLE as KEY_VARIABLE
from msgnb.testing.recording_key import find_key
from msgnb.testing.scrubbing import Scrubber, Texts

Note = Callable[[], str]

RANDOM = frozenset({"id", "call-id"})
WHO = frozenset({"username", "email", "client_id", "client_secret"})
# Neither scheme, host nor port, so that a recording can be replayed against another server.
MATCH_ON = ("method", "path", "query", "msgnb_body")
# Wider than any line: a value that YAML broke over two lines could not be found in the file's text.
UNBROKEN = 1_000_000
MOST_DIFFERENCES = 5
_FRAMING = frozenset({"content-length", "content-encoding", "transfer-encoding"})
SAVE_SHARE = 9
"""How many times as long as a recording was written last the next time is put off."""
_NOTES: list[Note] = []
"""What errors say first; VCR has one class of errors for all recorders."""


class SecretInRecording(MsgnbError):
    """A recording was not written, because a known secret would be in it."""


class ScrubbedUri(str):
    """The URL of a request, with facts about the recording that VCR's filters and serializers don't get.

    Attributes:
        fingerprint: that of the key.
        texts: how texts were treated.
        scrubber: what scrubbed it; `None` if it comes from a file.
    """

    fingerprint: str
    texts: str
    scrubber: Scrubber | None

    @classmethod
    def of(cls, uri: str, fingerprint: str, texts: str, scrubber: Scrubber | None = None) -> ScrubbedUri:
        """Return a URL with these facts."""
        made = cls(uri)
        made.fingerprint, made.texts, made.scrubber = fingerprint, texts, scrubber
        return made


class _Filters:
    """What VCR calls with each request and response before it is recorded, replayed or compared."""

    def __init__(self, scrubber: Scrubber, rename: Callable[[str], str]) -> None:
        self.scrubber = scrubber
        self._rename = rename

    def request(self, request: Any) -> Any:
        from vcr.request import Request  # noqa: PLC0415 - loads when first used

        scrubber, uri = self.scrubber, request.uri
        if isinstance(uri, ScrubbedUri):
            _check_key(uri.fingerprint, scrubber.fingerprint)
        else:
            uri = self._rename(uri)
        made = Request(request.method, "", scrubber.body(_read(request.body)), {})
        made.headers = scrubber.headers(request.headers)
        made.uri = ScrubbedUri.of(scrubber.uri(uri), scrubber.fingerprint, scrubber.texts, scrubber)
        return made

    def response(self, response: dict[str, Any]) -> dict[str, Any]:
        scrubber = self.scrubber
        body = response["body"].get("string")
        made = {
            "status": scrubber.status(response["status"]),
            "headers": scrubber.headers(response["headers"]),
            "body": {} if body is None else {"string": scrubber.body(body)},
        }
        # aiohttp's recorder keeps the URL that redirects led to.
        return made | ({"url": scrubber.uri(str(response["url"]))} if "url" in response else {})


@sealed
def vcr_config(
    *,
    rename: Callable[[str], str] = str,
    key: str | None = None,
    secrets: Iterable[str] = (),
    texts: Texts = "replaced",
) -> dict[str, Any]:
    """Return a configuration of VCR that hides secrets and people, and matches requests reliably.

    >>> vcr.VCR(**cassettes.vcr_config(secrets=[password]))

    Args:
        rename: returns the URL to write for a request's URL, for example one without a random port.
        key: key of the pseudonyms; the environment variable `MSGNB_MASK_KEY` if `None`, or else one that is
            made at random and kept in the user's folder. The same key is needed to replay.
        secrets: values to hide wherever they occur, in addition to those in fields that contain secrets.
        texts: `replaced` replaces what people wrote; `masked` keeps it, with pseudonyms for the numbers,
            addresses and known names in it, which is enough for the invented people of a mock.

    Returns:
        Arguments for `vcr.VCR`, or for the fixture `vcr_config` of pytest-recording.

    Raises:
        InvalidRequest: `texts` is neither, or the key is too weak.
    """
    return make_config(make_scrubber(key, secrets, texts), rename)


def make_config(scrubber: Scrubber, rename: Callable[[str], str] = str) -> dict[str, Any]:
    """Return a configuration of VCR that uses a scrubber; see `vcr_config`."""
    filters = _Filters(scrubber, rename)
    return {
        "before_record_request": filters.request,
        "before_record_response": filters.response,
        "match_on": MATCH_ON,
        "decode_compressed_response": True,
    }


@sealed
def make_scrubber(key: str | None = None, secrets: Iterable[str] = (), texts: Texts = "replaced") -> Scrubber:
    """Return a scrubber that knows what all installed platforms declare.

    Args:
        key: key of the pseudonyms; see `vcr_config`.
        secrets: values to hide wherever they occur.
        texts: `replaced` or `masked`; see `vcr_config`.
    """
    wire = merge([HTTP, *(platform.wire for platform in platforms().values())])
    # A replay may never need the key, so it is looked up with the first exchange.
    pseudonyms = cache(partial(_make_pseudonyms, Hidden(key), wire.hosts))
    return Scrubber(pseudonyms, wire, secrets, texts)


@sealed
def _make_pseudonyms(key: Hidden[str | None], hosts: Collection[str]) -> Pseudonyms:
    return Pseudonyms(find_key(key.reveal()), hosts)


def read_texts(path: Path) -> Texts:
    """Return how the texts of a recording were treated; a replay treats its requests in the same way."""
    import yaml  # noqa: PLC0415 - comes with vcrpy

    return (
        "masked" if yaml.safe_load(path.read_text(encoding="utf-8")).get("texts") == "masked" else "replaced"
    )


def _check_key(recorded: str, present: str) -> None:
    if recorded and recorded != present:
        raise SettingsError(
            f"the recording was made with another key (fingerprint {recorded}, and not {present}); "
            f"set {KEY_VARIABLE} to the key with which it was recorded"
        )


def _read(body: Any) -> Any:
    """Return the content of what a client sends: a file, an iterator of bytes, or any other object."""
    if hasattr(body, "read"):
        return body.read()
    if isinstance(body, Iterator):
        return b"".join(each if isinstance(each, bytes) else str(each).encode() for each in body)
    return body


def register(vcr: Any, *, note: Note | None = None) -> None:
    """Register what `vcr_config` needs with a VCR, and let its errors explain themselves.

    Args:
        vcr: a VCR, or the module `vcr`.
        note: returns what an error about a request that was not recorded says first; nothing if it is empty.
    """
    vcr.register_matcher("msgnb_body", _same_body)
    # Under the name of VCR's default, so that no cassette has to choose it.
    vcr.register_serializer("yaml", Readable)
    vcr.register_persister(_private_persister())
    if note is not None and note not in _NOTES:
        _NOTES.append(note)
    _explain()
    _end_refused()
    _quieten()


@contextmanager
def growing_cassette(vcr: Any, path: Path) -> Iterator[None]:  # noqa: C901 - contains a class
    """Record in a file, which is written while it grows and at the end.

    A small recording is written after each exchange, a large one as often as writing it takes a tenth of the
    time. A process that is killed loses what came since then; one that was forked writes nothing.

    Args:
        vcr: the configuration, with the record mode.
        path: the file.

    Raises:
        SecretInRecording: at the end; what came before it was found is in the file.
    """
    from vcr.cassette import Cassette  # noqa: PLC0415 - loads when first used

    class GrowingCassette(Cassette):  # type: ignore[misc]  # VCR has no types
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            self._process = os.getpid()
            self._saving = threading.RLock()
            self.refused: SecretInRecording | None = None
            self._next_save = 0.0
            self._planned: threading.Timer | None = None

        def append(self, request: Any, response: Any) -> None:
            # The lock of a forked process may never be released.
            if os.getpid() != self._process:
                super().append(request, response)
                return
            # A save in another thread would take what it has not written for written.
            with self._saving:
                super().append(request, response)
                if self._planned is None:
                    wait = max(0.0, self._next_save - time.monotonic())
                    self._planned = threading.Timer(wait, self._save)
                    self._planned.daemon = True
                    if wait:
                        self._planned.start()
                    else:
                        self._save()

        def _save(self, force: bool = False) -> None:
            # VCR itself saves at the end only.
            if os.getpid() != self._process:
                return
            with self._saving:
                self._planned = None
                began = time.monotonic()
                try:
                    super()._save(force)
                    self.refused = None
                except SecretInRecording as error:
                    # The exchange that is being recorded has taken place, and must not fail by this.
                    self.refused = error
                ended = time.monotonic()
                self._next_save = ended + SAVE_SHARE * (ended - began)

    with GrowingCassette.use_arg_getter(partial(vcr.get_merged_config, path=str(path))) as cassette:
        yield cassette
    if cassette.refused:
        raise cassette.refused


class Player:
    """Answers requests from a recording, for clients that have no connection to anything else.

    VCR replaces the connections of the whole process, and for a moment no longer does while another thread
    makes one. A client that is bound to a player can't send anything even then.

    Args:
        vcr: the configuration.
        path: the file.
    """

    def __init__(self, vcr: Any, path: Path) -> None:
        from vcr.cassette import Cassette  # noqa: PLC0415 - loads when first used

        config = vcr.get_merged_config(path=str(path), allow_playback_repeats=True)
        # What concerns VCR's own context only.
        for name in ("path_transformer", "func_path_generator", "record_on_exception"):
            config.pop(name, None)
        self._cassette = Cassette.load(**config)
        self._playing = threading.Lock()

    def carry(self, request: Prepared) -> Any:
        """Return the recorded response to a request.

        Raises:
            CannotOverwriteExistingCassetteException: it was not recorded; the error names the nearest one.
        """
        from vcr.errors import CannotOverwriteExistingCassetteException as NotRecorded  # noqa: PLC0415
        from vcr.request import Request  # noqa: PLC0415

        asked = Request(request.method, request.url, request.body, dict(request.headers))
        with self._playing:
            if not self._cassette.can_play_response_for(asked):
                raise NotRecorded(cassette=self._cassette, failed_request=asked)
            played = self._cassette.play_response(asked)
        content = played["body"]["string"]
        headers = [(name, value) for name, values in played["headers"].items() for value in _listed(values)]
        # A recording has the body as it was decoded.
        headers = [pair for pair in headers if pair[0].lower() not in _FRAMING]
        body = content.encode() if isinstance(content, str) else content
        return make_response(played["status"]["code"], headers, body, request.method)


def _listed(values: Any) -> list[str]:
    return [values] if isinstance(values, str) else list(values)


class Readable:
    """A cassette as YAML, in which a JSON body is YAML too, and not one long line."""

    @staticmethod
    def serialize(cassette: dict[str, Any]) -> str:
        """Return the file's text."""
        import yaml  # noqa: PLC0415 - comes with vcrpy

        interactions = [
            {
                "request": {**each["request"], "body": _to_yaml(each["request"].get("body"))},
                "response": {**each["response"], "body": _to_yaml(each["response"]["body"].get("string"))},
            }
            for each in cassette["interactions"]
        ]
        uris = [each["request"]["uri"] for each in interactions]
        facts = next((_facts(uri) for uri in uris if isinstance(uri, ScrubbedUri)), {})
        for each, uri in zip(interactions, uris, strict=True):
            each["request"]["uri"] = str(uri)
        # A file is searched again: a secret may be learnt after an exchange was recorded.
        scrubbers = {uri.scrubber for uri in uris if isinstance(uri, ScrubbedUri) and uri.scrubber}
        for scrubber in scrubbers:
            interactions = scrubber.seal(interactions)
        content = {"version": cassette["version"], **facts, **cassette, "interactions": interactions}
        text: str = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=UNBROKEN)
        if any(scrubber.secrets.in_layers(text) for scrubber in scrubbers):
            raise SecretInRecording(
                "the recording was not written: a secret that is known would still be in it, perhaps because "
                "it is also an ordinary word of the requests"
            )
        return text

    @staticmethod
    def deserialize(text: str) -> dict[str, Any]:
        """Return what VCR works with."""
        import yaml  # noqa: PLC0415 - comes with vcrpy

        cassette: dict[str, Any] = yaml.safe_load(text)
        fingerprint, texts = cassette.get("fingerprint", ""), cassette.get("texts", "")
        for each in cassette["interactions"]:
            each["request"]["uri"] = ScrubbedUri.of(each["request"]["uri"], fingerprint, texts)
            each["request"]["body"] = _from_yaml(each["request"].get("body"))
            body = each["response"]["body"]
            # A body with `string` is as VCR itself writes it: such cassettes can be replayed, too.
            if not (isinstance(body, Mapping) and "string" in body):
                each["response"]["body"] = {"string": _from_yaml(body) or ""}
        return cassette


def _facts(uri: ScrubbedUri) -> dict[str, str]:
    return {"fingerprint": uri.fingerprint} | ({"texts": uri.texts} if uri.texts == "masked" else {})


def identity(body: Any) -> Any:
    """Return what identifies a body: everything except random IDs; for a command method, URI and `to`."""
    content = _json(body)
    if isinstance(content, Mapping) and "uri" in content and "method" in content:
        return {name: content.get(name) for name in ("method", "uri", "to")}
    if isinstance(content, Mapping):
        # A login may be replayed with other credentials: its secrets are hidden anyway.
        ignored = RANDOM | WHO if "password" in content else RANDOM
        return {name: value for name, value in content.items() if name not in ignored}
    return _form(body) if content is None else content


def _form(body: Any) -> Any:
    """Return a form that contains a password without its login, and other text as it is."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if not isinstance(text, str) or "password=" not in text:
        return body
    return {name: value for name, value in parse_qsl(text) if name not in WHO}


def differences(recorded: Any, now: Any, place: str = "body") -> Iterator[str]:
    """Yield where two bodies differ, in words."""
    if isinstance(recorded, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*recorded, *now)):
            if name not in now:
                yield f"{place}.{name} is missing, recorded is {recorded[name]!r}"
            elif name not in recorded:
                yield f"{place}.{name} is {now[name]!r}, recorded is none"
            else:
                yield from differences(recorded[name], now[name], f"{place}.{name}")
    elif recorded != now:
        yield f"{place} is {now!r}, recorded is {recorded!r}"


def _private_persister() -> Any:
    """VCR's own way to keep cassettes in files, which only the user can read."""
    from vcr.persisters.filesystem import FilesystemPersister  # noqa: PLC0415 - loads when first used
    from vcr.serialize import serialize  # noqa: PLC0415

    class PrivatePersister(FilesystemPersister):  # type: ignore[misc]  # VCR has no types
        @staticmethod
        def save_cassette(cassette_path: str | Path, cassette_dict: Any, serializer: Any) -> None:
            path = Path(cassette_path)
            make_folder(path.parent)
            # VCR reads it in the encoding of `open`.
            encoding = locale.getpreferredencoding(do_setlocale=False)
            replace_file(path, serialize(cassette_dict, serializer).encode(encoding))

    return PrivatePersister


def _same_body(one: Any, other: Any) -> None:
    found = list(differences(identity(other.body), identity(one.body)))[:MOST_DIFFERENCES]
    assert not found, "; ".join(found)  # noqa: S101 - how a matcher of VCR says no


def _is_harmless(record: logging.LogRecord) -> bool:
    """Whether a line of VCR's log has no exchange in it."""
    return record.levelno >= logging.WARNING


def _quieten() -> None:
    """Keep VCR from logging URLs, requests and responses as they were sent, with tokens and people.

    Each of its modules has a logger, and a filter of one does not count for those below it.
    """
    import vcr  # noqa: PLC0415 - loads when first used

    for module in pkgutil.walk_packages(vcr.__path__, "vcr."):
        logging.getLogger(module.name).addFilter(_is_harmless)


def _explain() -> None:
    """Let VCR's error name the closest recorded request, and show the failed one as it would be written.

    VCR itself shows it as it was sent, with the secrets in its URL.
    """
    from vcr.errors import CannotOverwriteExistingCassetteException as NotRecorded  # noqa: PLC0415

    # The class is VCR's own, one for the whole process, so it must be changed only once.
    if hasattr(NotRecorded, "msgnb_explains"):
        return
    made = NotRecorded.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if "failed_request" in kwargs:
            kwargs["failed_request"] = kwargs["cassette"].filter_request(kwargs["failed_request"])
        made(self, *args, **kwargs)
        if "failed_request" in kwargs:
            notes = "".join(f"{text}\n" for note in _NOTES if (text := note()))
            why = _nearest(kwargs["cassette"], kwargs["failed_request"])
            self.args = (f"{notes}{why}\n\n{self.args[0]}",)

    NotRecorded.__init__ = init
    NotRecorded.msgnb_explains = True


def _end_refused() -> None:
    """Let VCR give the connections back if a recording is refused; it doesn't if writing a file fails."""
    from vcr.cassette import CassetteContextDecorator  # noqa: PLC0415 - loads when first used

    if hasattr(CassetteContextDecorator, "msgnb_ends"):
        return
    leave = CassetteContextDecorator.__exit__

    def exit_context(self: Any, *raised: Any) -> Any:
        try:
            return leave(self, *raised)
        except SecretInRecording:
            next(vars(self)["_CassetteContextDecorator__finish"], None)
            raise

    CassetteContextDecorator.__exit__ = exit_context
    CassetteContextDecorator.msgnb_ends = True


def _nearest(cassette: Any, request: Any) -> str:
    wanted = _line(request)
    recorded = sorted(
        cassette.requests, key=lambda each: SequenceMatcher(None, wanted, _line(each)).ratio(), reverse=True
    )
    if not recorded:
        return f"{wanted}\nis not recorded; the cassette is empty"
    nearest = recorded[0]
    found = [
        f"{name} is {now!r}, recorded is {before!r}"
        for name, before, now in (
            ("method", nearest.method, request.method),
            ("path", urlsplit(nearest.uri).path, urlsplit(request.uri).path),
            ("query", urlsplit(nearest.uri).query, urlsplit(request.uri).query),
        )
        if before != now
    ]
    found += list(differences(identity(nearest.body), identity(request.body)))[:MOST_DIFFERENCES]
    # By default VCR plays each recorded exchange only once.
    why = "; ".join(found) or "it is the same, and was played already"
    return f"{wanted}\nis not recorded; the nearest is\n{_line(nearest)}\n{why}"


def _line(request: Any) -> str:
    body = identity(request.body)
    shown = orjson.dumps(body, default=str).decode() if isinstance(body, Mapping | list) else str(body or "")
    return (
        f"{request.method} {urlsplit(request.uri).path}?{urlsplit(request.uri).query} {shown[:200]}".rstrip()
    )


def _to_yaml(body: Any) -> Any:
    """Return a body as it is written: values if it is JSON, otherwise the text or the bytes."""
    content = _json(body)
    return {"json": content} if isinstance(content, Mapping | list) else body


def _from_yaml(body: Any) -> Any:
    if isinstance(body, Mapping) and "json" in body:
        return orjson.dumps(body["json"]).decode()
    return body


def _json(body: Any) -> Any:
    if not body or not isinstance(body, bytes | str):
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
