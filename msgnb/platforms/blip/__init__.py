"""BLiP: chatbots, by JSON commands over HTTP."""

from msgnb.platforms.blip.client import Blip

__all__ = ["Blip"]
