"""What can go wrong between a program and the platform.

ClientError
├── AccessError             the address, token or certificates cannot be used; nothing was sent
├── NotReachedError         no connection, no answer in time, or cut off: whether it arrived is not known
├── UnexpectedAnswerError   what answers is not this platform: another content, too long, a redirection
└── RefusedError            the platform says no; `status`, `problem` with every wrong field, and `said`: that in a line
    ├── InvalidError        400, 412, 413, 415, 422
    ├── NotAdmittedError    401, 403
    ├── NotFoundError       404
    ├── ConflictError       409
    └── BusyError           408, 429, 503, 507: later it may be taken; `wait_s` where the platform says when
"""

from typing import Final

from gateway.model.wire import Problem


class ClientError(Exception):
    """Base of everything this room raises."""


class AccessError(ClientError):
    pass


class NotReachedError(ClientError):
    pass


class UnexpectedAnswerError(ClientError):
    pass


class RefusedError(ClientError):
    def __init__(self, status: int, problem: Problem, wait_s: int | None = None) -> None:
        self.status = status
        self.problem = problem
        self.wait_s = wait_s
        fields = [f"{one.field}: {one.message}" for one in problem.errors]
        self.said = printable("; ".join(filter(None, (problem.title, problem.detail, *fields))))
        super().__init__(f"{status} {self.said}")


class InvalidError(RefusedError):
    pass


class NotAdmittedError(RefusedError):
    pass


class NotFoundError(RefusedError):
    pass


class ConflictError(RefusedError):
    pass


class BusyError(RefusedError):
    pass


_BY_STATUS: Final[dict[int, type[RefusedError]]] = {
    **dict.fromkeys((400, 412, 413, 415, 422), InvalidError),
    **dict.fromkeys((401, 403), NotAdmittedError),
    404: NotFoundError,
    409: ConflictError,
    **dict.fromkeys((408, 429, 503, 507), BusyError),
}


def refused(status: int, problem: Problem, wait_s: int | None) -> RefusedError:
    return _BY_STATUS.get(status, RefusedError)(status, problem, wait_s)


def printable(text: str) -> str:
    """Without line breaks and what else moves a terminal's cursor."""
    return "".join(c if c.isprintable() else " " for c in text)
