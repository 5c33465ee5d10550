"""The mock of NetSapiens: a cluster with one domain of eight users (NetSapiens 0 to 7).

`application` finds the operation of a request; a module per topic carries it out on `state`, `exchange`
delivers between phones, and `posting` posts events to subscribers. `seeding` fills the domain.

May import from `world` and `core`, and never from another platform.
"""

from msgnb_mocks.core.descriptor import MockPlatform
from msgnb_mocks.platforms.netsapiens.application import QUIRKS, NetSapiensMock

__all__ = ["MOCK", "QUIRKS", "NetSapiensMock"]

MOCK = MockPlatform(
    name=NetSapiensMock.name,
    hosts=("api.netsapiens.example",),
    application=NetSapiensMock,
    quirks=QUIRKS,
    contract_package=__name__,
)
