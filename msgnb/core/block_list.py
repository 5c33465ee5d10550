"""Who was forgotten, so that nobody stores them or writes to them again, without keeping who it was.

Only a keyed hash of a forgotten address is stored. The key is random and lies apart, in the user's folder for
settings, so that whoever has a list alone can't try all phone numbers of a country on it. Without the key a
list is useless to its owner too: it is an error and not an empty list.

Each entry is a file of its own, whose name is the hash. Adding one needs no lock, and two processes never
lose each other's entries.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from msgnb.core.addresses import canonical_address, national_forms
from msgnb.core.errors import InvalidRequest, SettingsError
from msgnb.core.private_files import create_file, make_folder, make_once, state_folder

KEY_FILE = "forgotten.key"
_FINGERPRINT = "fingerprint of the key"
PREFIX = "forgotten:"
"""What a hash begins with where it stands in the place of an address, such as in a journal."""
_HASH_LENGTH = 32
_UNKEYED = "sha256:"


class BlockList:
    """Hashes of forgotten addresses, in one place.

    Args:
        list_entries: returns the names `fingerprint/hash` of the entries.
        add_entry: stores an entry by its name.
        remove_entry: deletes an entry by its name, if there is one.
    """

    def __init__(
        self,
        list_entries: Callable[[], Iterable[str]],
        add_entry: Callable[[str], None],
        remove_entry: Callable[[str], None],
    ) -> None:
        self._list_entries = list_entries
        self._add_entry = add_entry
        self._remove_entry = remove_entry

    def add(self, address: str) -> None:
        """Add an address, in any spelling; a phone number also as it is written within its country."""
        for entry in _make_entries(address):
            self._add_entry(entry)

    def remove(self, address: str) -> None:
        """Remove what `add` has added."""
        for entry in _make_entries(address):
            self._remove_entry(entry)

    def take_over(self, digests: Iterable[str]) -> None:
        """Add addresses of which only an unkeyed SHA-256 is known, as archives kept it at first."""
        for digest in digests:
            self._add_entry(f"{_fingerprint()}/{keyed_hash(_UNKEYED + digest)}")

    def load(self) -> frozenset[str]:
        """Return the hashes, to compare `hash_address` with.

        Raises:
            SettingsError: the key with which they were made is not on this machine.
        """
        found = [name.rpartition("/") for name in self._list_entries()]
        if not found:
            return frozenset()
        if foreign := {fingerprint for fingerprint, _, _ in found} - {_fingerprint()}:
            words = f"forgotten people are listed with another key ({min(foreign)}) than {key_path()}"
            raise SettingsError(f"{words}; copy that file from the machine where they were forgotten")
        return frozenset(hashed for _, _, hashed in found)


def user_block_list() -> BlockList:
    """Return the list of this user, which campaigns obey."""
    folder = state_folder("forgotten")

    def list_entries() -> list[str]:
        return [f"{path.parent.name}/{path.name}" for path in folder.glob("*/*")]

    def add_entry(name: str) -> None:
        path = make_folder((folder / name).parent) / Path(name).name
        if not path.exists():
            create_file(path).close()

    def remove_entry(name: str) -> None:
        (folder / name).unlink(missing_ok=True)

    return BlockList(list_entries, add_entry, remove_entry)


def refuse_forgotten(recipients: str | Iterable[str]) -> None:
    """Refuse to send to somebody who was forgotten.

    Args:
        recipients: one address or several.

    Raises:
        InvalidRequest: one of them is on the list of this user.
    """
    listed = user_block_list().load()
    several = [recipients] if isinstance(recipients, str) else recipients
    if listed and any(is_listed(each, listed) for each in several):
        words = "was forgotten, so nothing may be sent; msgnb.unforget() takes that back"
        raise InvalidRequest.of(to=words)


def hash_address(address: str) -> str:
    """Return the keyed hash of an address, which all of its spellings share.

    Args:
        address: the address, or what `mark_forgotten` returned for it.
    """
    if address.startswith(PREFIX):
        return address.removeprefix(PREFIX)
    return keyed_hash(canonical_address(address))


def is_listed(address: str, hashes: Collection[str]) -> bool:
    """Return whether an address, in any spelling, is in a list that was loaded."""
    if not hashes:
        return False
    if hash_address(address) in hashes:
        return True
    # A hash that was taken over knows one spelling only.
    return keyed_hash(_UNKEYED + sha256(address.encode("utf-8", "surrogatepass")).hexdigest()) in hashes


def mark_forgotten(address: str) -> str:
    """Return what stands in the place of a forgotten address where something must remain."""
    return f"{PREFIX}{hash_address(address)}"


def key_path() -> Path:
    """Return the file of the key."""
    from platformdirs import user_config_path  # noqa: PLC0415 - loads when first used

    # Not the folder of the settings, which on some systems is that of the lists.
    return user_config_path("msgnb-keys") / KEY_FILE


def keyed_hash(text: str) -> str:
    """Return the hash of a text under the key, which is made when it is first needed."""
    return hmac.digest(_load_key(key_path()), text.encode("utf-8", "surrogatepass"), "sha256").hex()[
        :_HASH_LENGTH
    ]


def has_key() -> bool:
    """Whether anybody was forgotten on this machine, so that there is a key."""
    return key_path().exists()


def _make_entries(address: str) -> list[str]:
    """The names of the entries of an address."""
    canonical = canonical_address(address)
    return [f"{_fingerprint()}/{keyed_hash(each)}" for each in (canonical, *national_forms(canonical))]


def _fingerprint() -> str:
    return keyed_hash(_FINGERPRINT)[:8]


@lru_cache(maxsize=4)
def _load_key(path: Path) -> bytes:
    """The key, which is made when it is first needed."""
    return bytes.fromhex(make_once(path, token_hex(32).encode()).decode("ascii").strip())
