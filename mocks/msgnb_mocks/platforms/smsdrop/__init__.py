"""The mock of SMSDrop: one account with its profile, its credit and its campaigns (SMSDrop 1, 2).

`application` signs in and finds the operation of a request; `campaigns` plans and delivers, and `checks`
refuses what the service refuses.

May import from `world` and `core`, and never from another platform.
"""

from msgnb_mocks.core.descriptor import MockPlatform
from msgnb_mocks.platforms.smsdrop.application import QUIRKS, SmsDropMock

__all__ = ["MOCK", "QUIRKS", "SmsDropMock"]

MOCK = MockPlatform(
    name=SmsDropMock.name,
    hosts=("smsdrop.edevtecapps.com",),
    application=SmsDropMock,
    quirks=QUIRKS,
    contract_package=__name__,
)
