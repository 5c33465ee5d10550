"""SMSDrop: SMS campaigns."""

from msgnb.campaign import Campaign, MessageType
from msgnb.smsdrop.client import SmsDrop
from msgnb.smsdrop.models import Subscription, User

__all__ = ["Campaign", "MessageType", "SmsDrop", "Subscription", "User"]
