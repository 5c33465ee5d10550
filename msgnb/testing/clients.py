"""The clients of a mock world as its attributes: `world.<platform>`.

The stub `clients.pyi` tells type checkers which client each platform has.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from msgnb.platforms.base import Client


class WorldClients(ABC):
    """Has each platform's client as an attribute."""

    @property
    @abstractmethod
    def platforms(self) -> tuple[str, ...]:
        """The platforms that have a mock and a client."""

    @abstractmethod
    def client(self, platform: str) -> Client:
        """Return the client of a platform."""

    def __getattr__(self, name: str) -> Client:
        # If the class has the attribute, its code failed; asking for it again would never end.
        if name.startswith("_") or hasattr(type(self), name) or name not in self.platforms:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.client(name)

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self.platforms]
