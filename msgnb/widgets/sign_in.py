"""A form that makes a client, from a profile or from what is typed.

A secret leaves its field as soon as it is told, is kept for one attempt only, and never becomes part of the
widget's state, so that no saved notebook has it.
"""

from __future__ import annotations

import logging
from typing import Any

from msgnb.app.profiles import DEFAULT, connect, given, profiles
from msgnb.core.errors import MsgnbError, SettingsError
from msgnb.platforms.base import PLATFORMS, Client, client_class
from msgnb.platforms.calls import NAMES, TITLES, Call
from msgnb.widgets.form import Form
from msgnb.widgets.parts import Button, Code, Control, SecretControl

log = logging.getLogger("msgnb.widgets")

_LABELS = {"base_url": "Server", "client_id": "Client id", "api_key": "API key", "sign_in": "Token kind"}
_HINTS = {
    "base_url": "https://…; the platform's own where it is empty",
    "organization": "the contract's name",
    "plan": "paid, free or none",
    "sign_in": "token or jwt",
}


class SignIn(Form):
    """A form that signs in, and then holds the client.

    >>> sign_in = msgnb.widgets.SignIn("smsdrop")
    >>> sign_in
    >>> sms = sign_in.client  # in a later cell

    Without a screen, as in a test, fill in `sign_in.fields["password"].value` and call `sign_in.submit()`.

    Args:
        platform: `blip`, `netsapiens` or `smsdrop`; can be chosen in the form where it is `None`.
        profile: the profile to begin with.
        arguments: of the client, such as `verify`; they are not asked for.

    Attributes:
        platform: the field of the platform.
        profile: the field of the profile.
        state: `ready`, `sending`, `sent` once somebody is signed in, or `rejected`.
        error: why it failed.
    """

    def __init__(self, platform: str | None = None, profile: str = DEFAULT, **arguments: Any) -> None:
        if platform is not None:
            client_class(platform)
        self._arguments = arguments
        self._client: Client | None = None
        self.error: MsgnbError | None = None
        names = [(name, TITLES[name]) for name in PLATFORMS]
        self.platform = Control("select", "Platform", value=platform or names[0][0], options=names)
        self.platform.shown = platform is None
        self.profile = Control("select", "Profile", value=profile, options=[profile])
        self._fields = {name: _fields(name, arguments) for name in PLATFORMS}
        self._button = Button("Sign in", look="primary", enter=True)
        self._line = Code()
        flat = {
            f"{name}_{setting}": part
            for name, fields in self._fields.items()
            for setting, part in fields.items()
        }
        super().__init__(
            "Sign in",
            "",
            {
                "platform": self.platform, "profile": self.profile, **flat, "send": self._button,
                "line": self._line,
            },
            ["platform", "profile", *flat, ["send", "status"], "line"],
            look="sign-in",
            kept=f"{platform}",
        )  # fmt: skip
        for part in flat.values():
            if not isinstance(part, SecretControl):
                part.on(self._typed)
        self.platform.on(self._chosen)
        self.profile.on(self._shown)
        self._chosen()

    @property
    def client(self) -> Client:
        """The client of whoever signed in.

        Raises:
            SettingsError: nobody has.
        """
        if self._client is None:
            raise SettingsError("nobody has signed in yet: fill in the form, and run this cell again")
        return self._client

    @property
    def fields(self) -> dict[str, Control]:
        """The fields of the platform, by the names of the client's arguments."""
        return self._fields[self.platform.value]

    def submit(self) -> Client | None:
        """Sign in with what the form holds, as a click does; `None` where that fails."""
        self._client = self.error = None
        for part in self.fields.values():
            part.problem = ""
        try:
            client = self._connected()
            self.show("sending", "Signing in …")
            client.sessions(limit=1)
        except MsgnbError as error:
            self.error = error
            self.show("rejected", str(error))
        except Exception as error:
            log.exception("the form failed")
            self.show("rejected", f"Something broke: {type(error).__name__}: {error}")
        else:
            self._client = client
            self.show("sent", f"Signed in as {client.account}")
        finally:
            self._forget()
        return self._client

    def _connected(self) -> Client:
        """A client of what the form holds; nothing is asked for at the keyboard.

        Raises:
            SettingsError: something is missing or can't be right.
        """
        platform, profile = self.platform.value, self.profile.value
        cls = client_class(platform)
        typed = {name: _value(part) for name, part in self.fields.items() if part.value}
        there = {name for name, ready in given(platform, profile).items() if ready}
        missing = cls.lacking(typed.keys() | there | self._arguments.keys())
        for name in missing:
            self.fields[name].problem = "is missing"
        if missing:
            labels = ", ".join(self.fields[name].spec["label"] for name in missing)
            raise SettingsError(f"Fill in what is missing: {labels}")
        return connect(platform, profile, **typed, **self._arguments)

    def _forget(self) -> None:
        for part in self.fields.values():
            if isinstance(part, SecretControl):
                part.value = None

    def _chosen(self) -> None:
        with self.together():
            names = dict.fromkeys([self.profile.value or DEFAULT, DEFAULT, *_profiles(self.platform.value)])
            self.profile.offer(list(names))
            self.profile.shown = len(names) > 1
            self._shown()

    def _shown(self) -> None:
        """Show the platform's fields; what the profile gives may stay empty."""
        with self.together():
            try:
                there = given(self.platform.value, self.profile.value)
                self.show("ready", "")
            except SettingsError as error:
                there = {}
                self.show("rejected", str(error))
            for platform, fields in self._fields.items():
                for name, part in fields.items():
                    part.shown = platform == self.platform.value
                    part.problem = ""
                    if not isinstance(part, SecretControl) or not part.value:
                        part.note = "from the profile, where it stays empty" if there.get(name) else ""
            self._line.set(code=self._python())

    def _typed(self) -> None:
        self._line.set(code=self._python())

    def _python(self) -> str:
        platform, profile = self.platform.value, self.profile.value
        # Secrets are left out: they belong into the profile or the environment.
        typed = {name: part.text for name, part in self.fields.items() if part.spec["kind"] == "text"}
        named = {name: text or None for name, text in typed.items()}
        call = Call("connect", (platform, *([] if profile == DEFAULT else [profile])), named)
        return f"{NAMES[platform]} = {call.code('msgnb')}"


def _fields(platform: str, arguments: dict[str, Any]) -> dict[str, Control]:
    cls = client_class(platform)
    return {
        name: _field(name, secret=secret) for name, secret in cls.settings.items() if name not in arguments
    }


def _field(name: str, *, secret: bool) -> Control:
    label = _LABELS.get(name, name.replace("_", " ").capitalize())
    hint = _HINTS.get(name, "")
    return SecretControl(label, hint=hint) if secret else Control("text", label, hint=hint)


def _value(part: Control) -> Any:
    return part.value if isinstance(part, SecretControl) else part.text


def _profiles(platform: str) -> list[str]:
    try:
        return profiles(platform)
    except SettingsError:
        return []
