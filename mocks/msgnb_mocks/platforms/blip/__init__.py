"""The mock of BLiP: one bot, which takes commands, messages and notifications over HTTP (BLiP 1, 2).

`application` reads the envelope of a request and finds its command in `commands`; a module per topic carries
it out on `state`. `seeding` fills the bot with people and conversations.

May import from `world` and `core`, and never from another platform.
"""

from msgnb_mocks.core.descriptor import MockPlatform
from msgnb_mocks.platforms.blip.application import QUIRKS, BlipMock

__all__ = ["MOCK", "QUIRKS", "BlipMock"]

MOCK = MockPlatform(
    name=BlipMock.name,
    # One host per contract, and the one of the first years (BLiP 1.1).
    hosts=("http.msging.net", "*.http.msging.net", "msging.net"),
    application=BlipMock,
    quirks=QUIRKS,
    contract_package=__name__,
)
