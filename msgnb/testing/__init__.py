"""What users' own tests need: the platforms on this machine, with no account and no network."""

from msgnb.testing.worlds import MockWorld, Offline, Served, offline, serve

__all__ = ["MockWorld", "Offline", "Served", "offline", "serve"]
