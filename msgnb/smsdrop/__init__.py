"""SMSDrop: SMS campaigns."""

from msgnb.smsdrop.client import SmsDrop
from msgnb.smsdrop.models import Campaign, MessageType, Subscription, User

__all__ = ["Campaign", "MessageType", "SmsDrop", "Subscription", "User"]
