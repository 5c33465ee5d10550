"""The core of the mocks: operations, applications, the request journal, faults and the clock.

Everything else in the mocks may be imported from here up: `world`, `platforms`, `ui` and `hosting` import
from `core`, and `core` imports from none of them. Mocks are found through the entry-point group `msgnb.mocks`
(`registry`), and everything that is asked about one is in its descriptor (`descriptor`) or answered by its
application (`application`).
"""
