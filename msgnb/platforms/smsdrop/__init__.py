"""SMSDrop: SMS campaigns."""

from msgnb.campaigns.campaign import Campaign, MessageType
from msgnb.platforms.smsdrop.client import SmsDrop
from msgnb.platforms.smsdrop.models import Subscription, User

__all__ = ["Campaign", "MessageType", "SmsDrop", "Subscription", "User"]
