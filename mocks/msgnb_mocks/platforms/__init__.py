"""The mocks of the platforms, one package each.

A package exposes `MOCK`, its descriptor, which is registered in the entry-point group `msgnb.mocks`; nothing
else in the mocks knows a platform by name. May import from `world` and `core`, and never from another
platform.
"""
