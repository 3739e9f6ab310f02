"""The platform's interface for Python programs: typed, asynchronous, careful about what it takes for an answer.

async with Client.opened(Access("https://platform.port.example:8443", token=token)) as platform:
    receipt = await platform.send_order(order)
    async for state in platform.orders(q="TEMU9221353"):
        ...
"""

from gateway.client.access import Access
from gateway.client.client import Client
from gateway.client.errors import (
    AccessError,
    BusyError,
    ClientError,
    ConflictError,
    InvalidError,
    NotAdmittedError,
    NotFoundError,
    NotReachedError,
    RefusedError,
    UnexpectedAnswerError,
)

__all__ = [
    "Access",
    "AccessError",
    "BusyError",
    "Client",
    "ClientError",
    "ConflictError",
    "InvalidError",
    "NotAdmittedError",
    "NotFoundError",
    "NotReachedError",
    "RefusedError",
    "UnexpectedAnswerError",
]
