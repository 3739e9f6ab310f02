"""`/api/orders`: R12 messages in, orders out."""

from collections import Counter

from aiohttp import web
from sqlalchemy import Connection

from gateway.model.transport_order import ParsedOrder, TransportOrder, parse_order
from gateway.model.wire import FieldProblem, OrderReceipt
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.answers import answer, json_answer
from gateway.platform.bodies import field_problems, parse, query_choice, query_integer, read_json
from gateway.platform.errors import InvalidError, Refusal
from gateway.platform.examples import CANCELLATION, ORDER, ORDER_BATCH
from gateway.platform.foundation import Foundation
from gateway.platform.operations import DIRECTION, LIMIT, MAX_CURSOR, MAX_LIMIT, Body, Operation, Parameter, Reply, after
from gateway.platform.orders import life_store, store
from gateway.platform.orders.cancelling import cancel
from gateway.platform.orders.filters import FILTERS, wanted_of
from gateway.platform.orders.messages import (
    BatchItem,
    BatchReceipt,
    CancellationReceipt,
    OrderCancellation,
    OrderLife,
    OrderPage,
    OrderState,
)
from gateway.platform.orders.order_xml import order_xml, orders_xml
from gateway.platform.orders.reading import MOST_IN_A_BATCH, Judged, read_batch, read_order
from gateway.platform.orders.search import Range

_EXAMPLE = parse_order(ORDER).order
_EXAMPLES = [parse_order(one).order for one in ORDER_BATCH]
NUMBER = Parameter("order_number", "path", "Order number, an19 or the older an..20", {"type": "string"})


def _warnings(parsed: ParsedOrder) -> tuple[FieldProblem, ...]:
    return field_problems((one.field, one.message) for one in parsed.warnings)


def _refused(judged: Judged, refusal: Refusal) -> BatchItem:
    return BatchItem(**judged.named, status="refused", detail=refusal.detail, errors=refusal.errors)


def _item(judged: Judged, taken: store.Taken) -> BatchItem:
    """A message of a batch that was kept, now or before."""
    assert not isinstance(judged.read, Refusal)
    status = "repeated" if taken.repeated else "stored"
    return BatchItem(**judged.named, status=status, cursor=taken.cursor, warnings=_warnings(judged.read))


