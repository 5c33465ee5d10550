"""Removes secrets and people from recorded exchanges, wherever and however they are written.

* The values of certain fields, headers and cookies are secrets. Once known, a secret is hidden everywhere: in
  URLs, texts and responses, also as base64, percent-encoded or escaped.
* Phone numbers, names and addresses become stable pseudonyms, so that the messages of a thread still match.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlencode, urlsplit

import orjson

from msgnb.tables.masking import LONG_DIGITS, Masker, called, renamed

HIDDEN = "hidden"
HEADERS = frozenset({
    "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token",
})  # fmt: skip
NAMES = frozenset({
    "password", "client_secret", "access_token", "refresh_token", "refresh", "token", "passcode", "key",
    "apikey", "api_key", "secret",
})  # fmt: skip
PEOPLE = frozenset({
    "fullname", "name-first-name", "name-last-name", "name-middle-name", "first_name", "last_name",
    "caller-id-name", "call-orig-name", "displayname",
})  # fmt: skip
CONTACT = frozenset({"identity", "phonenumber", "email"})
"""Fields next to which a `name` is a person's, and not a list's or a template's."""
PHONES = frozenset({
    "phone", "phonenumber", "recipient", "recipients", "recipient_list", "destination", "from-number",
    "dialed", "terminating-number", "messagesession-remote", "messagesession-sms-number", "number",
    "phonenumber-cell", "phonenumber-home", "phonenumber-work", "caller-id-number", "call-dialed-number",
    "messagesession-last-sender", "messagesession-participants", "validatedaccount",
})  # fmt: skip
SHORTEST = 6
"""Characters that a secret must have to be hidden everywhere; a shorter one would be found by chance."""
FIELD = re.compile(rb'(name="([^"]+)"(?:[^\r\n]*\r\n)+\r\n)(.*?)(?=\r\n--)', re.DOTALL)
"""A field of a multipart body: its headers, its name and its value."""


