"""What can go wrong at the platform.

PlatformError
├── StartError              the platform cannot start; the message says what to put right
│   ├── UnsafeListenError   asked to listen beyond this machine without a token file, or in clear text
│   ├── ListenError         the address is taken, or is not this machine's
│   ├── TokenFileError      the token file cannot be read, or holds no usable token
│   ├── TlsError            a certificate or key that cannot be read or used; names the file
│   ├── DataFolderError     the data folder cannot be made or written
│   └── DatabaseError       the database cannot be opened, is none, or was written by a newer version
├── JpegError               bytes that are no JPEG picture, or one beyond the limits
└── Refusal                 a request that is answered with a problem (RFC 9457)
    ├── BadRequestError     400  not JSON, a bad cursor, a bad parameter
    ├── UnauthorisedError   401  no token, or another one
    ├── ForbiddenError      403  known, but without the right to it; says why
    ├── NotFoundError       404
    ├── TooSlowError        408  the body dawdles
    ├── ConflictError       409  other content under a key that is taken
    ├── OutdatedError       412  what was to be changed has changed meanwhile
    ├── TooLargeError       413
    ├── MediaTypeError      415
    ├── InvalidError        422  understood, but wrong; every wrong field is named
    ├── TooManyError        429  a key, or a firm, asks more often than it may; says for how long to wait
    ├── UnavailableError    503  the store does not answer, or too many listen
    └── StoreFullError      507  no room left; nothing was stored
"""

from typing import ClassVar

from gateway.model.wire import FieldProblem, Problem


class PlatformError(Exception):
    """Base of everything this room raises."""


class StartError(PlatformError):
    pass


class UnsafeListenError(StartError):
    pass


class ListenError(StartError):
    pass


class TokenFileError(StartError):
    pass


class TlsError(StartError):
    pass


class DataFolderError(StartError):
    pass


class DatabaseError(StartError):
    pass


class JpegError(PlatformError):
    pass


class Refusal(PlatformError):  # noqa: N818 - it is an answer, not a fault of ours
    """A request refused: `detail` says why, `errors` names the wrong fields."""

    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, detail: str, errors: tuple[FieldProblem, ...] = ()) -> None:
        self.detail = detail
        self.errors = errors
        super().__init__(detail)

    @property
    def problem(self) -> Problem:
        """As programs are told."""
        return Problem(title=self.title, status=self.status, detail=self.detail, errors=self.errors)


class BadRequestError(Refusal):
    status = 400
    title = "Bad request"


class UnauthorisedError(Refusal):
    status = 401
    title = "Token required"


class ForbiddenError(Refusal):
    status = 403
    title = "Forbidden"


class NotFoundError(Refusal):
    status = 404
    title = "Not found"


class TooSlowError(Refusal):
    status = 408
    title = "Too slow"


class ConflictError(Refusal):
    status = 409
    title = "Conflict"


class OutdatedError(Refusal):
    status = 412
    title = "Changed meanwhile"


class TooLargeError(Refusal):
    status = 413
    title = "Too large"


class MediaTypeError(Refusal):
    status = 415
    title = "Unsupported media type"


class InvalidError(Refusal):
    status = 422
    title = "Invalid content"


class TooManyError(Refusal):
    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, wait_s: int) -> None:
        self.wait_s = wait_s
        super().__init__(detail)


class UnavailableError(Refusal):
    status = 503
    title = "Unavailable"


class StoreFullError(Refusal):
    status = 507
    title = "Insufficient storage"
