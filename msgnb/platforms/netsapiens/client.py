"""The NetSapiens client."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from msgnb.core.errors import InvalidRequest, NotSupported, SettingsError
from msgnb.core.http import DEFAULT_TIMEOUT, Hook, Http, Timeout
from msgnb.core.responses import Explanation
from msgnb.core.secrets import Secret
from msgnb.core.tokens import TokenStore
from msgnb.platforms.base import Client
from msgnb.platforms.netsapiens import to_tables as rows
from msgnb.platforms.netsapiens.auth import JwtAuth, KeyAuth, Login, Passcode, SignIn, TokenAnswer, TokenAuth
from msgnb.platforms.netsapiens.calls import Calls
from msgnb.platforms.netsapiens.campaign_sender import NetSapiensCampaignSender
from msgnb.platforms.netsapiens.connection import user_path
from msgnb.platforms.netsapiens.messages import Messages
from msgnb.platforms.netsapiens.subscriptions import Subscriptions

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from msgnb.campaigns.campaign import Campaign
    from msgnb.campaigns.run import CampaignSender

API = "/ns-api/v2"
_LOGIN = ("client_id", "client_secret", "username", "password")


class NetSapiens(Messages, Calls, Subscriptions, Client):
    """A user of a NetSapiens PBX.

    >>> login = {"username": "123@example.com", "password": word}
    >>> pbx = msgnb.NetSapiens("api.example.com", client_id="cid", client_secret=secret, **login)
    >>> pbx.sessions()
    >>> msgnb.NetSapiens("api.example.com", api_key=key)

    Args:
        base_url: the server, as `api.example.com` or `https://api.example.com`.
        client_id: of the application, from the operator.
        client_secret: of the application.
        username: the login, usually `user@domain`.
        password: of the login.
        api_key: in the place of all four.
        passcode: the second factor, where the platform asks for one: six digits, good for one sign-in, or a
            function that gives them; a person who is there is asked where it is `None`.
        sign_in: `token` for a pair of tokens, `jwt` for a JSON web token.
        token_store: where tokens are kept for a sign-in that outlives this process, such as `RedisStore` or
            `KeyringStore`; they end with the process where it is `None`.
        timeout: seconds to connect and to wait for the next byte.
        verify: `False`, or the path of a CA file, as in `requests`.
        on_attempt: called with an `Attempt` after every attempt.

    Raises:
        SettingsError: the address is none, or something to sign in with is missing or too much.
    """

    platform = "netsapiens"
    settings: ClassVar[Mapping[str, bool]] = {
        "base_url": False, "client_id": False, "client_secret": True, "username": False, "password": True,
        "api_key": True, "passcode": True, "sign_in": False,
    }  # fmt: skip
    required = ("base_url", *_LOGIN)
    per_second = 3  # no number is published; networks that ask for too much are shut out for a while
    recipient_hint = "18585551234, or 1002 for a chat"
    sender_hint = "18585550001; may be empty"

    def __init__(
        self,
        base_url: str,
        *,
        client_id: str = "",
        client_secret: str | Secret = "",
        username: str = "",
        password: str | Secret = "",
        api_key: str | Secret | None = None,
        passcode: Passcode | None = None,
        sign_in: Literal["token", "jwt"] = "token",
        token_store: TokenStore | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | str = True,
        on_attempt: Hook | None = None,
    ) -> None:
        login = Login(client_id, Secret(client_secret), username, Secret(password), passcode)
        self._auth = _signing(login, api_key, sign_in, token_store)
        self._numbers_of = {}
        self.http = Http(
            self.platform,
            _api(base_url),
            auth=self._auth,
            explain=_explain,
            timeout=timeout,
            verify=verify,
            on_attempt=on_attempt,
        )
        self._auth.http = self.http

    @classmethod
    def lacking(cls, given: Collection[str]) -> list[str]:
        """The arguments that are missing beside those that are given; a key stands for all of the login."""
        names = ("base_url",) if "api_key" in given else cls.required
        return [name for name in names if name not in given]

    def get_token(self) -> TokenAnswer:
        """Sign in by password, and by second factor where the platform asks for one.

        Other methods do this by themselves, refresh the token before it ends, and sign in anew where the
        server refuses it.

        Returns:
            The platform's answer with `expires_at` (UTC) and `api_url`; its tokens don't show in a notebook.
            With an API key, what the platform says of the key.

        Raises:
            AuthError: the login was refused, or a passcode is needed and nobody is there to give it.
        """
        return self._auth.sign_in()

    def contacts(
        self, *, user: str = "~", domain: str = "~", limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """The contacts of a user, as a table `contacts` (NetSapiens 5).

        Args:
            user: `~` is oneself.
            domain: `~` is one's own.
            limit: the most rows; all where it is `None`.
            raw: add the contacts themselves as a last column.
        """
        found = self._list(f"{user_path(domain, user)}/contacts", _contact_key, "contacts", limit)
        return rows.contacts(found, self._whose(user, domain), raw=raw)

    def campaigns(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The campaigns that `send_campaign` sent, the latest first, as a table `campaigns`.

        The platform knows none: these are read from their journals on this machine.

        Args:
            limit: the most rows; all where it is `None`.
            raw: add the heads of the journals as a last column.
        """
        return self._kept_campaigns(raw=raw).iloc[:limit]

    def _courier(self, campaign: Campaign, due: datetime | None) -> CampaignSender:
        if due is not None:
            raise NotSupported("netsapiens can't send later; leave defer_until and defer_by out")
        if campaign.template is not None:
            raise NotSupported("netsapiens knows no templates; give a text alone")
        try:
            sender = self._from_number(campaign.sender or None, "~", "~")
        except InvalidRequest as error:
            raise InvalidRequest.of(sender=error.fields["from_number"]) from None
        return NetSapiensCampaignSender(self, sender)

    def events(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:  # noqa: ARG002
        """NetSapiens keeps no events: it posts them as they happen.

        Raises:
            NotSupported: always.
        """
        raise NotSupported("netsapiens keeps no events; listen('message', …) receives them as they happen")


def _signing(login: Login, api_key: str | Secret | None, sign_in: str, store: TokenStore | None) -> SignIn:
    """The way to sign in that the arguments ask for."""
    given = {name: getattr(login, name) for name in _LOGIN}
    if api_key is not None:
        if too_much := [name for name, value in given.items() if value]:
            raise SettingsError(
                f"netsapiens: api_key and {', '.join(too_much)} are both given; one is enough"
            )
        if not Secret(api_key):
            raise SettingsError("netsapiens: api_key is empty")
        return KeyAuth(api_key)
    if missing := [name for name, value in given.items() if not value]:
        raise SettingsError(f"netsapiens needs {', '.join(missing)}, or api_key alone")
    ways = {"token": TokenAuth, "jwt": JwtAuth}
    if sign_in not in ways:
        raise SettingsError(f"netsapiens: sign_in {sign_in!r} is none of {', '.join(ways)}")
    return ways[sign_in](login, store)


def _api(base_url: str) -> str:
    url = base_url if "://" in base_url else f"https://{base_url}"
    return url.rstrip("/").removesuffix(API) + API


def _contact_key(row: Mapping[str, Any]) -> str:
    return str(row.get("unique-id") or row.get("uid") or row)


def _explain(body: Any) -> Explanation:
    if not isinstance(body, dict):
        return Explanation()
    message = body.get("message") or body.get("error")
    return Explanation(str(message) if message else None, body.get("code"))
