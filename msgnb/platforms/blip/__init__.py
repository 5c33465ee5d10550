"""BLiP: chatbots, by JSON commands over HTTP."""

from msgnb.blip.client import Blip

__all__ = ["Blip"]
