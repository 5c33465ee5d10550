"""Hides secrets in what the journal shows: in paths, queries, forms, JSON and what is nested in them.

* An operation declares which parts of its path and which fields are secret, with any name.
* An operation that signs in declares which fields are shown; whatever else is sent to it is hidden.
* Everywhere else, names that mean a secret are recognized in every spelling: `api-key`, `apiKey`, `API_KEY`.
* What was hidden in a request is hidden in its response, too, which may repeat it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import orjson

from msgnb_mocks.core.operations import Operation

HIDDEN = "hidden"
SHORTEST = 4
"""Characters that a value must have to be hidden wherever it is repeated; others would be found by chance."""
ANYWHERE = frozenset({
    "password", "passwd", "pwd", "passphrase", "passcode", "secret", "secrets", "jwt", "otp", "totp",
    "apikey", "credential", "credentials", "assertion",
})  # fmt: skip
"""Words that make a name secret wherever they are in it."""
AT_END = frozenset({
    "token", "tokens", "key", "keys", "refresh", "pin", "bearer", "authorization", "cookie", "signature",
})  # fmt: skip
"""Words that do so at its end: a `token_type` and a `key-id` are no secrets."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_MENTIONED = re.compile("|".join(sorted(ANYWHERE | {"token", "key"})), re.IGNORECASE)
_LOGIN_IN_URL = re.compile(r"(?<=://)[^/?#@\s]+(?=@)")


def is_secret_name(name: str) -> bool:
    """Return whether a name means a secret.

    >>> is_secret_name("client_secret"), is_secret_name("apiKey"), is_secret_name("token_type")
    (True, True, False)
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words:
        return False
    joined = "".join(words)
    return (
        not ANYWHERE.isdisjoint(words)
        or any(word in joined for word in ("password", "apikey"))
        or words[-1] in AT_END
        or ("mfa" in words and words[-1] == "code")
    )


class Hider:
    """Hides the secrets of one request and its response, in this order.

    Args:
        operation: what the request asks for; `None` if that is not known.
    """

    def __init__(self, operation: Operation | None) -> None:
        self._operation = operation
        self._declared = frozenset(operation.secrets if operation else ())
        self._values: set[str] = set()

    def path(self, path: str) -> str:
        """Return a path without secrets in its parts."""
        found = self._operation.match(path) if self._operation else None
        if self._operation is None or found is None:
            return self._unknown_path(path)
        if self._declared.isdisjoint(found):
            return path
        return self._operation.fill(
            {name: self._keep(part) if name in self._declared else part for name, part in found.items()}
        )

    def query(self, text: str) -> str:
        """Return a query without secrets."""
        return self._fields(text, self._is_hidden)

    def request(self, body: bytes) -> Any:
        """Return a request's body without secrets: JSON as values, a form as a form, other text as text."""
        return self._body(body, self._is_hidden)

    def response(self, body: bytes) -> Any:
        """Return a response's body in the same way, without what was hidden in the request."""
        return self._repeated(self._body(body, self._is_secret))

    def _is_secret(self, name: str) -> bool:
        return name in self._declared or is_secret_name(name)

    def _is_hidden(self, name: str) -> bool:
        """Whether a field of a request is hidden."""
        shown = self._operation.shown if self._operation else None
        return self._is_secret(name) or (shown is not None and name not in shown)

    def _keep(self, value: Any) -> str:
        """Remember a value that is hidden, which a response may repeat."""
        if len(str(value)) >= SHORTEST:
            self._values |= {str(value), quote(str(value), safe="")}
        return HIDDEN

    def _unknown_path(self, path: str) -> str:
        # `/apikeys/…`: what follows the name of secrets is one.
        parts = path.split("/")
        pairs = zip(["", *parts], parts, strict=False)
        return "/".join(
            self._keep(part) if part and is_secret_name(before.removesuffix("s")) else part
            for before, part in pairs
        )

    def _body(self, body: bytes, hides: Callable[[str], bool]) -> Any:
        if not body:
            return None
        try:
            return self._json(orjson.loads(body), hides)
        except orjson.JSONDecodeError:
            fields = _read_multipart(body)
        if fields is not None:
            return self._json(fields, hides)
        return self._fields(body.decode("utf-8", "replace"), hides)

    def _json(self, content: Any, hides: Callable[[str], bool], *, hidden: bool = False) -> Any:
        if isinstance(content, list):
            return [self._json(each, hides, hidden=hidden) for each in content]
        if isinstance(content, Mapping):
            # An object under such a name is not hidden as a whole: its fields are looked at one by one.
            return {name: self._json(value, hides, hidden=hides(name)) for name, value in content.items()}
        if content is None or isinstance(content, bool):
            return content
        if hidden:
            return self._keep(content)
        return self._text(content, hides) if isinstance(content, str) else content

    def _text(self, text: str, hides: Callable[[str], bool]) -> str:
        """Return a value without the secrets of what is nested in it: JSON, or a URL."""
        if text.lstrip()[:1] in {"{", "["}:
            try:
                content = orjson.loads(text)
            except orjson.JSONDecodeError:
                return HIDDEN if _MENTIONED.search(text) else text
            safe = self._json(content, hides)
            return text if safe == content else orjson.dumps(safe).decode()
        address, mark, query = text.partition("?")
        address = _LOGIN_IN_URL.sub(lambda login: self._keep(login[0]), address)
        # A question in a sentence is no query.
        if re.search(r"\s", text):
            return address + mark + query
        address = self._unknown_path(address) if address.startswith("/") else address
        return address + mark + self._fields(query, hides)

    def _fields(self, text: str, hides: Callable[[str], bool]) -> str:
        """Return a query or a form with its secrets hidden, and other text as it is if it mentions none."""
        fields = parse_qsl(text, keep_blank_values=True)
        if "=" not in text or text.lstrip()[:1] in {"{", "["}:
            signs_in = self._operation is not None and self._operation.shown is not None
            return HIDDEN if text and (signs_in or _MENTIONED.search(text)) else text
        safe = [
            (name, self._keep(value) if hides(name) else self._text(value, hides)) for name, value in fields
        ]
        # Text that is not a form would be changed by encoding it as one.
        return text if safe == fields else urlencode(safe)

    def _repeated(self, content: Any) -> Any:
        if isinstance(content, list):
            return [self._repeated(each) for each in content]
        if isinstance(content, Mapping):
            return {self._repeated(name): self._repeated(value) for name, value in content.items()}
        if not isinstance(content, str):
            return content
        for value in sorted(self._values, key=len, reverse=True):
            content = content.replace(value, HIDDEN)
        return content


def _read_multipart(body: bytes) -> dict[str, list[str]] | None:
    """Return the fields of a form in several parts; `None` for anything else."""
    boundary, line, _ = body.partition(b"\r\n")
    if not (boundary.startswith(b"--") and line):
        return None
    head = b'Content-Type: multipart/form-data; boundary="' + boundary[2:] + b'"\r\n\r\n'
    fields: dict[str, list[str]] = {}
    for part in message_from_bytes(head + body).walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            value = part.get_payload(decode=True)
            text = value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
            fields.setdefault(name, []).append(text)
    # What can't be read is not shown.
    return fields or {HIDDEN: [HIDDEN]}