class Scrubber:
    """Scrubs the exchanges of one recording.

    Args:
        key: of the pseudonyms.
        secrets: values that are known from elsewhere.
    """

    def __init__(self, key: str, secrets: Iterable[str] = ()) -> None:
        self.masker = Masker(key)
        self._spellings: dict[str, None] = {}
        self._people: dict[str, str] = {}
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Hide a value everywhere from now on."""
        if len(secret) >= SHORTEST and secret != HIDDEN:
            self._spellings |= dict.fromkeys(spellings(secret))

    def headers(self, headers: Mapping[str, Any]) -> dict[str, Any]:
        """Return headers with their secrets hidden; the secrets of cookies and keys are learnt."""
        found = {}
        for name, values in headers.items():
            listed = values if isinstance(values, list) else [values]
            if name.lower() in HEADERS:
                for value in listed:
                    self._learn_header(_text(value))
                found[name] = [HIDDEN] if isinstance(values, list) else HIDDEN
            else:
                texts = [self.text(_text(value)) for value in listed]
                found[name] = texts if isinstance(values, list) else texts[0]
        return found

    def uri(self, uri: str) -> str:
        """Return a URL with its secrets hidden and its people masked."""
        parts = urlsplit(uri)
        query = parse_qsl(parts.query, keep_blank_values=True)
        path = self._path(parts.path)
        if query:
            shown = urlencode([(name, self._field(name, value)) for name, value in query])
            return parts._replace(netloc=_bare(parts.netloc), path=path, query=shown).geturl()
        return self.text(parts._replace(netloc=_bare(parts.netloc), path=path).geturl())

    def body(self, body: Any) -> Any:
        """Return a body of any kind, scrubbed; bytes stay bytes."""
        if not body or not isinstance(body, bytes | str):
            return body
        content = body if isinstance(body, bytes) else body.encode()
        scrubbed = self._content(content)
        return scrubbed if isinstance(body, bytes) else scrubbed.decode("utf-8", "replace")

    def text(self, text: str) -> str:
        """Return a text with known secrets hidden, and people masked."""
        return self.known(self.masker.text(text))

    def _content(self, content: bytes) -> bytes:
        try:
            return orjson.dumps(self.values(orjson.loads(content)))
        except orjson.JSONDecodeError:
            pass
        if b"\r\n--" in content and b"form-data" in content:
            content = FIELD.sub(self._part, content)
        # So that bytes which are not UTF-8 are written as they came.
        text = content.decode("utf-8", "surrogateescape")
        # Parsing and writing a form changes any other text that has a = in it.
        if re.fullmatch(r"[\w.-]+=[^\s<>]*", text):
            form = parse_qsl(text, keep_blank_values=True)
            text = urlencode([(name, self._field(name, value)) for name, value in form])
        return self.text(text).encode("utf-8", "surrogateescape")

    def _part(self, found: re.Match[bytes]) -> bytes:
        value = self._field(found[2].decode("utf-8", "replace"), found[3].decode("utf-8", "surrogateescape"))
        return found[1] + value.encode("utf-8", "surrogateescape")

    def values(self, content: Any, name: str = "") -> Any:
        """Return JSON values, scrubbed by the names of their fields."""
        if isinstance(content, list):
            return [self.values(each, name) for each in content]
        if isinstance(content, Mapping):
            contact = not CONTACT.isdisjoint(key.lower() for key in content)
            return {
                key: self.values(value, "fullname" if contact and key == "name" else key)
                for key, value in content.items()
            }
        if isinstance(content, str):
            return self._field(name, content)
        if isinstance(content, int) and not isinstance(content, bool) and name.lower() in PHONES:
            # NetSapiens sends phone numbers as JSON numbers, too (NetSapiens 0, conventions).
            return int(self._phone(str(content)))
        return content

    def _field(self, name: str, value: str) -> str:
        kind = name.lower()
        if kind in NAMES:
            self.learn(value)
            return HIDDEN
        if kind in PEOPLE and "/" not in value:
            return self._person(value)
        if kind == "uri":
            return self.uri(value)
        if kind in PHONES:
            return ",".join(self._phone(each) for each in value.split(","))
        return self.text(value)

    def _phone(self, value: str) -> str:
        """Return a masked number, identity or other text; the number is masked everywhere from now on."""
        if not LONG_DIGITS.fullmatch(value):
            return self.text(value)
        masked = self.masker.phone(value)
        if masked != value:
            self._people[value.removeprefix("+")] = masked.removeprefix("+")
        return masked

    def _path(self, path: str) -> str:
        """Return a path, masked part by part: a part may be a number or an identity."""
        parts = (unquote(part) for part in path.split("/"))
        shown = (self._phone(part) if _is_phone(part) else self.text(part) for part in parts)
        return "/".join(quote(part, safe="@:!$&'()*+,;=~{}") for part in shown)

    def _person(self, name: str) -> str:
        masked = self.masker.name(name)
        if masked != name:
            self._people |= dict.fromkeys(called(name), masked)
        return masked

    def known(self, text: str) -> str:
        """Return a text without the secrets, numbers and names that are known so far."""
        for spelling in self._spellings:
            text = text.replace(spelling, HIDDEN)
        return renamed(text, self._people)

    def _learn_header(self, value: str) -> None:
        """Learn a header's words, what they contain as base64, and the values of cookies."""
        for word in re.split(r"[\s;,]+", value):
            candidates = [word, word.partition("=")[2].strip('"')]
            decoded = _decoded(word)
            candidates += [decoded, decoded.partition(":")[2]] if ":" in decoded else []
            for each in candidates:
                # A scheme or the attribute of a cookie is no secret.
                if len(each) >= SHORTEST and not each.isalpha():
                    self.learn(each)


def spellings(secret: str) -> list[str]:
    """Return a secret in every encoding in which it may be written, the longest first."""
    raw = secret.encode()
    encoders: tuple[Callable[[bytes], bytes], ...] = (base64.b64encode, base64.urlsafe_b64encode)
    coded = [encode(raw).decode() for encode in encoders]
    found = [secret, quote(secret, safe=""), quote_plus(secret), quote(secret), html.escape(secret)]
    found += [orjson.dumps(secret).decode()[1:-1], json.dumps(secret)[1:-1], repr(secret)[1:-1], *coded]
    # Some software writes %2f where Python writes %2F.
    found += [re.sub("%..", lambda code: code[0].lower(), quote(secret, safe=""))]
    # Base64 is often written without its padding, and percent-encoded in URLs.
    found += [each.rstrip("=") for each in coded] + [quote(each, safe="") for each in coded]
    found.append(raw.hex())
    return sorted({each for each in found if len(each) >= SHORTEST}, key=len, reverse=True)


def _is_phone(part: str) -> bool:
    """Whether a part of a path is a phone number; IDs that consist of digits are shorter or longer."""
    return bool(re.fullmatch(r"\+?[1-9]\d{9,14}", part))


def _bare(netloc: str) -> str:
    """Return a host without the user and password before it."""
    return netloc.rpartition("@")[2]


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _decoded(word: str) -> str:
    try:
        return base64.b64decode(word, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
