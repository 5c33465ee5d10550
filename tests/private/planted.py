"""Secrets and people as they occur in real traffic, random by seed, each with a field that would contain it.

They are made from public knowledge of what keys look like. Nothing here imports what is tested. `HELD_OUT` is
kept aside: detectors are adjusted to `SEEN` only.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable
from dataclasses import dataclass

B62 = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
SYMBOLS = "!@#$%^&*()-_=+[]{};:,.<>/?|~`'\" \\é€ç"
FIRST = [
    "Mariana", "Thiago", "Beatriz", "Joaquim", "Priscila", "Gustavo", "Heitor", "Larissa",
    "Siobhan", "Casimir", "Oluwaseun", "Yvonne", "Ingeborg", "Aurélie", "Matthias", "Rosalind",
    "Fernanda", "Eduardo", "Camille", "Kwame",
]  # fmt: skip
LAST = [
    "Albuquerque", "Nascimento", "Figueiredo", "Cavalcanti", "Okonkwo", "Delacroix", "Hohenberg",
    "MacAllister", "Przybylski", "Tavares", "Vasconcelos", "Brandão", "Gouveia", "Lindqvist",
    "Ashworth", "Hounsou",
]  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """A value that must not be in a recording, and the name of a field that contains it."""

    kind: str
    field: str
    value: str

    @property
    def traces(self) -> tuple[str, ...]:
        """What must not be found: the value, and for phones and documents the bare digits too."""
        digits = "".join(each for each in self.value if each.isdigit())
        if self.kind in {"phone", "cpf", "cnpj", "card"}:
            return tuple(dict.fromkeys((self.value, digits)))
        if self.kind == "name":
            return (self.value, *self.value.split())
        if self.kind == "pem":
            return tuple(self.value.splitlines()[1:-1])
        return (self.value,)


Maker = Callable[[random.Random], tuple[str, str]]


def pick(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choices(alphabet, k=length))


def b64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def jwt(rng: random.Random) -> str:
    head = b64url(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    claims = {"sub": pick(rng, string.digits, 8), "exp": rng.randrange(10**9, 2 * 10**9)}
    return f"{head}.{b64url(json.dumps(claims).encode())}.{b64url(rng.randbytes(32))}"


def pem(rng: random.Random) -> str:
    body = base64.b64encode(rng.randbytes(160)).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    kind = rng.choice(["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"])
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"])


def password(rng: random.Random) -> str:
    """Return a password with awkward characters; it is long enough not to occur by chance."""
    made = pick(rng, B62, 6) + pick(rng, SYMBOLS, 4) + pick(rng, B62, 4)
    return "".join(rng.sample(made[1:-1], len(made) - 2)).join((made[0], made[-1]))


def cpf(rng: random.Random, formatted: bool) -> str:
    digits = [rng.randrange(10) for _ in range(9)]
    for size in (10, 11):
        rest = sum(each * weight for each, weight in zip(digits, range(size, 1, -1), strict=True)) * 10 % 11
        digits.append(rest % 10)
    text = "".join(map(str, digits))
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}" if formatted else text


def cnpj(rng: random.Random) -> str:
    digits = [rng.randrange(10) for _ in range(8)] + [0, 0, 0, 1]
    for weights in ([5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]):
        rest = sum(each * weight for each, weight in zip(digits, weights, strict=True)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    text = "".join(map(str, digits))
    return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"


def card(rng: random.Random) -> str:
    digits = [int(each) for each in rng.choice(["4", "51", "55"])]
    digits += [rng.randrange(10) for _ in range(15 - len(digits))]
    total = sum(sum(divmod(each * 2, 10)) if at % 2 == 0 else each for at, each in enumerate(digits))
    text = "".join(map(str, [*digits, -total % 10]))
    return rng.choice([text, " ".join(text[at : at + 4] for at in range(0, 16, 4))])


def phone(rng: random.Random) -> str:
    brazil = f"{rng.choice(['11', '21', '31', '41', '71'])}9{rng.randrange(6 * 10**7, 10**8)}"
    america = f"{rng.choice(['212', '415', '305', '617'])}{rng.randrange(2, 10)}{rng.randrange(10**5, 10**6)}"
    return rng.choice([
        f"+55{brazil}", f"+55 {brazil[:2]} {brazil[2:7]}-{brazil[7:]}", f"55{brazil}",
        f"({brazil[:2]}) {brazil[2:7]}-{brazil[7:]}",
        f"+1 {america[:3]}-{america[3:6]}-{america[6:]}", f"+1{america}",
    ])  # fmt: skip


def name(rng: random.Random) -> str:
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def email(rng: random.Random) -> str:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    domain = rng.choice(["gmail.com", "uol.com.br", "hotmail.fr", "acme-dental.co.uk", "proton.me"])
    return f"{first}.{last}{rng.randrange(100)}@{domain}".lower().replace("é", "e").replace("ã", "a")


SEEN: dict[str, list[Maker]] = {
    "token": [
        lambda r: ("accessToken", pick(r, HEX, 32)),
        lambda r: ("refreshToken", pick(r, B62, 40)),
        lambda r: ("X-Access-Token", b64url(r.randbytes(24))),
        lambda r: ("session_id", pick(r, B62, 26)),
        lambda r: ("sig", base64.b64encode(r.randbytes(32)).decode()),
        lambda r: ("github", "ghp_" + pick(r, B62, 36)),
        lambda r: ("aws", "AKIA" + pick(r, string.ascii_uppercase + "234567", 16)),
        lambda r: ("stripe", "sk_live_" + pick(r, B62, 24)),
        lambda r: (
            "slack",
            f"xoxb-{r.randrange(10**11, 10**12)}-{r.randrange(10**11, 10**12)}-{pick(r, B62, 24)}",
        ),
        lambda r: ("google", "AIza" + pick(r, B62 + "_-", 35)),
        lambda r: ("nskey", "nss_" + pick(r, B62, 56)),
        lambda r: ("apiSecret", pick(r, B62, 32)),
        lambda r: ("id_token", jwt(r)),
        lambda r: ("jwt", jwt(r)),
        lambda r: ("client_secret", pick(r, B62 + "~.-", 34)),
    ],
    "password": [
        lambda r: ("password", password(r)),
        lambda r: ("senha", password(r)),
        lambda r: ("pwd", password(r)),
        lambda r: ("newPassword", password(r)),
    ],
    "pem": [lambda r: ("private_key", pem(r))],
    "code": [lambda r: ("otp", pick(r, "123456789", 8)), lambda r: ("code", pick(r, B62, 18))],
    "name": [
        lambda r: ("firstName", name(r)),
        lambda r: ("nome", name(r)),
        lambda r: ("customer_name", name(r)),
    ],
    "phone": [lambda r: ("telefone", phone(r)), lambda r: ("note", phone(r))],
    "email": [lambda r: ("email", email(r)), lambda r: ("note", email(r))],
    "cpf": [lambda r: ("cpf", cpf(r, formatted=True)), lambda r: ("note", cpf(r, formatted=False))],
    "card": [lambda r: ("card", card(r))],
}
HELD_OUT: dict[str, list[Maker]] = {
    "token": [
        lambda r: ("gitlab", "glpat-" + pick(r, B62 + "_-", 20)),
        lambda r: ("sendgrid", f"SG.{b64url(r.randbytes(16))}.{b64url(r.randbytes(32))}"),
        lambda r: ("npm", "npm_" + pick(r, B62, 36)),
        lambda r: ("twilio", "SK" + pick(r, HEX, 32)),
        lambda r: ("mailgun", "key-" + pick(r, HEX, 32)),
        lambda r: ("telegram", f"{r.randrange(10**9, 10**10)}:AA{pick(r, B62 + '_-', 33)}"),
        lambda r: ("openai", "sk-proj-" + pick(r, B62, 48)),
        lambda r: ("hf", "hf_" + pick(r, B62, 34)),
        lambda r: ("webhook", f"https://hooks.slack.com/services/T{pick(r, B62, 8)}/B{pick(r, B62, 8)}/{pick(r, B62, 24)}"),  # noqa: E501
        lambda r: ("db", f"postgres://app:{pick(r, B62, 16)}@db.acme-dental.co.uk:5432/main"),
        lambda r: ("AccountKey", base64.b64encode(r.randbytes(64)).decode()),
        lambda r: ("Api-Token", pick(r, HEX, 40)),
        lambda r: ("sessionKey", pick(r, B62, 22)),
        lambda r: ("x-csrf-token", pick(r, B62, 32)),
        lambda r: ("chaveDeAcesso", pick(r, B62, 24)),
        lambda r: ("assinatura", pick(r, HEX, 64)),
        lambda r: ("bearerToken", pick(r, B62, 48)),
        lambda r: ("paseto", "v4.local." + b64url(r.randbytes(80))),
    ],
    "password": [
        lambda r: ("userPassword", password(r)),
        lambda r: ("passphrase", password(r)),
        lambda r: ("senha_atual", password(r)),
        lambda r: ("db-pass", password(r)),
    ],
    "pem": [lambda r: ("certificate", pem(r))],
    "code": [lambda r: ("verificationCode", pick(r, "123456789", 8)), lambda r: ("pin", pick(r, "123456789", 6))],  # noqa: E501
    "name": [
        lambda r: ("lastName", name(r)),
        lambda r: ("sobrenome", name(r)),
        lambda r: ("nomeCompleto", name(r)),
        lambda r: ("contactName", name(r)),
    ],
    "phone": [lambda r: ("celular", phone(r)), lambda r: ("observação", phone(r))],
    "email": [lambda r: ("e-mail", email(r)), lambda r: ("observação", email(r))],
    "cnpj": [lambda r: ("documento", cnpj(r))],
    "card": [lambda r: ("cartao", card(r))],
}  # fmt: skip


def plant(seed: int, families: dict[str, list[Maker]], each: int) -> list[Planted]:
    """Return planted values, `each` times one of every maker."""
    rng = random.Random(seed)
    return [
        Planted(kind, *make(rng)) for kind, makers in families.items() for make in makers for _ in range(each)
    ]
