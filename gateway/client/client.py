"""What a depot's, a firm's or Customs' program asks of the platform, one method each."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote

from gateway.client.access import Access
from gateway.client.answers import (
    ConfirmationPage,
    ConfirmationState,
    Health,
    OrderPage,
    OrderReceipt,
    OrderState,
    RegistryReceipt,
)
from gateway.client.connection import Connection, Patience, Request
from gateway.client.errors import UnexpectedAnswerError
from gateway.model.transport_order import TransportOrder
from gateway.model.wire import RegisterEntry

PAGE: Final = 100
PATIENT: Final = Patience()
Direction = Literal["oldest", "newest"]


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something arrived: `order`, `confirmation`, `picture`, and what the platform says of it."""

    event: str
    fields: Mapping[str, Any]


class Client:
    """One session with a platform. Every method raises the errors of `gateway.client.errors`.

    Whatever it sends may be sent again without changing anything, so that it tries again by itself where the platform was not
    reached, or asked for patience.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def opened(cls, access: Access, patience: Patience = PATIENT) -> AsyncIterator["Client"]:
        """Raises AccessError."""
        credentials = await asyncio.to_thread(access.credentials)
        async with Connection.opened(access.root, credentials, patience) as connection:
            yield cls(connection)

    async def health(self) -> Health:
        return await self._connection.ask(Health, Request("GET", "/healthz"))

    async def send_order(self, order: TransportOrder | Mapping[str, Any]) -> OrderReceipt:
        """Hand in one order: ours, or an R12 message as it is. Raises InvalidError naming every wrong field, ConflictError."""
        body = order.model_dump_json() if isinstance(order, TransportOrder) else json.dumps(order, ensure_ascii=False)
        return await self._connection.ask(OrderReceipt, Request("POST", "/api/orders", body.encode()))

    async def order(self, order_number: str) -> OrderState:
        """Raises NotFoundError."""
        return await self._connection.ask(OrderState, Request("GET", f"/api/orders/{quote(order_number, safe='')}"))

    async def orders(self, *, after: int = 0, direction: Direction = "oldest", **filters: str) -> AsyncGenerator[OrderState, None]:
        """All orders behind a cursor, page by page. `filters` as of `GET /api/orders`: `q`, `destination`, `state`, …"""
        more = True
        while more:
            query = {**filters, "after": str(after), "limit": str(PAGE), "direction": direction}
            page = await self._connection.ask(OrderPage, Request("GET", "/api/orders", query=query))
            for one in page.items:
                yield one
            after, more = page.cursor, _goes_on(page, after)

    async def confirmation(self, gate: str, sequence: int) -> ConfirmationState:
        """Raises NotFoundError."""
        path = f"/api/confirmations/{quote(gate, safe='')}/{sequence}"
        return await self._connection.ask(ConfirmationState, Request("GET", path))

    async def confirmations(self, *, after: int = 0, direction: Direction = "oldest") -> AsyncGenerator[ConfirmationState, None]:
        """All confirmations behind a cursor, in order of arrival, page by page."""
        more = True
        while more:
            query = {"after": str(after), "limit": str(PAGE), "direction": direction}
            page = await self._connection.ask(ConfirmationPage, Request("GET", "/api/confirmations", query=query))
            for one in page.items:
                yield one
            after, more = page.cursor, _goes_on(page, after)

    async def picture(self, gate: str, sequence: int, sha256: str) -> bytes:
        """A JPEG that a confirmation names. Raises NotFoundError."""
        path = f"/api/confirmations/{quote(gate, safe='')}/{sequence}/pictures/{quote(sha256, safe='')}"
        return await self._connection.fetch(Request("GET", path))

    async def register(self, entries: Iterable[RegisterEntry]) -> RegistryReceipt:
        """Hand in register entries: all are stored, or none. Raises InvalidError naming every wrong field of each."""
        body = json.dumps([one.model_dump(mode="json", exclude_none=True) for one in entries], ensure_ascii=False)
        return await self._connection.ask(RegistryReceipt, Request("POST", "/api/registry", body.encode()))

    async def live(self) -> AsyncGenerator[LiveEvent, None]:
        """What arrives from now on. It ends when the platform stops; whoever must miss nothing asks for pages by cursor, too."""
        async with self._connection.stream("/api/live") as lines:
            event = ""
            async for raw in lines:
                name, _, value = raw.decode("utf-8", "replace").rstrip("\r\n").partition(": ")
                if name == "event":
                    event = value
                elif name == "data":
                    yield LiveEvent(event, _fields(value))


def _goes_on(page: OrderPage | ConfirmationPage, after: int) -> bool:
    """Whether there is a further page. Raises UnexpectedAnswerError for one that would lead round in a circle."""
    if page.more and page.cursor == after:
        raise UnexpectedAnswerError("the platform says that there is more, and does not go on")
    return page.more


def _fields(text: str) -> Mapping[str, Any]:
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise UnexpectedAnswerError("an event of the stream is no JSON object: is this the platform?")
    return read
