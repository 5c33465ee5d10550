"""The mock of SMSDrop: one account with its profile, its credit and its campaigns (SMSDrop 1, 2)."""

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
