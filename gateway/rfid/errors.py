"""What can go wrong between a gate and a tag reader. Every text that leaves the room names the reader.

RfidError
├── ProtocolError        bytes that are not LLRP, or not what LLRP allows there
├── ReaderLostError      the reader cannot be reached, or the connection broke
├── ReaderSilentError    connected, but nothing was heard for longer than its keepalives allow
├── ReaderBusyError      the reader serves another client; it takes one at a time
└── ReaderRefusedError   the reader answered a request with an error status
"""


class RfidError(Exception):
    """Base of everything this room raises."""


class ProtocolError(RfidError):
    pass


class ReaderLostError(RfidError):
    pass


class ReaderSilentError(RfidError):
    pass


class ReaderBusyError(RfidError):
    pass


class ReaderRefusedError(RfidError):
    pass
