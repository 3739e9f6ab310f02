"""The seal profile's GATT side in numbers: services, characteristics, and how a seal says no. docs/seal-profile.md §7."""

from enum import IntEnum
from typing import Final

# One random UUID, counted up in its first group.
SERVICE: Final = "2328dd67-69b2-4a2c-8e30-d8bcd4bb9b5a"
STATUS: Final = "2328dd68-69b2-4a2c-8e30-d8bcd4bb9b5a"
CHALLENGE: Final = "2328dd69-69b2-4a2c-8e30-d8bcd4bb9b5a"
COMMAND: Final = "2328dd6a-69b2-4a2c-8e30-d8bcd4bb9b5a"
RECEIPT: Final = "2328dd6b-69b2-4a2c-8e30-d8bcd4bb9b5a"

CHALLENGE_LENGTH: Final = 16


class Refusal(IntEnum):
    """ATT error codes from the application's range (Bluetooth Core, Vol 3, Part F, §3.4.1.1), in the order of judging."""

    MALFORMED = 0x80
    OTHER_SEAL = 0x81
    UNKNOWN_AUTHORITY = 0x82
    WRONG_SIGNATURE = 0x83
    NO_CLOCK = 0x84
    NOT_NOW = 0x85
    USED = 0x86
    WRONG_ANSWER = 0x87
    NO_ROOM = 0x88
