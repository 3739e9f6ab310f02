"""`/lanes/{lane}/desk`: what waits there, and the form with which a person decides. Works without scripts."""

import logging
from http import HTTPStatus

from aiohttp import web

from gateway.display.board import Board
from gateway.display.desk.desk import ANSWERS, Desk
from gateway.display.desk.identity import identity_problems
from gateway.display.desk.waiting import candidates, number_fields, waits
from gateway.display.facts import facts_of
from gateway.display.missing import missing_page
from gateway.display.screens import Screen
from gateway.display.view import LaneView
from gateway.lane.rulings import RulingAnswer
from gateway.look.errors import FormError
from gateway.look.forms import NOTHING_TYPED, Problem, Typed, read_form
from gateway.look.i18n import _
from gateway.look.pages import language_links, language_of
from gateway.look.ruling_form import Checked, check, only_looks
from gateway.model.clock import Clock
from gateway.model.passage import Passage
from gateway.model.transport_order import TransportOrder

log = logging.getLogger(__name__)


class DeskPages:
    """The handlers, over one board and one desk."""

    def __init__(self, board: Board, desk: Desk, clock: Clock, beat_s: float) -> None:
        self._board, self._desk, self._clock, self._beat_s = board, desk, clock, beat_s

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/lanes/{lane}/desk", self.show)
        app.router.add_post("/lanes/{lane}/desk", self.decide)

    def _view(self, request: web.Request) -> LaneView | None:
        return self._board.lane(request.match_info["lane"])

    async def show(self, request: web.Request) -> web.Response:
        view = self._view(request)
        if view is None:
            return missing_page(request, self._clock())
        return self._page(request, view)

    async def decide(self, request: web.Request) -> web.Response:
        view = self._view(request)
        if view is None:
            return missing_page(request, self._clock())
        try:
            typed = await read_form(request)
            self._desk.own_form.check(request, typed.of("token"), typed.of("passage_id"))
        except FormError as error:
            log.warning("desk: refused %s", error)
            return self._page(
                request, view, problems=(("form", _("This form is not this page's any more: try again.")),), status=403
            )
        passage = waits(view)
        if passage is None or passage.passage_id != typed.of("passage_id"):
            return self._page(request, view, problems=(("form", _gone(view, typed)),), status=HTTPStatus.CONFLICT)
        checked = check(typed, number_fields(facts_of(passage, view.orders)))
        found = await self._desk.look_up(checked)
        if only_looks(typed):
            return self._page(request, view, typed, found=found)
        if problems := (*checked.problems, *identity_problems(typed)):
            return self._page(request, view, typed, problems, found, HTTPStatus.UNPROCESSABLE_ENTITY)
        return await self._decide(request, view, passage, typed, checked, found)

    async def _decide(
        self,
        request: web.Request,
        view: LaneView,
        passage: Passage,
        typed: Typed,
        checked: Checked,
        found: tuple[TransportOrder, ...],
    ) -> web.Response:
        problem = await self._desk.decide(view.lane, passage, typed, checked)
        if problem is None:
            return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"/lanes/{view.lane}"})
        view = self._view(request) or view
        return self._page(request, view, typed, (problem,), found, HTTPStatus.CONFLICT)

    def _page(
        self,
        request: web.Request,
        view: LaneView,
        typed: Typed = NOTHING_TYPED,
        problems: tuple[Problem, ...] = (),
        found: tuple[TransportOrder, ...] = (),
        status: int = HTTPStatus.OK,
    ) -> web.Response:
        passage = waits(view)
        facts = facts_of(view.passage, view.orders) if view.passage else None
        browser = self._desk.own_form.browser_of(request)
        screen = Screen(self._board, self._clock, language_of(request), view.lane, self._beat_s, has_desk=True)
        html = screen.render(
            "desk.html",
            language_links(request),
            view=view,
            facts=facts,
            passage=passage,
            numbers=number_fields(facts) if passage and facts else (),
            orders=candidates(view, passage, found) if passage else (),
            typed=typed,
            problems=problems,
            token=self._desk.own_form.token(browser, passage.passage_id) if passage else "",
        )
        response = web.Response(text=html, status=status, content_type="text/html", headers={"Cache-Control": "no-store"})
        self._desk.own_form.remember(response, browser)
        return response


def _gone(view: LaneView, typed: Typed) -> str:
    """Why what was decided on waits no more: the same vehicle still stands there when somebody else was first."""
    here = view.passage
    if here and here.ruling and here.passage_id == typed.of("passage_id"):
        return ANSWERS[RulingAnswer.ALREADY_RULED]
    return _("What you decided on does not wait any more.")
