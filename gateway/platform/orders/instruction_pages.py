"""`/instructions`: what Customs asks of boxes and declarations, of all orders; and one instruction with the orders it is about."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.bodies import query_choice, query_day, query_integer
from gateway.platform.database import Database
from gateway.platform.operations import MAX_CURSOR
from gateway.platform.orders import instruction_list
from gateway.platform.orders.instruction import CODES
from gateway.platform.orders.instruction_list import Asked
from gateway.platform.pages import Page, Pages

ROWS: Final = 50
LONGEST: Final = 20  # an order number
_FILTERS: Final = ("kind", "order", "since", "until")


class InstructionPages:
    """The handlers."""

    def __init__(self, database: Database, pages: Pages) -> None:
        self._database, self._pages = database, pages

    def pages(self) -> tuple[Page, ...]:
        return (
            Page("GET", "/instructions", self.list),
            Page("GET", "/instructions/{message_id}", self.show, for_firms=True),
        )

    async def list(self, request: web.Request) -> web.Response:
        asked, before = read_asked(request), query_integer(request, "before", 0, 0, MAX_CURSOR)
        listed = await self._database.read(lambda connection: instruction_list.page(connection, asked, before, ROWS))
        filters = {name: request.query[name].strip()[:LONGEST] for name in _FILTERS if request.query.get(name, "").strip()}
        return await self._pages.answer(
            request, "instructions.html", listed=listed, before=before, filters=filters, message_codes=CODES
        )

    async def show(self, request: web.Request) -> web.Response:
        message_id, firm = request.match_info["message_id"], viewer_of(request).firm
        kept, orders = await self._database.read(lambda connection: instruction_list.find(connection, message_id, firm))
        return await self._pages.answer(request, "instruction.html", kept=kept, orders=orders)


def read_asked(request: web.Request) -> Asked:
    """The filters of the address; days are Taipei's, both inclusive. Raises BadRequestError naming the wrong one."""
    since, until = query_day(request, "since"), query_day(request, "until")
    number = request.query.get("order", "").strip().upper()[:LONGEST]
    return Asked(query_choice(request, "kind", ("", *CODES)), number, since, until + timedelta(days=1) if until else None)
