"""`/trail`: who did what, for those who may read it; and the same as a file."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from gateway.look.i18n import _
from gateway.platform.accounts import trail
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.store import Act, note
from gateway.platform.accounts.trail import ROWS, Wanted
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.answers import NO_STORE
from gateway.platform.bodies import query_day, query_integer
from gateway.platform.foundation import Foundation
from gateway.platform.operations import MAX_CURSOR
from gateway.platform.pages import Page, Pages

TRAIL: Final = "/trail"
AT_ONCE: Final = 1000  # acts read for the file in one go
LONGEST_FRAGMENT: Final = 100
_FILTERS: Final = ("who", "what", "since", "until")


class TrailPages:
    """The handlers."""

    def __init__(self, foundation: Foundation, pages: Pages) -> None:
        self._database, self._clock, self._pages = foundation.database, foundation.clock, pages

    def pages(self) -> tuple[Page, ...]:
        return (
            Page("GET", TRAIL, self.show, Right.READ_TRAIL),
            Page("GET", f"{TRAIL}.csv", self.export, Right.READ_TRAIL),
        )

    async def show(self, request: web.Request) -> web.Response:
        wanted, before = read_wanted(request), query_integer(request, "before", 0, 0, MAX_CURSOR)
        lines = await self._database.read(lambda connection: trail.read(connection, wanted, before, ROWS + 1))
        return await self._pages.answer(
            request,
            "trail.html",
            lines=lines[:ROWS],
            older=lines[ROWS - 1].cursor if len(lines) > ROWS else 0,
            before=before,
            filters={name: request.query[name][:LONGEST_FRAGMENT] for name in _FILTERS if request.query.get(name)},
        )

    async def export(self, request: web.Request) -> web.StreamResponse:
        """All that the filters let through, as CSV (RFC 4180), in pieces: the trail is never held in memory as a whole."""
        wanted = read_wanted(request)
        act = Act(self._clock(), viewer_of(request).name, _("exported the trail"), request.rel_url.query_string[:LONGEST_FRAGMENT])
        await self._database.write(lambda connection: note(connection, act))
        headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": 'attachment; filename="trail.csv"'}
        response = web.StreamResponse(headers=headers | NO_STORE)
        try:
            await response.prepare(request)
            await response.write("\ufefftime,who,act,about\r\n".encode())  # the mark by which spreadsheets know UTF-8
            cursor = 0
            while lines := await self._after(wanted, cursor):
                await response.write("".join(trail.as_csv(lines)).encode("utf-8", "replace"))
                cursor = lines[-1].cursor
        except ConnectionResetError:
            pass  # whoever asked has gone: nothing to tell them
        return response

    async def _after(self, wanted: Wanted, cursor: int) -> tuple[trail.Line, ...]:
        return await self._database.read(lambda connection: trail.read(connection, wanted, cursor, AT_ONCE))


def read_wanted(request: web.Request) -> Wanted:
    """The filters of the address; days are Taipei's, both inclusive. Raises BadRequestError naming what is no day."""
    since, until = query_day(request, "since"), query_day(request, "until")
    who, what = (request.query.get(name, "").strip()[:LONGEST_FRAGMENT] for name in ("who", "what"))
    return Wanted(who, what, since, until + timedelta(days=1) if until else None)
