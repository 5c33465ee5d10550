"""Platforms: the clients, and what a platform says of itself.

`descriptor` is what a platform states once, `registry` finds the installed ones through entry points, `base` is
the interface of all clients and `resources` what they are made of; `message_kinds` and `calls` are what forms
send. Each platform is a package of its own that knows no other.

This room imports `msgnb.campaigns`, `msgnb.history`, `msgnb.events` and what is below them.
"""
