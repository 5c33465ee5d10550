"""What users' own tests need: the platforms on this machine, with no account and no network."""

from msgnb.testing.worlds import Offline, offline

__all__ = ["Offline", "offline"]
