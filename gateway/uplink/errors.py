"""What can go wrong between gate and platform.

UplinkError                 base
├── TokenError              the gate's token cannot be read, or lies open to others; names the file or variable, never the token
├── TrustError              the certificates to trust cannot be read; names the file
├── PlatformAwayError       no usable answer: refused, cut, timed out, 5xx, not the platform; tried again, for days if need be
│   ├── NotAdmittedError    401 or 403: the platform does not accept this gate's token; tried again with the token read anew
│   └── NotOfferedError     404 or 405: there is nothing at this address; an older platform, or a proxy that leads astray
└── SetAsideError           the platform will never take this record or picture; carries the status
"""


class UplinkError(Exception):
    """Base of everything this room raises."""


class TokenError(UplinkError):
    pass


class TrustError(UplinkError):
    pass


class PlatformAwayError(UplinkError):
    pass


class NotAdmittedError(PlatformAwayError):
    pass


class NotOfferedError(PlatformAwayError):
    pass


class SetAsideError(UplinkError):
    """`status` is the HTTP status, `detail` what the platform said, shortened."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        self.detail = detail
        super().__init__(f"HTTP {status}: {detail}")
