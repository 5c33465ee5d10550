"""The key of a recording's pseudonyms: given, from the environment, or made once and kept for this user.

Whoever has the key can find out whom a pseudonym stands for, so it must be nobody else's. A key that nobody
chose is random, and is kept in a file that only this user can read.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from pathlib import Path

from msgnb.core.errors import SettingsError

VARIABLE = "MSGNB_MASK_KEY"
FILE = "mask.key"
_BYTES = 32


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
    path = key_file()
    try:
        if not path.exists():
            _make_key(path)
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise SettingsError(
            f"{path} can't be used as the key of recordings ({reason}); set {VARIABLE}"
        ) from None
    if not key:
        raise SettingsError(f"{path} is empty; delete it, or set {VARIABLE}")
    return key


def _make_key(path: Path) -> None:
    """Write a random key, unless another process is quicker."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    # It is complete before it has its name, so nobody reads a part of it. The file is this user's alone.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
        sys.stderr.write(
            f"msgnb: made a key for the pseudonyms of recordings, in {path}; to replay them elsewhere, "
            f"set {VARIABLE} to its content\n"
        )
    finally:
        Path(temporary).unlink()