class OrderRoutes:
    """Takes and shows orders; rings the feed's bell and tells the pages of each new one."""

    def __init__(self, foundation: Foundation) -> None:
        self._database = foundation.database
        self._bell = foundation.bell
        self._live = foundation.live
        self._metrics = foundation.metrics
        self._clock = foundation.clock
        self._max_order_bytes = foundation.settings.max_order_bytes
        self._max_batch_bytes = foundation.settings.max_batch_bytes

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "POST",
                "/api/orders",
                self.take,
                summary="Hand in one transport order (message R12); the same message again changes nothing",
                tag="orders",
                body=Body("One R12 message", (TransportOrder,), example=ORDER, xml_example=order_xml(_EXAMPLE)),
                replies=(
                    Reply(201, "Stored: a new order, or a new version of one", OrderReceipt),
                    Reply(200, "This very message was stored before", OrderReceipt),
                ),
                problems=(400, 408, 409, 413, 415, 422, 503, 507),
                right=Right.SEND_ORDERS,
                for_firms=True,
            ),
            Operation(
                "POST",
                "/api/orders/batch",
                self.take_batch,
                summary=f"Hand in up to {MOST_IN_A_BATCH} transport orders at once, each judged by itself",
                tag="orders",
                body=Body(
                    "A list of R12 messages",
                    (TransportOrder,),
                    as_list=True,
                    example=ORDER_BATCH,
                    xml_example=orders_xml(_EXAMPLES),
                ),
                replies=(Reply(200, "What became of each", BatchReceipt),),
                problems=(400, 408, 413, 415, 503, 507),
                right=Right.SEND_ORDERS,
                for_firms=True,
            ),
            Operation(
                "GET",
                "/api/orders",
                self.list,
                summary="Orders, page by page",
                tag="orders",
                parameters=(after("Cursor of the page before; 0 for the first page"), LIMIT, DIRECTION, *FILTERS),
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
            Operation(
                "POST",
                "/api/orders/{order_number}/cancellation",
                self.cancel,
                summary="Cancel an order that your firm issued; once a lane has let its vehicle go, Customs only",
                tag="orders",
                parameters=(NUMBER,),
                body=Body("The order that the path names, and why", (OrderCancellation,), example=CANCELLATION),
                replies=(
                    Reply(201, "Cancelled; the gates are told", CancellationReceipt),
                    Reply(200, "This very message cancelled it before", CancellationReceipt),
                ),
                problems=(400, 403, 404, 408, 409, 413, 415, 422, 503, 507),
                right=Right.SEND_ORDERS,
                for_firms=True,
            ),
            Operation(
                "GET",
                "/api/orders/{order_number}/life",
                self.life,
                summary="How far an order has come, with every step and event on record",
                tag="orders",
                parameters=(NUMBER,),
                for_firms=True,
                replies=(Reply(200, "Its life", OrderLife),),
                problems=(404,),
            ),
        )

    async def take(self, request: web.Request) -> web.Response:
        parsed = await read_order(request, self._max_order_bytes, viewer_of(request).firm)
        now = self._clock()
        taken = await self._database.write(lambda connection: store.take(connection, parsed.order, now))
        self._metrics.late_orders.inc(taken.late)
        self._tell(parsed.order.order_number, "repeated" if taken.repeated else "stored")
        receipt = OrderReceipt(
            order_number=parsed.order.order_number, cursor=taken.cursor, repeated=taken.repeated, warnings=_warnings(parsed)
        )
        return answer(request, 200 if taken.repeated else 201, receipt)

    async def take_batch(self, request: web.Request) -> web.Response:
        judged = await read_batch(request, self._max_batch_bytes, viewer_of(request).firm)
        now = self._clock()
        orders = [one.read.order for one in judged if not isinstance(one.read, Refusal)]
        taken = iter(await self._database.write(lambda connection: store.take_all(connection, orders, now)))
        items = [self._told(one, one.read if isinstance(one.read, Refusal) else next(taken)) for one in judged]
        counts = Counter(item.status for item in items)
        told = {status: counts[status] for status in ("stored", "repeated", "refused")}
        return answer(request, 200, BatchReceipt(items=tuple(items), **told))

    def _told(self, judged: Judged, became: store.Taken | Refusal) -> BatchItem:
        """What is said of a message of a batch, when all of it is committed."""
        if isinstance(became, Refusal):
            return _refused(judged, became)
        item = _item(judged, became)
        self._metrics.late_orders.inc(became.late)
        self._tell(str(item.order_number), item.status)
        return item

    def _tell(self, order_number: str, status: str) -> None:
        self._metrics.orders.labels(status).inc()
        if status == "stored":
            self._bell.ring()
            self._live.tell("order", order_number=order_number)

    async def cancel(self, request: web.Request) -> web.Response:
        asked: OrderCancellation = parse(OrderCancellation, await read_json(request, self._max_order_bytes))
        if asked.order_number != request.match_info["order_number"].upper():
            wrong = [("order_number", f"{asked.order_number} is not the path's order")]
            raise InvalidError("The cancellation is not of the path's order; nothing was stored.", field_problems(wrong))
        viewer, now = viewer_of(request), self._clock()
        new = await self._database.write(lambda connection: cancel(connection, asked, viewer, now))
        if new:
            self._bell.ring()
            self._live.tell("order", order_number=asked.order_number)
        receipt = CancellationReceipt(order_number=asked.order_number, message_id=asked.message_id, repeated=not new)
        return json_answer(201 if new else 200, receipt)

    async def list(self, request: web.Request) -> web.Response:
        start = query_integer(request, "after", 0, 0, MAX_CURSOR)
        limit = query_integer(request, "limit", 100, 1, MAX_LIMIT)
        newest = query_choice(request, "direction", ("oldest", "newest")) == "newest"
        wanted, firm = wanted_of(request), viewer_of(request).firm
        page = await self._database.read(lambda connection: store.page(connection, Range(start, limit, newest), wanted, firm))
        return json_answer(200, page)

    async def show(self, request: web.Request) -> web.Response:
        number, firm = request.match_info["order_number"], viewer_of(request).firm
        return json_answer(200, await self._database.read(lambda connection: store.find(connection, number, firm)))

    async def life(self, request: web.Request) -> web.Response:
        number, firm = request.match_info["order_number"], viewer_of(request).firm

        def load(connection: Connection) -> OrderLife:
            state = store.find(connection, number, firm)
            life = life_store.life(connection, state.order.order_number, bool(state.order.seals))
            return OrderLife.of(state.order.order_number, life, state.late_s)

        return json_answer(200, await self._database.read(load))
