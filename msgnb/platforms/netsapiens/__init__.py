"""NetSapiens: a PBX with SMS, MMS, chat and webhooks."""

from msgnb.netsapiens.client import NetSapiens

__all__ = ["NetSapiens"]
