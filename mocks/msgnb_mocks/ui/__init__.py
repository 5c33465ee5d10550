"""The phone simulator: a local web page with the phones and chats of a world.

It knows no platform. May import from `world` and `core`.
"""
