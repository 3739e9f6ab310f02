"""`/orders/{order_number}/paper.pdf`."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.database import Database
from gateway.platform.orders import store
from gateway.platform.orders.paper.sheet import draw
from gateway.platform.pages import Page


class PaperPages:
    """Sheets are drawn one at a time, in a thread: the library behind them knows only one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._drawer = ThreadPoolExecutor(1, thread_name_prefix="platform-paper")

    def pages(self) -> tuple[Page, ...]:
        return (Page("GET", "/orders/{order_number}/paper.pdf", self.show, for_firms=True),)

    async def show(self, request: web.Request) -> web.Response:
        """Raises NotFoundError, also for another firm's order."""
        number, firm = request.match_info["order_number"], viewer_of(request).firm
        state = await self._database.read(lambda connection: store.find(connection, number, firm))
        body = await asyncio.get_running_loop().run_in_executor(self._drawer, draw, state)
        headers = {"Content-Disposition": f'inline; filename="{state.order.order_number}.pdf"', "Cache-Control": "no-store"}
        return web.Response(body=body, content_type="application/pdf", headers=headers)
