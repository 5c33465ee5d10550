"""What users' own tests need: the platforms on this machine, with no account and no network."""

from msgnb.testing.audit import Finding, check
from msgnb.testing.comparing import compare
from msgnb.testing.worlds import MockWorld, Offline, Served, offline, serve

__all__ = ["Finding", "MockWorld", "Offline", "Served", "check", "compare", "offline", "serve"]
