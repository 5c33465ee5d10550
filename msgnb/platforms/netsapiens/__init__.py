"""NetSapiens: a PBX with SMS, MMS, chat and webhooks."""

from msgnb.platforms.netsapiens.client import NetSapiens

__all__ = ["NetSapiens"]
