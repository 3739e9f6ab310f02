"""What can go wrong between a gate and vehicle seals. No text of this room ever holds a key or part of one.

SealReaderError
├── FrameError            a payload that claims to be a seal's frame and is none
├── SealKeyError          the master key is missing, readable by others, or malformed; or a key id is not here
├── TokenError            a token, a command or a receipt that cannot be made or read, or is not authentic
├── SealLinkError         a seal that was not found, or is not the seal that it says it is
│   ├── LinkLostError     … a link that broke; `uncertain` when a command was under way
│   └── CommandRefusedError … the seal itself says no, and why
├── CounterStoreError     the file of counters cannot be opened or is not one
├── FeedLineError         a line of an advertisement feed that says nothing usable
│   └── FeedClockError    … it is of another time than now
└── ReceiverLostError     a receiver that cannot be reached, broke off, or fell silent
    ├── FeedLostError     … a feed
    └── BluezLostError    … an adapter, bluetoothd, or the system bus
        └── SilentError   … it scans, and nothing at all is heard
"""


class SealReaderError(Exception):
    """Base of everything this room raises."""


class FrameError(SealReaderError):
    pass


class SealKeyError(SealReaderError):
    pass


class TokenError(SealReaderError):
    pass


class SealLinkError(SealReaderError):
    pass


class LinkLostError(SealLinkError):
    """`uncertain`: the command had been sent, and whether the seal obeyed is not known; its receipt will tell."""

    def __init__(self, message: str, *, uncertain: bool = False) -> None:
        self.uncertain = uncertain
        super().__init__(message)


class CommandRefusedError(SealLinkError):
    """`code` is the ATT error code that the seal answered (docs/seal-profile.md §7.4)."""

    def __init__(self, message: str, code: int) -> None:
        self.code = code
        super().__init__(message)


class CounterStoreError(SealReaderError):
    pass


class FeedLineError(SealReaderError):
    pass


class FeedClockError(FeedLineError):
    pass


class ReceiverLostError(SealReaderError):
    pass


class FeedLostError(ReceiverLostError):
    pass


class BluezLostError(ReceiverLostError):
    pass


class SilentError(BluezLostError):
    pass
