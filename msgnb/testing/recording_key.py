"""The key of a recording's pseudonyms: given, from the environment, or made once and kept for this user.

Whoever has the key can find out whom a pseudonym stands for, so it must be nobody else's. A key that nobody
chose is random, and is kept in a file that only this user can read.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from msgnb.core.errors import SettingsError
from msgnb.core.private_files import make_once
from msgnb.core.secrets import sealed

VARIABLE = "MSGNB_MASK_KEY"
FILE = "mask.key"
_BYTES = 32


@sealed
def find_key(given: str | None = None) -> str:
    """Return the key of the pseudonyms.

    Args:
        given: the key, if it was given.

    Raises:
        SettingsError: the user's key can't be read or written.
    """
    return given or os.environ.get(VARIABLE) or _user_key()


def key_file() -> Path:
    """Return the path of the user's key."""
    from platformdirs import user_config_path  # noqa: PLC0415 - loads when first used

    return user_config_path("msgnb", appauthor=False) / "recordings" / FILE


def _user_key() -> str:
    path, made = key_file(), secrets.token_hex(_BYTES)
    try:
        key = make_once(path, made.encode()).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise SettingsError(
            f"{path} can't be used as the key of recordings ({reason}); set {VARIABLE}"
        ) from None
    if not key:
        raise SettingsError(f"{path} is empty; delete it, or set {VARIABLE}")
    if key == made:
        sys.stderr.write(
            f"msgnb: made a key for the pseudonyms of recordings, in {path}; to replay them elsewhere, "
            f"set {VARIABLE} to its content\n"
        )
    return key
