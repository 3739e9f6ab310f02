"""The pages of orders: a list that can be searched, and one order with everything that its message says."""

from typing import Final

from aiohttp import web

from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.bodies import query_integer
from gateway.platform.database import Database
from gateway.platform.operations import MAX_CURSOR
from gateway.platform.orders import store
from gateway.platform.orders.search import Range, Wanted
from gateway.platform.pages import Page, Pages

ROWS: Final = 50
LONGEST_FRAGMENT: Final = 100  # characters; no field that is searched is longer


class OrderPages:
    """`/orders` and `/orders/{order_number}`."""

    def __init__(self, database: Database, pages: Pages) -> None:
        self._database = database
        self._pages = pages

    def pages(self) -> tuple[Page, ...]:
        return (
            Page("GET", "/orders", self.list, for_firms=True),
            Page("GET", "/orders/{order_number}", self.show, for_firms=True),
        )

    async def list(self, request: web.Request) -> web.Response:
        start = query_integer(request, "after", 0, 0, MAX_CURSOR)
        firm = viewer_of(request).firm
        fragment = request.query.get("q", "")[:LONGEST_FRAGMENT]
        page = await self._database.read(
            lambda connection: store.page(connection, Range(start, ROWS, True), Wanted(fragment), firm)
        )
        return await self._pages.answer(request, "orders.html", page=page, fragment=fragment, start=start)

    async def show(self, request: web.Request) -> web.Response:
        number, firm = request.match_info["order_number"], viewer_of(request).firm
        state = await self._database.read(lambda connection: store.find(connection, number, firm))
        return await self._pages.answer(request, "order.html", state=state)
