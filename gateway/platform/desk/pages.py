"""`/desk`, the queue of all gates, and `/desk/{gate}/{passage_id}`, one case: taken, decided, given back. Works without scripts."""

import logging
import re
from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.look.forms import NOTHING_TYPED, Problem, Typed
from gateway.look.i18n import _
from gateway.look.ruling_form import Checked, check, only_looks
from gateway.model.clock import uuid7
from gateway.model.remote_desk import RemoteRuling, WaitingLane
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome
from gateway.platform.accounts.people import People, session_of
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.store import Session
from gateway.platform.desk import store
from gateway.platform.desk.case import Case, load, load_all, number_fields, orders_to_pick
from gateway.platform.desk.waiting import WaitingRoom
from gateway.platform.errors import NotFoundError
from gateway.platform.feed.bell import Bell
from gateway.platform.foundation import Foundation
from gateway.platform.lanes.passage_view import Passage
from gateway.platform.pages import Page, Pages, see_other

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
log = logging.getLogger(__name__)

# What a lane answers to a ruling that it does not take, as people read it.
ANSWERS: Final = {
    "no_such_passage": _("This vehicle has left the lane."),
    "not_waiting": _("The lane does not wait for a person now."),
    "already_ruled": _("Somebody else has decided already."),
    "expired": _("This came too late: decide again."),
    "not_allowed": _("What the lane stopped, a Customs officer releases."),
    "out_of_service": _("The lane is out of service."),
}


class DeskPages:
    """The handlers."""

    def __init__(self, foundation: Foundation, pages: Pages, people: People, room: WaitingRoom, bell: Bell) -> None:
        self._database, self._live = foundation.database, foundation.live
        self._clock, self._random = foundation.clock, foundation.random
        self._pages, self._people, self._room, self._bell = pages, people, room, bell

    def pages(self) -> tuple[Page, ...]:
        return (
            Page("GET", "/desk", self.queue, Right.DECIDE, by_person=True),
            Page("GET", "/desk/{gate}/{passage_id}", self.show, Right.DECIDE, by_person=True),
            Page("POST", "/desk/{gate}/{passage_id}", self.act, Right.DECIDE, by_person=True),
        )

    async def queue(self, request: web.Request) -> web.Response:
        session = session_of(request)
        now = self._clock()
        waiting = self._room.all(now)
        cases = await self._database.read(lambda connection: load_all(connection, waiting, now))
        return await self._pages.answer(request, "desk.html", cases=cases, account=session.account, now=now)

    async def show(self, request: web.Request) -> web.Response:
        session = session_of(request)
        return await self._page(request, session, await self._case(request))

    async def _case(self, request: web.Request) -> Case:
        gate, passage_id = request.match_info["gate"], request.match_info["passage_id"]
        if not (_NAME.fullmatch(gate) and _NAME.fullmatch(passage_id)):
            raise NotFoundError("There is no such case.")
        now = self._clock()
        waiting = self._room.find(gate, passage_id, now)
        case = await self._database.read(lambda connection: load(connection, gate, passage_id, waiting, now))
        if case.waiting is None and case.passage is None:
            raise NotFoundError("There is no such case.")
        return case

    async def act(self, request: web.Request) -> web.Response:
        """Whatever the form's button says: take, take over, give back, look for orders, or decide."""
        session = session_of(request)
        typed = await self._people.form_of(request, session)
        case = await self._case(request)
        match typed.of("action"):
            case "claim" | "take_over" as how:
                return await self._claim(request, session, case, how == "take_over")
            case "give_back":
                return await self._give_back(session, case)
            case _:
                return await self._decide(request, session, case, typed)

    async def _claim(self, request: web.Request, session: Session, case: Case, take_over: bool) -> web.Response:
        now, account = self._clock(), session.account
        if case.waiting is None:
            return await self._page(request, session, case, problem=("form", _GONE))
        held = await self._database.write(
            lambda connection: store.claim(connection, case.gate, case.passage_id, account, now, take_over)
        )
        if not held:
            case = await self._case(request)
            return await self._page(request, session, case, problem=("form", _("Somebody else has taken this case.")))
        if case.claim is None or case.claim.login != account.login:
            self._tell(case)
        return see_other(case.address)

    async def _give_back(self, session: Session, case: Case) -> web.Response:
        now = self._clock()
        await self._database.write(lambda connection: store.give_back(connection, case.gate, case.passage_id, session.account, now))
        self._tell(case)
        return see_other("/desk")

    async def _decide(self, request: web.Request, session: Session, case: Case, typed: Typed) -> web.Response:
        if case.stage(session.account) != "mine" or case.waiting is None or case.passage is None:
            return await self._page(request, session, case, typed, problem=("form", _GONE))
        checked = check(typed, number_fields(case.passage))
        if only_looks(typed):
            return await self._page(request, session, case, typed, checked)
        problems = checked.problems
        stopped = case.waiting.lane.outcome is Outcome.STOP
        if not problems and checked.approved and stopped and not session.account.may(Right.RELEASE_STOPPED):
            problems = (("decision", ANSWERS["not_allowed"]),)
        if problems:
            return await self._page(request, session, case, typed, checked, problems=problems)
        return await self._send(request, session, case, case.waiting.lane, checked)

    async def _send(
        self, request: web.Request, session: Session, case: Case, waiting: WaitingLane, checked: Checked
    ) -> web.Response:
        now, account = self._clock(), session.account
        ruling = RemoteRuling(
            ruling_id=uuid7(now, self._random),
            lane=waiting.lane,
            passage_id=case.passage_id,
            approved=checked.approved,
            person=account.called,
            may_release_stopped=account.may(Right.RELEASE_STOPPED),
            reason=checked.reason,
            order=checked.order,
            corrections=checked.corrections,
            valid_s=store.VALID_FOR.total_seconds(),
        )
        kept = await self._database.write(lambda connection: store.decide(connection, case.gate, ruling, account, now))
        if not kept:
            return await self._page(request, session, await self._case(request), problem=("form", _GONE))
        log.info(
            "desk: %s %s %s passage %s by %s",
            "approved" if ruling.approved else "refused",
            case.gate,
            ruling.lane,
            case.passage_id,
            account.login,
        )
        self._tell(case)
        return see_other(case.address)

    def _tell(self, case: Case) -> None:
        """The gate, and every page that shows the queue."""
        self._bell.ring()
        self._live.tell("desk", gate=case.gate)

    async def _page(
        self,
        request: web.Request,
        session: Session,
        case: Case,
        typed: Typed = NOTHING_TYPED,
        checked: Checked | None = None,
        *,
        problem: Problem | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> web.Response:
        problems = (problem, *problems) if problem else problems
        return await self._pages.answer(
            request,
            "case.html",
            status=HTTPStatus.CONFLICT if problem else HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
            case=case,
            stage=case.stage(session.account),
            account=session.account,
            may_take_over=session.account.may(Right.RELEASE_STOPPED),
            numbers=number_fields(case.passage) if case.passage else (),
            orders=await self._orders(case.passage, checked) if case.passage else (),
            answers=ANSWERS,
            typed=typed,
            problems=problems,
            now=self._clock(),
        )

    async def _orders(self, passage: Passage, checked: Checked | None) -> tuple[TransportOrder, ...]:
        corrections, typed = (checked.corrections, checked.order) if checked else ((), "")
        return await self._database.read(lambda connection: orders_to_pick(connection, passage, corrections, typed))


_GONE: Final = _("This case is not yours to decide any more: look at what has become of it.")
