"""The pages of orders: a list that can be searched, one order followed from its message to its closing, and its status link."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from gateway.look.forms import NOTHING_TYPED, Problem, Typed
from gateway.look.i18n import _
from gateway.model.clock import uuid7
from gateway.platform.accounts.people import SESSION, People, session_of
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.store import Act, note
from gateway.platform.accounts.viewer import Viewer, viewer_of
from gateway.platform.bodies import query_integer
from gateway.platform.errors import ForbiddenError, NotFoundError
from gateway.platform.foundation import Foundation
from gateway.platform.operations import MAX_CURSOR
from gateway.platform.orders import export, life_store, marking, status_links, store
from gateway.platform.orders.audience import Audience
from gateway.platform.orders.filters import FILTERS, LONGEST, wanted_of
from gateway.platform.orders.following import Followed, follow
from gateway.platform.orders.life import STATES, Event, life_of
from gateway.platform.orders.marking import BY_HAND
from gateway.platform.orders.search import Range
from gateway.platform.orders.standing import instructions_of
from gateway.platform.orders.words import KINDS, STAGES, STANDINGS
from gateway.platform.pages import Page, Pages

ROWS: Final = 50
LONGEST_REASON: Final = 500
LONGEST_PLACE: Final = 60
TAKE_BACK: Final = "take_back"
WORDS: Final[dict[str, Any]] = {"stages": STAGES, "standings": STANDINGS, "kinds": KINDS}


class OrderPages:
    """`/orders`, `/orders/{order_number}` with what is done there, its exports, and `/status/{token}`."""

    def __init__(self, foundation: Foundation, pages: Pages, people: People) -> None:
        self._database, self._bell, self._audience = foundation.database, foundation.bell, Audience(foundation)
        self._clock, self._random = foundation.clock, foundation.random
        self._pages, self._people = pages, people

    def pages(self) -> tuple[Page, ...]:
        one = "/orders/{order_number}"
        return (
            Page("GET", "/orders", self.list, for_firms=True),
            Page("GET", one, self.show, for_firms=True),
            Page("GET", f"{one}/export.json", self.export_json, for_firms=True),
            Page("GET", f"{one}/export.csv", self.export_csv, for_firms=True),
            Page("POST", f"{one}/life", self.act, Right.INSTRUCT, by_person=True),
            Page("POST", f"{one}/links", self.link, for_firms=True, by_person=True),
            Page("GET", "/status/{token}", self.status, right=None),
        )

    async def list(self, request: web.Request) -> web.Response:
        start = query_integer(request, "after", 0, 0, MAX_CURSOR)
        wanted, firm = wanted_of(request), viewer_of(request).firm
        page = await self._database.read(lambda connection: store.page(connection, Range(start, ROWS, True), wanted, firm))
        asked = {one.name: request.query.get(one.name, "").strip()[:LONGEST] for one in FILTERS}
        same = urlencode({name: value for name, value in asked.items() if value})
        return await self._pages.answer(
            request, "orders.html", page=page, asked=asked, same=same, start=start, states=STATES, **WORDS
        )

    async def _follow(self, request: web.Request) -> Followed:
        number, firm = request.match_info["order_number"], viewer_of(request).firm
        return await self._database.read(lambda connection: follow(connection, number, firm))

    async def show(self, request: web.Request) -> web.Response:
        return await self._page(request, await self._follow(request))

    async def _page(
        self,
        request: web.Request,
        followed: Followed,
        typed: Typed = NOTHING_TYPED,
        problems: tuple[Problem, ...] = (),
        new_link: str = "",
    ) -> web.Response:
        number, viewer, now = followed.state.order.order_number, viewer_of(request), self._clock()
        links, instructions = await self._database.read(
            lambda connection: (status_links.links(connection, number, viewer, now), instructions_of(connection, number))
        )
        return await self._pages.answer(
            request,
            "order.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
            followed=followed,
            state=followed.state,
            instructions=instructions,
            may_act=SESSION in request and viewer.may(Right.INSTRUCT),
            may_link=SESSION in request and _may_link(viewer),
            links=links,
            days=status_links.DAYS,
            new_link=new_link,
            typed=typed,
            problems=problems,
            **WORDS,
        )

    async def export_json(self, request: web.Request) -> web.Response:
        followed = await self._follow(request)
        return _file(export.as_json(followed), "application/json", followed, "json")

    async def export_csv(self, request: web.Request) -> web.Response:
        followed = await self._follow(request)
        return _file(export.as_csv(followed), "text/csv", followed, "csv")

    async def act(self, request: web.Request) -> web.Response:
        """What devices do not say, an officer does: unsealed, closed, or that what was so marked was wrong."""
        session = session_of(request)
        typed = await self._people.form_of(request, session)
        followed = await self._follow(request)
        what, reason, place = typed.of("what"), typed.of("reason"), typed.of("place")
        problems: list[Problem] = []
        if what not in {*BY_HAND, TAKE_BACK}:
            problems.append(("what", _("Choose what is to be marked.")))
        if len(place) > LONGEST_PLACE:
            problems.append(("place", _("A place in at most 60 characters.")))
        if not 1 <= len(reason) <= LONGEST_REASON:
            problems.append(("reason", _("Say why, in at most 500 characters.")))
        if problems:
            return await self._page(request, followed, typed, tuple(problems))
        number, now, person = followed.state.order.order_number, self._clock(), session.account.called
        record = f"act/{uuid7(now, self._random)}"

        def write(connection: Connection) -> None:
            if what == TAKE_BACK:
                marking.take_back(connection, number)
            else:
                marking.mark(connection, number, Event(BY_HAND[what], now, person, place, record, reason))
            note(connection, Act(now, person, _ACTS[what], f"{number} {record}: {reason}"))

        await self._database.write(write)
        self._bell.ring()
        await self._audience.tell("order", [number], order_number=number)
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"/orders/{number}"})

    # Status links -------------------------------------------------------------------------------------------------------

    async def link(self, request: web.Request) -> web.Response:
        """Make a link, which this answer alone shows, or revoke one."""
        viewer, now = viewer_of(request), self._clock()
        typed = await self._people.form_of(request, session_of(request))
        if not _may_link(viewer):
            raise ForbiddenError("This account may not do this.")
        followed = await self._follow(request)
        number = followed.state.order.order_number
        if revoked := typed.of("revoke"):
            await self._database.write(lambda connection: status_links.revoke(connection, number, revoked, viewer, now))
            return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"/orders/{number}#links"})
        days = {str(days): days for days in status_links.DAYS}.get(typed.of("days"))
        if days is None:
            return await self._page(request, followed, typed, (("days", _("Choose for how long.")),))
        token = await self._database.write(
            lambda connection: status_links.make(connection, number, days, viewer, now, self._random)
        )
        if token is None:
            return await self._page(request, followed, typed, (("days", _("This order has too many links: revoke some.")),))
        return await self._page(request, followed, new_link=f"{request.url.origin()}/status/{token}")

    async def status(self, request: web.Request) -> web.Response:
        """Open to whoever has the link; every other link is answered alike."""
        token, now = request.match_info["token"], self._clock()

        def load(connection: Connection) -> Followed | None:
            number = status_links.order_of(connection, token, now)
            if number is None:
                return None
            state = store.find(connection, number)
            return Followed(state, life_of(life_store.events_of(connection, number), bool(state.order.seals)), ())

        followed = await self._database.read(load)
        if followed is None:
            raise NotFoundError("This link shows nothing, or nothing any more.")
        return await self._pages.answer(request, "status.html", order=followed.state.order, life=followed.life, **WORDS)


_ACTS: Final = {"unsealed": "marked an order unsealed", "closed": "closed an order", TAKE_BACK: "took back marks on an order"}


def _may_link(viewer: Viewer) -> bool:
    """The parties of an order, and who instructs them."""
    return viewer.firm is not None or viewer.may(Right.INSTRUCT)


def _file(text: str, media: str, followed: Followed, ending: str) -> web.Response:
    name = "".join(one for one in followed.state.order.order_number if one.isascii()) + f".{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(text=text, content_type=media, charset="utf-8", headers=headers)
