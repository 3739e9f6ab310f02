"""The platform's interface for Python programs: typed, asynchronous, careful about what it takes for an answer.

async with Client.opened(Access("https://platform.port.example:8443", token=token)) as platform:
    receipt = await platform.send_order(order)
    async for state in platform.orders(q="TEMU9221353"):
        ...

`Client` is for depots, firms and Customs; `GateClient`, over a `Connection`, for gates.
"""

from gateway.client.access import Access, Credentials
from gateway.client.client import Client
from gateway.client.connection import Connection, Patience
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
from gateway.client.gate_client import GateClient

__all__ = [
    "Access",
    "AccessError",
    "BusyError",
    "Client",
    "ClientError",
    "ConflictError",
    "Connection",
    "Credentials",
    "GateClient",
    "InvalidError",
    "NotAdmittedError",
    "NotFoundError",
    "NotReachedError",
    "Patience",
    "RefusedError",
    "UnexpectedAnswerError",
]
