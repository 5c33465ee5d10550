"""A form that signs in, with a profile or with what is entered.

A secret leaves its field as soon as the browser has sent it, is kept for one attempt only, and is never part
of the widget's state, so no saved notebook contains it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from msgnb.app.profiles import DEFAULT, configured_settings, connect_client, profile_names
from msgnb.core.errors import MsgnbError, NotSupported, SettingsError
from msgnb.core.secrets import Hidden, sealed
from msgnb.platforms import registry
from msgnb.platforms.base import Client
from msgnb.platforms.calls import Call
from msgnb.platforms.descriptor import Platform, Setting
from msgnb.widgets.form import Form
from msgnb.widgets.parts import Button, Code, Control, SecretControl

log = logging.getLogger("msgnb.widgets")


class SignIn(Form):
    """A form that signs in, and has the client afterwards.

    >>> sign_in = msgnb.widgets.SignIn()
    >>> sign_in
    >>> client = sign_in.client  # in a later cell

    Without a browser, as in a test, set `sign_in.fields["password"].value` and call `sign_in.submit()`.

    Args:
        platform: name of the platform; it can be chosen in the form if `None`.
        profile: the profile to start with.
        arguments: further arguments of the client, such as `verify`; the form has no fields for them.

    Attributes:
        platform: field of the platform.
        profile: field of the profile.
        state: `ready`, `sending`, `sent` after signing in, or `rejected`.
        error: why it failed.

    Raises:
        SettingsError: no platform of this name is installed.
    """

    @sealed
    def __init__(self, platform: str | None = None, profile: str = DEFAULT, **arguments: Any) -> None:
        if platform is not None:
            registry.get_platform(platform)
        # Which platform they are for may be chosen later.
        self._arguments = Hidden(arguments)
        self._client: Client | None = None
        self.error: MsgnbError | None = None
        found = registry.platforms()
        names = [(name, each.title) for name, each in found.items()]
        self.platform = Control("select", "Platform", value=platform or names[0][0], options=names)
        self.platform.shown = platform is None
        self.profile = Control("select", "Profile", value=profile, options=[profile])
        self._fields = {name: _make_fields(each, arguments) for name, each in found.items()}
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
            owner=str(platform),
        )  # fmt: skip
        for part in flat.values():
            # The Python line contains no secret, so it stays as it is while one is entered.
            if not isinstance(part, SecretControl):
                part.on(self._typed)
        self.platform.on(self._platform_chosen)
        self.profile.on(self._show_fields)
        self._platform_chosen()

    @property
    def client(self) -> Client:
        """The client of the account that signed in.

        Raises:
            SettingsError: nobody has signed in yet.
        """
        if self._client is None:
            raise SettingsError("nobody has signed in yet: fill in the form, and run this cell again")
        return self._client

    @property
    def fields(self) -> dict[str, Control]:
        """The fields of the platform, by the names of the client's arguments."""
        return self._fields[self.platform.value]

    def submit(self) -> Client | None:
        """Sign in, as a click on the button does, and return the client; `None` if that fails."""
        self._client = self.error = None
        for part in self.fields.values():
            part.problem = ""
        try:
            client = self._connect()
            self.show("sending", "Signing in …")
            # Clients sign in with their first request.
            with suppress(NotSupported):
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
            self._forget_secrets()
        return self._client

    def _connect(self) -> Client:
        """Return a client made of what the form contains; nobody is asked at the keyboard.

        Raises:
            SettingsError: something is missing or not valid.
        """
        platform, profile = self.platform.value, self.profile.value
        typed = {name: _value(part) for name, part in self.fields.items() if part.value}
        there = {name for name, ready in configured_settings(platform, profile).items() if ready}
        missing = registry.get_platform(platform).missing_settings(
            typed.keys() | there | self._arguments.reveal().keys()
        )
        for name in missing:
            self.fields[name].problem = "is missing"
        if missing:
            labels = ", ".join(self.fields[name].spec["label"] for name in missing)
            raise SettingsError(f"Fill in what is missing: {labels}")
        return connect_client(platform, profile, **typed, **self._arguments.reveal())

    def _forget_secrets(self) -> None:
        for part in self.fields.values():
            if isinstance(part, SecretControl):
                part.value = None

    def _platform_chosen(self) -> None:
        with self.together():
            names = dict.fromkeys([self.profile.value or DEFAULT, DEFAULT, *_profiles(self.platform.value)])
            self.profile.offer(list(names))
            self.profile.shown = len(names) > 1
            self._show_fields()

    def _show_fields(self) -> None:
        """Show the fields of the platform, and which of them may stay empty because of the profile."""
        with self.together():
            try:
                there = configured_settings(self.platform.value, self.profile.value)
                self.show("ready", "")
            except SettingsError as error:
                there = {}
                self.show("rejected", str(error))
            for platform, fields in self._fields.items():
                for name, part in fields.items():
                    part.shown = platform == self.platform.value
                    part.problem = ""
                    # A secret that was entered has a note of its own.
                    if not isinstance(part, SecretControl) or not part.value:
                        part.note = "from the profile, where it stays empty" if there.get(name) else ""
            self._line.set(code=self._python())

    def _typed(self) -> None:
        self._line.set(code=self._python())

    def _python(self) -> str:
        platform, profile = self.platform.value, self.profile.value
        # Secrets are not shown: they belong into the profile or the environment.
        typed = {name: part.text for name, part in self.fields.items() if part.spec["kind"] == "text"}
        named = {name: text or None for name, text in typed.items()}
        call = Call("connect", (platform, *([] if profile == DEFAULT else [profile])), named)
        return f"{registry.get_platform(platform).variable} = {call.code('msgnb')}"


def _make_fields(platform: Platform, arguments: Collection[str]) -> dict[str, Control]:
    return {
        setting.name: _make_field(setting) for setting in platform.settings if setting.name not in arguments
    }


def _make_field(setting: Setting) -> Control:
    if setting.secret:
        return SecretControl(setting.title, hint=setting.help)
    return Control("text", setting.title, hint=setting.help)


def _value(part: Control) -> Any:
    return part.value if isinstance(part, SecretControl) else part.text


def _profiles(platform: str) -> list[str]:
    """Return the names of the platform's profiles; none if the file is not valid, which is reported later."""
    try:
        return profile_names(platform)
    except SettingsError:
        return []
