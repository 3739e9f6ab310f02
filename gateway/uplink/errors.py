"""What can go wrong between gate and platform.

UplinkError                 base
├── CredentialsError        what the gate shows the platform, or knows it by, cannot be used; tried again, as it may be put right
│   ├── TokenError          the gate's token cannot be read, or lies open to others; names the file or variable, never the token
│   └── TrustError          certificates cannot be read or used; names the file
├── EnrolmentError          the gate cannot be enrolled, or its certificate not renewed; says what to put right
├── PlatformAwayError       no usable answer: refused, cut, timed out, 5xx, not the platform; tried again, for days if need be
│   ├── NotAdmittedError    401 or 403: the platform does not admit this gate; tried again with token and certificate read anew
│   └── NotOfferedError     404 or 405: there is nothing at this address; an older platform, or a proxy that leads astray
├── BrokerAwayError         the site's own broker does not answer, or refuses; tried again
└── SetAsideError           the platform will never take this record or picture; carries the status
"""


class UplinkError(Exception):
    """Base of everything this room raises."""


class CredentialsError(UplinkError):
    pass


class TokenError(CredentialsError):
    pass


class TrustError(CredentialsError):
    pass


class EnrolmentError(UplinkError):
    pass


class PlatformAwayError(UplinkError):
    pass


class BrokerAwayError(UplinkError):
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
