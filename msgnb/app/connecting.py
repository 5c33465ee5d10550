"""`msgnb.connect`; its types, one overload per platform, are in `connecting.pyi`, which is generated."""

from __future__ import annotations

from typing import Any

from msgnb.app.profiles import DEFAULT, connect_client
from msgnb.core.secrets import sealed
from msgnb.platforms.base import Client


@sealed
def connect(platform: str, profile: str = DEFAULT, **arguments: Any) -> Client:
    """Return a client for the account that a profile names.

    >>> bot = msgnb.connect("blip", profile="work")

    If `msgnb.use("mock")` is on, it is a client of the mock world, whatever the profile says; a recording
    needs no account either.

    Values come from the arguments, then from environment variables such as `MSGNB_BLIP_KEY`, then from the
    table `[work.blip]` of `msgnb.toml` in this folder, the folders above it, or the user's config folder.

    Args:
        platform: name of an installed platform, such as `blip`, `netsapiens` or `smsdrop`.
        profile: name of the profile.
        arguments: arguments of the platform's client; they take precedence over the profile.

    Raises:
        SettingsError: there is no such platform or profile, a name is unknown, or a secret is not available.
    """
    return connect_client(platform, profile, **arguments)
