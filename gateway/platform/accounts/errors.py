"""What can go wrong when somebody signs in.

NotProvenError        login, password or code are not those of an account
└── LockedOutError    too many wrong ones: `wait_s` seconds until the next may be tried
"""

from gateway.platform.errors import PlatformError


class NotProvenError(PlatformError):
    pass


class LockedOutError(NotProvenError):
    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(f"locked for {wait_s:.0f} s")
