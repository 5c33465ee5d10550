"""The ways to the mocks: servers on loopback ports, the transport in process, and replayed recordings.

The top of the mocks: may import from all other rooms, but knows no platform.
"""
