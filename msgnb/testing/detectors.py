"""Finds secrets and people by what they look like, and by the names beside them.

This shares no list with what scrubs recordings, so that a mistake there isn't repeated here.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import unicodedata
import zlib
from collections.abc import Collection, Iterator
from functools import partial
from itertools import pairwise
from urllib.parse import unquote_plus

import phonenumbers

from msgnb.core.addresses import is_service
from msgnb.testing.pseudonyms import is_pseudonym

SHOWN = 4
"""Characters of a finding that are shown: enough to find it, too few to use it."""
DEPTH = 4
_PREFIXES = {
    "a JWT": r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*",
    "a PASETO": r"\bv[1-4]\.(?:local|public)\.[\w-]{20,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----",
    # The third letter is the scope of a NetSapiens key.
    "an API key": r"\bns[a-z]_\w{16,}|\b(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[\w-]{16,}"
    r"|\bwhsec_\w{16,}|\bkey-[0-9a-f]{32}\b|\bSK[0-9a-f]{32}\b|\bAC[0-9a-f]{32}\b",
    "an AWS key": r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ABIA|ACCA)[A-Z2-7]{16}\b",
    "a GitHub token": r"\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}",
    "a GitLab token": r"\bgl(?:pat|dt|rt|cbt|ptt)-[\w-]{16,}",
    "a Slack token": r"\bxox[abeprs]-[\w-]{10,}|hooks\.slack\.com/services/[\w/]{20,}",
    "a Google key": r"\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|\b1//0[\w-]{20,}|\bGOCSPX-[\w-]{20,}",
    "a HubSpot token": r"\bpat-[a-z]{2}\d-[\w-]{16,}",
    "a SendGrid key": r"\bSG\.[\w-]{16,}\.[\w-]{16,}",
    "a package registry's token": r"\bnpm_\w{30,}|\bpypi-[\w-]{16,}",
    "a Telegram token": r"\b\d{8,10}:AA[\w-]{30,}",
    "a token of a service": r"\b(?:hf|dop_v1|shpat|shpss|EAA[A-Z]|sq0atp|sq0csp|lin_api|figd|dckr_pat|glsa)[_-]?\w{28,}",  # noqa: E501 - a pattern is read in one piece
    "a password in a URL": r"\b[a-z][a-z0-9+.-]*://[^\s/:@]{0,60}:[^\s/@]{3,}@",
}
_KNOWN = {what: re.compile(pattern) for what, pattern in _PREFIXES.items()}
_SCHEME = re.compile(r"\b(?:Bearer|Basic|Key|Token|Digest)\s+([\w.~+/=-]{8,})", re.IGNORECASE)
_SECRET_WORDS = frozenset({
    "apikey", "apisecret", "assinatura", "assertion", "auth", "authentication", "authorization",
    "bearer", "chave", "contrasena", "cookie", "credencial", "credential", "credentials", "csrf",
    "cvc", "cvv", "jwt", "key", "keys", "mnemonic", "motdepasse", "nonce", "otp", "pass",
    "passcode", "passphrase", "passwd", "password", "passwort", "pin", "private", "psw", "pwd",
    "secret", "secrets", "segredo", "senha", "sid", "sig", "signature", "signing", "token",
    "tokens", "totp", "xsrf",
    "adgangskode", "clave", "contrasenha", "haslo", "hasło", "heslo", "jelszo", "kennwort", "losenord", "mdp",
    "parola", "passord", "pw", "pword", "salasana", "sifre", "userpw", "wachtwoord", "κωδικος", "пароль",
    "секрет", "токен", "ключ",
})  # fmt: skip
_SECRET_PARTS = (
    "密码",
    "密碼",
    "口令",
    "密钥",
    "令牌",
    "パスワード",
    "暗証番号",
    "비밀번호",
    "암호",
    "รหัสผ่าน",
    "סיסמ",
    "كلمة المرور",
)
"""Words for secrets in scripts that have no blanks between words, or prefixes on them."""
_CODE_WORDS = frozenset({"code", "codigo"})
_WHAT_FOR = frozenset({
    "access", "activation", "auth", "authentication", "confirmation", "invite", "login", "mfa", "otp",
    "recovery", "reset", "security", "signin", "sms", "verification", "verify", "acesso", "acceso",
    "seguranca", "seguridad", "verificacao", "verificacion",
})  # fmt: skip
"""Next to the word code, these say that it lets somebody in."""
_SAID_CODE = re.compile(
    r"(?<!error )(?<!status )(?<!reason )(?<!area )\b(?:code|c[óo]digo|codice|kod|кода?)\b(?: [^\W\d]+){0,4}?\s*[:=-]?\s*\b(\d{3}[ -]?\d{3}|\d{4,8})\b(?![-/.:]\d)"  # noqa: E501 - a pattern is read in one piece
    r"|(?:验证码|驗證碼|認証コード|인증번호)\D{0,6}(\d{4,8})\b"
    r"|\b(\d{4,8}) (?:is|é|es|est|ist) (?:your|seu|o seu|tu|su|votre|dein|Ihr)\b[^.\n]{0,30}\b(?:code|c[óo]digo|PIN|OTP)\b",  # noqa: E501 - a pattern is read in one piece
    re.IGNORECASE,
)
_FACT_WORDS = frozenset({
    "algorithm", "at", "count", "date", "datetime", "endpoint", "expires", "expiry", "hint", "in",
    "kind", "length", "limit", "method", "name", "required", "scope", "status", "time", "timestamp",
    "type", "uri", "url", "expiration",
})  # fmt: skip
"""As the last word of a name, these say that the value is about a secret, and none itself."""
_SAID = re.compile(
    r"\b(?:password|passcode|passphrase|senha|secret|token|api[ -]?key|otp|pin|contraseña|mot de passe|passwort)\b"  # noqa: E501 - a pattern is read in one piece
    r"\s*(?:is|was|é|es|est|ist|=|:)\s*[\"']?([^\s\"']{4,})",
    re.IGNORECASE,
)
_EMPTY = frozenset(
    {"", "hidden", "null", "none", "~", "true", "false", "yes", "no", "string", "text", "0", "bearer"}
)
_PLACEHOLDER = re.compile(r"\{+[^{}]*\}+|<[^<>]*>|\*+|x+|\.+", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9+/_=~.-]{16,}")
_PSEUDONYM_PART = re.compile(
    r"\b(?:(?:person|field)-|h)[0-9a-f]{8,16}\b|(?:Person|Value)(?: |%20|\+)[0-9A-Z]{6,13}"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:")
_CAMEL_CASE = re.compile(r"[A-Z]?[a-z]{2,}(?:[A-Z][a-z]+)*[A-Z]{0,4}")
_LONG_WORD = re.compile(r"[A-Za-z0-9]{14,}")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_HEX_ID = re.compile(r"(?:[0-9a-f]{16}){1,2}")
_PASSWORD_LIKE = re.compile(
    r"(?=\S*[a-z])(?=\S*[A-Z])(?=\S*\d)(?=\S*[!@#$%^&*?~(){}\[\]|<>`\"'])[^\s/]{8,40}", re.ASCII
)
_EMAIL = re.compile(r"[\w.+%=-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(
    r"(?<![\w@./+-])\+[1-9](?:[ ().-]{0,2}\d){7,14}(?!\w)|(?<!\w)\(\d{2,3}\) ?\d{4,5}[- ]?\d{4}(?!\w)"
    r"|(?<![\w(-])\d{3}-\d{3}-\d{4}(?![\w-])"
    # A national number, with the zero that leads to another place; a date has none of these forms.
    r"|(?<![\w@./+:-])0[1-9]\d{1,3}[ -]\d{3,5}(?:[ -]?\d{3,4})?(?![\w/:-])|(?<![\w@./+:-])\(0\d{1,4}\) ?\d{3,5}[ -]?\d{3,4}(?!\w)"  # noqa: E501 - a pattern is read in one piece
)
_DIGITS = re.compile(r"(?<![\w.+%-])\d{10,19}(?![\w.%-])|(?<![\w.-])\d{4}(?:[ -]\d{4}){3}(?![\w-])")
_TRACED = re.compile(r"(?:request|trace|correlation|span|ray)[-_]?id$|[-_]ray$", re.IGNORECASE)
"""The name of a random ID that only finds a request in a log."""
_CPF = re.compile(r"(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?!\w)")
_CNPJ = re.compile(r"(?<![\w.-])\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}(?!\w)")
_PHONE_WORDS = frozenset({
    "contact", "contacto", "contato", "customer", "from", "de", "para", "sender", "to",
    "ani", "caller", "celular", "cell", "destination", "dialed", "dnis", "fax", "fone", "mobile",
    "msisdn", "number", "phone", "phonenumber", "recipient", "recipients", "remote", "sms",
    "smsani", "tel", "telefone", "telephone", "telefono", "whatsapp",
})  # fmt: skip
_NAME_WORDS = frozenset({
    "apelido", "firstname", "fullname", "lastname", "middlename", "displayname", "nome", "nombre",
    "nomecompleto", "prenom", "sobrenome", "surname", "vorname", "nachname", "apellido", "nom",
    "username",
})  # fmt: skip
_WHOSE = frozenset({
    "agent", "attendant", "author", "caller", "client", "cliente", "contact", "contato", "customer",
    "display", "family", "first", "full", "given", "last", "middle", "nick", "owner", "patient",
    "person", "recipient", "sender", "user",
})  # fmt: skip
_NO_NAME = frozenset({"n/a", "null", "none", "unknown", "anonymous", "hidden", "test", "default"})
_FULL_NAME = re.compile(
    r"[^\W\d_]\w*['’-]?\w*(?: (?:d[aeo]s?|de la|van|von|der|del|di|e|y|[A-Z]\.))*(?: [A-ZÀ-Þ][\w'’-]+){1,4}"
)
_INTRODUCED = re.compile(
    r"\b(?:my name is|meu nome é|me chamo|mi nombre es|me llamo|je m['’]appelle|ich hei(?:ß|ss)e|mein Name ist)"  # noqa: E501 - a pattern is read in one piece
    r"\s+(?!Person\b)([A-ZÀ-Þ][\w'’-]+)",
    re.IGNORECASE,
)
_BASE64_RUN = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX_RUN = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}){8,}(?![0-9A-Za-z])")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_PAIR = re.compile(
    r"""(?:^|[?&{,;\s<"'(])([A-Za-z_$][\w.$-]{0,40})["']?\s*[=:]\s*["']?([^\s"'&,;}<>]{3,})["']?"""
)
_ELEMENT = re.compile(r"<([A-Za-z][\w.:-]*)(?:\s[^<>]*)?>([^<>]+)</")
_ATTRIBUTE = re.compile(r"""\s([A-Za-z][\w.:-]*)=(?:"([^"]*)"|'([^']*)')""")
_FIELD = re.compile(
    r'name="([^"]+)"(?:; filename="([^"]*)")?[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n(.*?)(?=\r?\n--)', re.DOTALL
)
LOOKED_FOR = (
    "tokens and keys", "passwords", "credentials in headers, URLs and base64", "private keys", "e-mail addresses",  # noqa: E501 - a pattern is read in one piece
    "phone numbers", "CPF, CNPJ and card numbers", "names beside fields that contain names",
)  # fmt: skip
"""What is looked for, in words."""
RESERVED = ("example", "test", "invalid", "localhost")


class Detectors:
    """Everything that looks for something in a value."""

    def find(self, name: str, value: str, depth: int = DEPTH) -> Iterator[str]:
        """Yield what is in a value, in words; the value itself is shown by its beginning only.

        Args:
            name: the name beside it, such as that of its field.
            value: the value.
            depth: how many encodings are undone.
        """
        value = value.strip()
        if value.lower() in _EMPTY or is_pseudonym(value):
            return
        yield from self._in_plain(name, value)
        if (content := _parse_json(value)) is not None:
            # What is in it is shorter, however deep it is; so it is not counted.
            for inner_name, inner in _flat(name, content):
                yield from self.find(inner_name, inner, depth)
            for key in _keys(content):
                yield from self.find_in_name(key)
        elif depth:
            for inner_name, inner in _inside(value):
                yield from self.find(inner_name or name, inner, depth - 1)

    def find_in_name(self, name: str) -> Iterator[str]:
        """Yield what is in the name of a field, which may itself be somebody's."""
        if not is_pseudonym(name):
            if _FULL_NAME.fullmatch(name) or (not name.isascii() and _is_capitalized(name)):
                yield f"a name of a field that is a person's: {_short(name)}"
            yield from self.find("", name)

    def find_in_raw(self, line: str) -> Iterator[str]:
        """Yield what is in a line of a file, whatever it means there: known forms of keys, and addresses."""
        for what, pattern in _KNOWN.items():
            yield from (f"{what}: {_short(found[0])}" for found in pattern.finditer(line))
        yield from (f"an address: {_short(each)}" for each in _EMAIL.findall(line) if self._is_person(each))

    def _in_plain(self, name: str, value: str) -> Iterator[str]:
        words = _words(name)
        yield from _secrets(words, name, value)
        for address in _EMAIL.findall(value):
            if self._is_person(address):
                yield f"an address: {_short(address)}"
        yield from _numbers(words, name, value)
        yield from _names(words, name, value)

    def _is_person(self, address: str) -> bool:
        local, _, domain = address.rpartition("@")
        domain = domain.lower()
        reserved = domain.rpartition(".")[2] in RESERVED or domain == "example.com"
        service = is_service(domain) and not re.search(r"\d{8}|%40|=40", local)
        masked = local.startswith("person-") or is_pseudonym(local)
        return not (reserved or service or masked)


def _secrets(words: list[str], name: str, value: str) -> Iterator[str]:
    for what, pattern in _KNOWN.items():
        yield from (f"{what}: {_short(found[0])}" for found in pattern.finditer(value))
    yield from (f"a credential: {_short(word)}" for word in _SCHEME.findall(value) if _mixed(word))
    if _tells_secret(words, value):
        yield f"the value of {name}: {_short(value)}"
        return
    yield from (f"a code: {_short(''.join(said))}" for said in _SAID_CODE.findall(value))
    yield from (f"a password: {_short(said)}" for said in _SAID.findall(value) if said.lower() not in _EMPTY)
    if _is_credential(value) and not _TIME.match(value):
        yield f"a name and a password: {_short(value)}"
    if _PASSWORD_LIKE.fullmatch(value) and "=" not in value:
        yield f"perhaps a password: {_short(value)}"
    if _TRACED.search(name):
        return
    about_id = bool(words) and words[-1] in {"id", "ids", "uid", "guid", "uuid", "traceparent", "fingerprint"}
    for token in _TOKEN.findall(_PSEUDONYM_PART.sub("", value)):
        if _is_random(token) and not _is_id(token, value, about_id):
            yield f"a random token: {_short(token)}"


def _tells_secret(words: list[str], value: str) -> bool:
    if not words or words[-1] in _FACT_WORDS or _PLACEHOLDER.fullmatch(value):
        return False
    if any(part in word for word in words for part in _SECRET_PARTS):
        return len(value) >= 3
    session = words[-2:] in (["session", "id"], ["sess", "id"], ["session", "key"]) and "call" not in words
    if session or not _SECRET_WORDS.isdisjoint(words):
        # The name of a thing that has a key, such as `key: name`, is a word.
        telling = set(words) & _SECRET_WORDS - {"key", "keys", "private", "auth"}
        return len(value) >= 3 and (session or bool(telling) or _mixed(value) or len(value) >= 20)
    if not _CODE_WORDS.isdisjoint(words):
        if not _WHAT_FOR.isdisjoint(words):
            return len(value) >= 4 and any(map(str.isdigit, value))
        # Platforms number their errors with up to five digits.
        return bool(re.fullmatch(r"\d{6,8}", value)) or (len(value) >= 12 and _is_random(value))
    return False


def _numbers(words: list[str], name: str, value: str) -> Iterator[str]:
    for pattern, check, what in ((_CPF, _is_cpf, "a CPF"), (_CNPJ, _is_cnpj, "a CNPJ")):
        yield from (f"{what}: {_short(each)}" for each in pattern.findall(value) if check(_digits(each)))
    for each in _PHONE.findall(value):
        if not is_pseudonym(_digits(each)):
            yield f"a phone number: {_short(each)}"
    for each in _DIGITS.findall(value):
        digits = _digits(each)
        if not is_pseudonym(digits) and (what := _what_number(digits)):
            yield f"{what}: {_short(each)}"
    if (
        not _PHONE_WORDS.isdisjoint(words)
        and re.fullmatch(r"\+?(?:00)?\d{8,15}", value)
        and not is_pseudonym(value)
    ):
        yield f"a phone number in {name}: {_short(value)}"


def _what_number(digits: str) -> str:
    if len(digits) in range(13, 20) and digits[0] in "23456" and _is_luhn(digits):
        return "a card number"
    if len(digits) == 11 and _is_cpf(digits):
        return "a CPF"
    if len(digits) == 14 and _is_cnpj(digits):
        return "a CNPJ"
    return "a phone number" if 11 <= len(digits) <= 13 and _is_phone(digits) else ""


def _names(words: list[str], name: str, value: str) -> Iterator[str]:
    yield from (f"a name: {_short(each)}" for each in _INTRODUCED.findall(value))
    named = bool(words) and (words[-1] == "name" or not _NAME_WORDS.isdisjoint(words))
    whose = not _NAME_WORDS.isdisjoint(words) or (named and not _WHOSE.isdisjoint(words))
    whose = whose or words == ["name"]
    letters = sum(each.isalpha() or unicodedata.combining(each) > 0 for each in value)
    likely = whose and letters >= 2 and letters >= len(value) * 0.7 and len(value) <= 60
    likely = likely and value.lower() not in _NO_NAME
    if likely or ((named or words[-1:] == ["filename"]) and _FULL_NAME.match(value)):
        yield f"a name in {name}: {_short(value)}"


def _inside(value: str) -> Iterator[tuple[str, str]]:
    """Yield what a value contains: its named parts, and what is in it under an encoding."""
    yield from _PAIR.findall(value)
    yield from _ELEMENT.findall(value)
    yield from ((name, one or other) for name, one, other in _ATTRIBUTE.findall(value) if one or other)
    for name, filename, content in _FIELD.findall(value):
        yield name, content
        yield "filename", filename
    if "://" in value or value.startswith("/"):
        parts = unquote_plus(value.partition("?")[0]).split("/")
        # Behind the name of a collection there is an ID.
        yield from (("id" if before.endswith("s") else "", part) for before, part in pairwise(parts))
    for undo in (unquote_plus, html.unescape, partial(_ESCAPE.sub, lambda code: chr(int(code[1], 16)))):
        if (plain := undo(value)) != value:
            yield "", plain
    yield from (("", plain) for plain in _decoded(value))


def _parse_json(value: str) -> object:
    """Return the content of JSON, also of a text in JSON; `None` if it is neither."""
    if not (value[:1] in {"{", "["} or (len(value) > 1 and value[0] == value[-1] == '"')):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _keys(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        yield from content
    for each in (
        content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    ):
        yield from _keys(each)


def _flat(name: str, content: object) -> Iterator[tuple[str, str]]:
    if isinstance(content, dict):
        for key, each in content.items():
            yield from _flat(str(key), each)
    elif isinstance(content, list):
        for each in content:
            yield from _flat(name, each)
    elif isinstance(content, str | int | float) and not isinstance(content, bool):
        yield name, str(content)


def _decoded(value: str) -> Iterator[str]:
    for pattern, decode in ((_BASE64_RUN, _from_base64), (_HEX_RUN, bytes.fromhex)):
        # The lines of a long text in base64 belong together.
        for run in pattern.findall(re.sub(r"\s*\n\s*", "", value)):
            content = _inflate(decode(run))
            try:
                plain = content.decode()
            except UnicodeDecodeError:
                continue
            if len(plain) > 3 and sum(map(str.isprintable, plain)) >= len(plain) * 0.9:
                yield plain


def _from_base64(run: str) -> bytes:
    usual = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(usual + "=" * (-len(usual) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b"\xff"


def _inflate(content: bytes) -> bytes:
    if not content.startswith((b"\x1f\x8b", b"\x78")):
        return content
    try:
        return zlib.decompressobj(wbits=47).decompress(content, 10_000_000)
    except zlib.error:
        return content


def _words(name: str) -> list[str]:
    """Return the words of a field's name in lower case, however they are joined."""
    marked = unicodedata.normalize("NFKD", name)
    # The marks of Latin letters are left out; those of other scripts are a part of their letters.
    plain = unicodedata.normalize("NFC", "".join(each for each in marked if not "\u0300" <= each <= "\u036f"))
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    return [word.lower() for word in re.split(r"[\W\d_]+", parted) if word]


def _is_capitalized(name: str) -> bool:
    """Return whether a name in any script has several words that all begin with a capital letter."""
    words = name.split()
    return len(words) > 1 and all(not word[0].islower() and word[0].isalpha() for word in words)


def _changes(word: str) -> int:
    """Return how often the kind of character changes in a word."""
    kinds = ["digit" if each.isdigit() else "upper" if each.isupper() else "lower" for each in word]
    return sum(one != other for one, other in pairwise(kinds))


def _is_random(token: str) -> bool:
    """Return whether a token looks as if nobody had thought of it."""
    words = (word for word in _LONG_WORD.findall(token) if not _CAMEL_CASE.fullmatch(word))
    return any(_changes(word) >= len(word) * 0.3 for word in words)


def _is_id(token: str, value: str, about_id: bool) -> bool:
    if _UUID.search(token):
        return True
    # Platforms make IDs like this; in a path, they come after the name of a collection.
    in_path = re.search(rf"[a-z]s/{re.escape(token.strip('/'))}", value) or re.search(
        r"[a-z]s/[0-9a-f]{32}\b", token
    )
    return bool(
        (about_id or in_path) and re.search(r"(?<![0-9a-zA-Z])" + _HEX_ID.pattern + "(?![0-9a-zA-Z])", token)
    )


def _mixed(word: str) -> bool:
    return any(map(str.isdigit, word)) or "=" in word or _changes(word) >= len(word) * 0.3


def _is_credential(value: str) -> bool:
    """Return whether a value is a name and a secret with a colon between them, as in Basic authentication."""
    name, colon, secret = value.partition(":")
    plain = re.fullmatch(r"[\w.@+-]{2,}", name) and re.fullmatch(r"\S{6,}", secret)
    return bool(colon and plain and not secret.startswith("/") and not name.isdigit() and _mixed(secret))


def _is_phone(digits: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return False


def _is_luhn(digits: str) -> bool:
    doubled = [
        sum(divmod(int(each) * 2, 10)) if at % 2 else int(each) for at, each in enumerate(reversed(digits))
    ]
    return sum(doubled) % 10 == 0 and len(set(digits)) > 2


def _is_cpf(digits: str) -> bool:
    weights = (range(10, 1, -1), range(11, 1, -1))
    return len(set(digits)) > 1 and _has_check_digits(digits, 9, weights)


def _is_cnpj(digits: str) -> bool:
    weights = ([5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
    return len(set(digits)) > 1 and _has_check_digits(digits, 12, weights)


def _has_check_digits(digits: str, size: int, weights: tuple[Collection[int], Collection[int]]) -> bool:
    for at, each in enumerate(weights):
        rest = sum(int(digit) * weight for digit, weight in zip(digits[: size + at], each, strict=True)) % 11
        if int(digits[size + at]) != (0 if rest < 2 else 11 - rest):
            return False
    return True


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _short(value: str) -> str:
    return f"{value[:SHOWN]}…"
