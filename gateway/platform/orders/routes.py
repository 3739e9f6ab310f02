"""`/api/orders`: R12 messages in, orders out."""

from aiohttp import web

from gateway.model.errors import OrderError
from gateway.model.transport_order import ParsedOrder, TransportOrder, parse_order
from gateway.model.wire import OrderReceipt
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.answers import json_answer
from gateway.platform.bodies import field_problems, query_choice, query_integer, read_json
from gateway.platform.errors import InvalidError
from gateway.platform.examples import ORDER
from gateway.platform.foundation import Foundation
from gateway.platform.operations import DIRECTION, LIMIT, MAX_CURSOR, MAX_LIMIT, Body, Operation, Parameter, Reply, after
from gateway.platform.orders import store
from gateway.platform.orders.messages import OrderPage, OrderState
from gateway.platform.orders.parties import require_own

NUMBER = Parameter("order_number", "path", "Order number, an19 or the older an..20", {"type": "string"})
FRAGMENT = Parameter("q", "query", "Part of an order number, box number, plate or driver's name", {"type": "string"})


def read_order(message: object) -> ParsedOrder:
    """An R12 message. Raises InvalidError naming every wrong field."""
    try:
        return parse_order(message)
    except OrderError as error:
        named = field_problems((one.field, one.message) for one in error.errors)
        raise InvalidError("The message is not a valid R12 transport order; nothing was stored.", named) from None


class OrderRoutes:
    """Takes and shows orders; rings the feed's bell and tells the pages of each new one."""

    def __init__(self, foundation: Foundation) -> None:
        self._database = foundation.database
        self._bell = foundation.bell
        self._live = foundation.live
        self._metrics = foundation.metrics
        self._clock = foundation.clock
        self._max_order_bytes = foundation.settings.max_order_bytes

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "POST",
                "/api/orders",
                self.take,
                summary="Hand in one transport order (message R12); the same message again changes nothing",
                tag="orders",
                body=Body("One R12 message", (TransportOrder,), example=ORDER),
                replies=(
                    Reply(201, "Stored: a new order, or a new version of one", OrderReceipt),
                    Reply(200, "This very message was stored before", OrderReceipt),
                ),
                problems=(400, 408, 409, 413, 415, 422, 503, 507),
                right=Right.SEND_ORDERS,
                for_firms=True,
            ),
            Operation(
                "GET",
                "/api/orders",
                self.list,
                summary="Orders, page by page",
                tag="orders",
                parameters=(after("Cursor of the page before; 0 for the first page"), LIMIT, DIRECTION, FRAGMENT),
                for_firms=True,
                replies=(Reply(200, "A page of orders", OrderPage),),
                problems=(400,),
            ),
            Operation(
                "GET",
                "/api/orders/{order_number}",
                self.show,
                summary="One order in its latest version, with its confirmations",
                tag="orders",
                parameters=(NUMBER,),
                for_firms=True,
                replies=(Reply(200, "The order", OrderState),),
                tagged=True,
                problems=(404,),
            ),
        )

    async def take(self, request: web.Request) -> web.Response:
        parsed = read_order(await read_json(request, self._max_order_bytes))
        require_own(parsed.order, viewer_of(request).firm)
        now = self._clock()
        taken = await self._database.write(lambda connection: store.take(connection, parsed.order, now))
        self._metrics.orders.labels("repeated" if taken.repeated else "stored").inc()
        if not taken.repeated:
            self._bell.ring()
            self._live.tell("order", order_number=parsed.order.order_number)
        warnings = field_problems((one.field, one.message) for one in parsed.warnings)
        receipt = OrderReceipt(
            order_number=parsed.order.order_number, cursor=taken.cursor, repeated=taken.repeated, warnings=warnings
        )
        return json_answer(200 if taken.repeated else 201, receipt)

    async def list(self, request: web.Request) -> web.Response:
        start = query_integer(request, "after", 0, 0, MAX_CURSOR)
        limit = query_integer(request, "limit", 100, 1, MAX_LIMIT)
        newest = query_choice(request, "direction", ("oldest", "newest")) == "newest"
        fragment, firm = request.query.get("q", ""), viewer_of(request).firm
        page = await self._database.read(lambda connection: store.page(connection, start, limit, fragment, newest, firm))
        return json_answer(200, page)

    async def show(self, request: web.Request) -> web.Response:
        number, firm = request.match_info["order_number"], viewer_of(request).firm
        return json_answer(200, await self._database.read(lambda connection: store.find(connection, number, firm)))
