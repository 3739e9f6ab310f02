"""The pages of orders: a list that can be searched, and one order with everything that its message says."""

from typing import Final

from aiohttp import web

from gateway.platform.accounts.people import People
from gateway.platform.bodies import query_integer
from gateway.platform.database import Database
from gateway.platform.operations import MAX_CURSOR
from gateway.platform.orders import store
from gateway.platform.pages import Pages

ROWS: Final = 50
LONGEST_FRAGMENT: Final = 100  # characters; no field that is searched is longer


class OrderPages:
    """`/orders` and `/orders/{order_number}`."""

    def __init__(self, database: Database, pages: Pages, people: People) -> None:
        self._database = database
        self._pages = pages
        self._people = people

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/orders", self.list)
        app.router.add_get("/orders/{order_number}", self.show)

    async def list(self, request: web.Request) -> web.Response:
        self._people.require_reader(request)
        start = query_integer(request, "after", 0, 0, MAX_CURSOR)
        fragment = request.query.get("q", "")[:LONGEST_FRAGMENT]
        page = await self._database.read(lambda connection: store.page(connection, start, ROWS, fragment, newest=True))
        return await self._pages.answer(request, "orders.html", page=page, fragment=fragment, start=start)

    async def show(self, request: web.Request) -> web.Response:
        self._people.require_reader(request)
        number = request.match_info["order_number"]
        state = await self._database.read(lambda connection: store.find(connection, number))
        return await self._pages.answer(request, "order.html", state=state)
