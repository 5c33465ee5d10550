"""Replaces what a recording must not contain: secrets, people, and everything that nobody has declared.

What the platforms' documents say is neither secret nor personal stays readable (`msgnb.platforms.wire`).
Everything else is replaced: a secret by `hidden`, another value by a pseudonym of its kind, and a body that
can't be parsed as a whole. A replay scrubs its requests in the same way, so it finds the recorded ones;
scrubbing twice changes nothing.

Secrets are learnt from the fields and headers that contain them. From then on they are searched in all that
stays readable, under all encodings.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import orjson

from msgnb.core.errors import InvalidRequest
from msgnb.platforms.wire import Holds, Wire
from msgnb.tables.names import Names
from msgnb.testing import formats
from msgnb.testing.known_secrets import HIDDEN, KnownSecrets
from msgnb.testing.layers import compress, decompress
from msgnb.testing.pseudonyms import Pseudonyms

Texts = Literal["replaced", "masked"]
"""Whether texts are replaced, or stay with pseudonyms for the numbers, addresses and known names in them."""
_NUMBER = re.compile(r"-?\d{1,9}(?:[.,]\d{1,6})?%?")
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|\d\d?/\d\d?/\d{4} \d\d:\d\d(?::\d\d)?|(?:\d{1,3}\.)?\d\d:\d\d:\d\d(?:\.\d{1,9})?"
    r"|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT|1\d{9}(?:\d{3})?"
)
_VERSION = re.compile(r"v?\d{1,5}(?:\.\d{1,5}){0,3}")
_TOKEN = re.compile(r"(?=[^\d\s]*\d)[A-Za-z0-9+/_=~.-]{16,}")
_CREDENTIALS = frozenset({"authorization", "proxy-authorization"})
_COOKIE_ATTRIBUTES = frozenset({
    "domain", "expires", "httponly", "max-age", "partitioned", "path", "priority", "samesite", "secure",
})  # fmt: skip
_FORM = re.compile(r"[\w.\[\]%+$~-]+=[^\s<>{}]*")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_QUALITY = re.compile(
    r"(?:q=\d(?:\.\d)?|charset=(?:utf-8|us-ascii|iso-8859-1)|boundary=msgnb|max-age=\d{1,9}|timeout=\d{1,5}|\*/\*|\*)"
)
_BOUNDARY = re.compile(r"boundary=[^;]*", re.IGNORECASE)
_LIME = "lime"
_UNPARSED = object()


class Scrubber:
    """Scrubs the exchanges of one recording.

    Args:
        pseudonyms: makes the pseudonyms.
        wire: the documented names; those of HTTP and of all platforms that are recorded.
        secrets: values that are known from elsewhere.
        texts: `replaced`, or `masked` for recordings of invented people.

    Raises:
        InvalidRequest: `texts` is neither.
    """

    def __init__(
        self,
        pseudonyms: Callable[[], Pseudonyms],
        wire: Wire,
        secrets: Iterable[str] = (),
        texts: Texts = "replaced",
    ) -> None:
        if texts not in get_args(Texts):
            raise InvalidRequest.of(texts=f"is {texts!r}, not one of {', '.join(get_args(Texts))}")
        self.secrets = KnownSecrets(secrets)
        self.texts = texts
        self._load_pseudonyms = pseudonyms
        self._wire = wire
        self._fields = {name.casefold(): holds for name, holds in wire.fields.items()}
        self._parameters = {name.casefold(): holds for name, holds in wire.parameters.items()}
        self._names = {name.casefold() for name in (*wire.fields, *wire.parameters, *wire.names)}
        self._people = Names()

    def __deepcopy__(self, memo: object) -> Scrubber:
        # VCR and pytest-recording copy what leads here; a secret that a copy learnt would not be found.
        return self

    @property
    def pseudonyms(self) -> Pseudonyms:
        """What makes the pseudonyms; a key is looked up when the first one is needed."""
        return self._load_pseudonyms()

    @property
    def fingerprint(self) -> str:
        """What tells the key of the pseudonyms from others."""
        return self.pseudonyms.fingerprint

    def headers(self, headers: Mapping[str, Any]) -> dict[str, Any]:
        """Return headers with what is declared of them; secrets are hidden, and learnt."""
        found: dict[str, Any] = {}
        for name, values in headers.items():
            several = isinstance(values, list | tuple)
            shown = [self._header(name.lower(), _text(each)) for each in (values if several else [values])]
            found[self._header_name(name)] = shown if several else shown[0]
        return found

    def uri(self, uri: str) -> str:
        """Return a URL, or a path with a query, of which the declared words and parameters stay."""
        try:
            parts = urlsplit(uri)
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            return self.pseudonyms.value(uri)
        if parts.scheme and not parts.netloc:
            return self.pseudonyms.address(uri) if ":" in uri else self.pseudonyms.value(uri)
        if parts.password:
            self.learn(unquote(parts.password))
        netloc = parts.netloc
        if netloc and parts.scheme == _LIME:
            netloc = self._leaf("address", netloc)
        elif netloc:
            netloc = self.secrets.hide(self.pseudonyms.host(parts.hostname or "")) + port
        query = parse_qsl(parts.query, keep_blank_values=True)
        return parts._replace(
            netloc=netloc,
            path=self._path(parts.path),
            query=urlencode([(self._name(name), self._parameter(name, value)) for name, value in query]),
            fragment=quote(self.pseudonyms.value(unquote(parts.fragment))),
        ).geturl()

    def status(self, status: Mapping[str, Any]) -> dict[str, Any]:
        """Return the status of a response; its phrase stays if HTTP defines it."""
        code = status.get("code")
        known = {each.value: each.phrase for each in HTTPStatus}
        message = status.get("message")
        usual = isinstance(message, str) and message in {known.get(code or 0), "", "Ok"}
        return {"code": code, "message": message if usual or message is None else known.get(code or 0, "")}

    def body(self, body: Any) -> Any:
        """Return a body of any kind, scrubbed; bytes stay bytes, and other objects become JSON."""
        if isinstance(body, str):
            return self._content(body.encode()).decode("utf-8", "replace")
        if isinstance(body, bytes | bytearray):
            return self._content(bytes(body))
        if body is None or (isinstance(body, Mapping | list | tuple) and not body):
            return body
        if isinstance(body, Mapping | list | tuple):
            return orjson.dumps(self.values(_plain(body)))
        # A client's own object; what it would send is unknown.
        return self.pseudonyms.value(type(body).__name__).encode()

    def values(self, content: Any, name: str = "", opaque: bool = False) -> Any:
        """Return JSON values, scrubbed by what their fields hold.

        Args:
            content: the values.
            name: the field that contains them.
            opaque: whether the platform knows nothing of the fields inside.
        """
        if isinstance(content, list):
            return [self.values(each, name, opaque) for each in content]
        if isinstance(content, Mapping):
            inside = opaque or self._fields.get(name.casefold()) == "opaque"
            items = ((str(key), each) for key, each in content.items())
            return {self._name(key): self.values(each, key, inside) for key, each in items}
        holds = None if opaque else self._fields.get(name.casefold())
        if content is None or isinstance(content, bool):
            return content
        if isinstance(content, int | float):
            return self._number(holds, content)
        return self._string(holds, str(content))

    def seal(self, content: Any) -> Any:
        """Return what is about to be written without the secrets that were learnt after it was scrubbed."""
        if isinstance(content, Mapping):
            return {name: self.seal(each) for name, each in content.items()}
        if isinstance(content, list):
            return [self.seal(each) for each in content]
        if isinstance(content, bytes):
            hidden = self.secrets.in_layers(content.decode("utf-8", "replace"))
            return HIDDEN.encode() if hidden else content
        if isinstance(content, str):
            return self._renamed(self.secrets.hide(content))
        return content

    def _content(self, content: bytes) -> bytes:
        if not content:
            return content
        if (inner := decompress(content)) is not None:
            return compress(self._content(inner), like=content)
        for scrub in (self._json, self._multipart, self._xml, self._form, self._base64):
            found = scrub(content)
            if isinstance(found, bytes):
                return found
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return self.pseudonyms.value(content.hex()).encode()
        return self._leaf("text", text).encode()

    def _json(self, content: bytes) -> bytes | None:
        values = _parse_json(content)
        return None if values is _UNPARSED else orjson.dumps(self.values(values))

    def _multipart(self, content: bytes) -> bytes | None:
        parts = formats.parse_multipart(content)
        return None if parts is None else formats.make_multipart(map(self._part, parts))

    def _part(self, part: formats.Part) -> formats.Part:
        try:
            text = None if part.filename else part.content.decode()
        except UnicodeDecodeError:
            text = None
        content = self._content(part.content) if text is None else self.values(text, part.name).encode()
        filename = part.filename and self.pseudonyms.value(part.filename)
        kind = part.content_type and self._header("content-type", part.content_type)
        return formats.Part(self._name(part.name), content, filename, kind)

    def _xml(self, content: bytes) -> bytes | None:
        def scrub(name: str, value: str) -> str:
            found: str = self.values(value, name)
            return found

        return formats.rewrite_xml(content, self._name, scrub)

    def _form(self, content: bytes) -> bytes | None:
        text = content.decode("utf-8", "replace")
        if not _FORM.fullmatch(text):
            return None
        try:
            pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True)
        except ValueError:
            return None
        return urlencode([(self._name(name), self.values(value, name)) for name, value in pairs]).encode()

    def _base64(self, content: bytes) -> bytes | None:
        if not _BASE64.fullmatch(content):
            return None
        try:
            inner = base64.b64decode(content, validate=True)
        except binascii.Error:
            return None
        structured = _parse_json(inner) is not _UNPARSED or decompress(inner) is not None
        return base64.b64encode(self._content(inner)) if structured else None

    def _string(self, holds: Holds | None, value: str) -> str:
        if value[:1] in {"{", "["} and holds != "secret":
            values = _parse_json(value.encode("utf-8", "surrogatepass"))
            if values is not _UNPARSED:
                return orjson.dumps(self.values(values)).decode()
        return self._leaf(holds, value)

    def _leaf(self, holds: Holds | None, value: str) -> str:
        """Return a value that contains no others, by what it is."""
        if not value or value == HIDDEN:
            return value
        if holds == "secret":
            self.learn(value)
            return HIDDEN
        return self.secrets.hide(self._shown(holds, value))

    def _shown(self, holds: Holds | None, value: str) -> str:
        if holds is not None and _fits(holds, value):
            return value
        if holds == "text" and self.texts == "masked":
            return self._renamed(self.pseudonyms.text(self.secrets.hide(value)))
        makers: dict[Holds | None, Callable[[str], str]] = {
            "id": self.pseudonyms.id,
            "host": self.pseudonyms.host,
            "address": self.pseudonyms.address,
            "person": self._person,
            "url": self.uri,
        }
        return makers.get(holds, self.pseudonyms.value)(value)

    def _number(self, holds: Holds | None, value: float) -> Any:
        text = str(value)
        whole = isinstance(value, int) and value >= 0
        match holds:
            case frozenset() | "amount" | "time" if _fits(holds, text):
                return value
            case "secret":
                self.learn(text)
                return 0
            case "id" if whole:
                return int(self.pseudonyms.id(text))
            # NetSapiens sends phone numbers, extensions and texts of digits as JSON numbers.
            case "address" if whole and not self.pseudonyms.is_extension(text):
                return int(self.pseudonyms.phone(text))
            case "address" | "text" if whole and (holds == "address" or self.texts == "masked"):
                return value if holds == "address" else int(self.pseudonyms.text(text))
        return self.pseudonyms.number(value)

    def _person(self, name: str) -> str:
        masked = self.pseudonyms.person(name)
        if masked != name and self.texts == "masked":
            self._people.learn(name)
        return masked

    def _renamed(self, text: str) -> str:
        pieces, end = [], 0
        for found in self._people.find(text):
            pieces += [text[end : found.start], self.pseudonyms.person(found.name)]
            end = found.end
        return "".join([*pieces, text[end:]])

    def _header(self, name: str, value: str) -> str:
        holds = self._wire.headers.get(name)
        if holds == "secret":
            self._learn_header(name, value)
            return HIDDEN
        if name == "content-type":
            value = _BOUNDARY.sub(f"boundary={formats.BOUNDARY}", value)
        if isinstance(holds, frozenset):
            fits = all(_fits_header(word, holds) for word in re.split(r"[;,\s]+", value))
            return self.secrets.hide(value if fits else self.pseudonyms.value(value))
        if holds is None and _TOKEN.fullmatch(value):
            # Nobody says that it is no key, and it may be in a field that stays.
            self.learn(value)
        return self._leaf(holds, value)

    def _path(self, path: str) -> str:
        """Return a path, part by part: a declared word, or what the word before it says of it."""
        shown: list[str] = []
        holds: Holds | None = None
        for part in map(unquote, path.split("/")):
            if part in self._wire.paths or not part:
                shown.append(self.secrets.hide(part))
                holds = self._wire.paths.get(part) if part else holds
                continue
            shown.append(self._leaf(holds, part))
            holds = None
        return "/".join(quote(part, safe="@:!$&'()*+,;=~{}") for part in shown)

    def _parameter(self, name: str, value: str) -> str:
        holds = self._parameters.get(name.casefold(), self._fields.get(name.casefold()))
        # A field whose name says little, such as `code`, is another thing in a query.
        if name.casefold() not in self._parameters and holds != "secret":
            holds = None
        return self._string(holds, value)

    def _name(self, name: str) -> str:
        """Return the name of a field if it is declared; any other may itself be a value, and is replaced."""
        declared = not name or name.casefold() in self._names
        return name if declared and not self.secrets.in_layers(name) else self.pseudonyms.field(name)

    def _header_name(self, name: str) -> str:
        return name if name.lower() in self._wire.headers else self.pseudonyms.field(name)

    def learn(self, secret: str) -> None:
        """Hide a secret everywhere from now on, and what it contains if it is base64, as a bot's key."""
        self.secrets.learn(secret)
        decoded = _decoded(secret)
        if ":" in decoded:
            self.secrets.learn(decoded)
            self.secrets.learn(decoded.partition(":")[2])

    def _learn_header(self, name: str, value: str) -> None:
        """Learn the secrets of a header: credentials after their scheme, or the values of cookies."""
        if name in _CREDENTIALS:
            # What is in front of the first blank is the scheme.
            value = value.strip().partition(" ")[2] or value
        for word in re.split(r"[\s;,]+", value):
            label, sign, rest = word.partition("=")
            if label.lower() in _COOKIE_ATTRIBUTES:
                continue
            self.learn(word)
            if sign:
                self.learn(rest.strip('"'))


def _fits(kind: Holds, value: str) -> bool:
    """Return whether a value can be what its field is said to hold; another one may be anything."""
    if isinstance(kind, frozenset):
        return value in kind
    if kind == "amount":
        return bool(_NUMBER.fullmatch(value))
    if kind == "time":
        return bool(_TIME.fullmatch(value))
    return False


def _fits_header(word: str, known: frozenset[str]) -> bool:
    """Return whether a word of a header is a known one, alone or with a version."""
    name, slash, version = word.partition("/")
    plain = not word or word in known or word.lower() in known or _QUALITY.fullmatch(word)
    return bool(plain or (slash and name in known and _VERSION.fullmatch(version)))


def _parse_json(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return _UNPARSED


def _plain(content: Any) -> Any:
    """Return what a client was given as JSON or form, as JSON has it."""
    if isinstance(content, Mapping):
        return {str(name): _plain(each) for name, each in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(each) for each in content]
    if isinstance(content, bytes):
        return content.decode("utf-8", "replace")
    return content if isinstance(content, str | int | float | None) else str(content)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _decoded(word: str) -> str:
    try:
        return base64.b64decode(word, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
