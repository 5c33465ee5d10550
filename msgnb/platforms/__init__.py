"""Platforms: the clients, and what each platform states about itself.

* `descriptor` is what a platform states once; `registry` finds the descriptors of all installed platforms.
* `base` is the interface of all clients, and `resources` what clients are made of.
* `message_kinds` and `calls` are what forms send.

Each platform is a package of its own that knows no other. A platform from another distribution is built of
the same parts and registered in the same way as those here.

This room imports `msgnb.campaigns`, `msgnb.history`, `msgnb.events` and what is below them.
"""
