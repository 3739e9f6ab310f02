"""What can go wrong between a gate and a tag reader. Every text that leaves the room names the reader.

RfidError
├── ProtocolError        bytes that are not what the reader's protocol allows there
│   └── CardError        a card's number that is none: parity, length, or a number that is too large
├── ReaderLostError      the reader cannot be reached, or the connection broke
├── ReaderSilentError    connected, but nothing was heard for longer than the reader may be silent
├── ReaderBusyError      the reader serves another client; it takes one at a time
└── ReaderRefusedError   the reader answered a request with an error status
"""


class RfidError(Exception):
    """Base of everything this room raises."""


class ProtocolError(RfidError):
    pass


class CardError(ProtocolError):
    pass


class ReaderLostError(RfidError):
    pass


class ReaderSilentError(RfidError):
    pass


class ReaderBusyError(RfidError):
    pass


class ReaderRefusedError(RfidError):
    pass
