"""What can go wrong between a gate and vehicle seals. No text of this room ever holds a key or part of one.

SealReaderError
├── FrameError            a payload that claims to be a seal's frame and is none
├── SealKeyError          the master key is missing, readable by others, or malformed; or a key id is not here
├── CounterStoreError     the file of counters cannot be opened or is not one
├── FeedLineError         a line of an advertisement feed that says nothing usable
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


class CounterStoreError(SealReaderError):
    pass


class FeedLineError(SealReaderError):
    pass


class ReceiverLostError(SealReaderError):
    pass


class FeedLostError(ReceiverLostError):
    pass


class BluezLostError(ReceiverLostError):
    pass


class SilentError(BluezLostError):
    pass
