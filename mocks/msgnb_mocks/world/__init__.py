"""The world that the mocks share: people, conversations, snapshots, and the ensemble around the mocks.

It knows no platform: each mock takes from the world what it needs, and makes its own state of it. May import
from `core` only.
"""
