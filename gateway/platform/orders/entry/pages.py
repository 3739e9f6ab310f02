"""`/orders/new`: the form that a depot's clerk fills in for one order (CN 單輸入). Works without scripts."""

import logging
from http import HTTPStatus

from aiohttp import web
from sqlalchemy import Connection

from gateway.model.codes import CODES
from gateway.model.transport_order import TransportOrder
from gateway.platform.accounts.people import People, session_of
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.store import Act, Session, note
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.errors import ConflictError
from gateway.platform.foundation import Foundation
from gateway.platform.orders import store
from gateway.platform.orders.audience import Audience
from gateway.platform.orders.entry import form as forms
from gateway.platform.orders.entry.fields import BY_PATH, field_of
from gateway.platform.orders.entry.form import Form
from gateway.platform.orders.entry.issuing import NO_SERIALS, Issued, Issuing
from gateway.platform.orders.entry.numbering import Issuer
from gateway.platform.orders.entry.reading import Reading, Remark, read
from gateway.platform.orders.entry.suggestions import Suggestions, suggest
from gateway.platform.pages import Page, Pages

log = logging.getLogger(__name__)


class EntryPages:
    """The handlers."""

    def __init__(self, foundation: Foundation, pages: Pages, people: People) -> None:
        self._database, self._clock, self._metrics = foundation.database, foundation.clock, foundation.metrics
        self._bell, self._audience = foundation.bell, Audience(foundation)
        self._pages, self._people = pages, people

    def pages(self) -> tuple[Page, ...]:
        return (
            Page("GET", "/orders/new", self.show, Right.SEND_ORDERS, for_firms=True, by_person=True),
            Page("POST", "/orders/new", self.take, Right.SEND_ORDERS, for_firms=True, by_person=True),
        )

    async def show(self, request: web.Request) -> web.Response:
        """Empty, or filled in from the order that `?copy=` names. Raises NotFoundError for one that the person may not see."""
        firm, now = viewer_of(request).firm, self._clock()
        known, earlier = await self._database.read(lambda connection: _begin(connection, request.query.get("copy", ""), firm))
        form = forms.copied(earlier, known, firm, now) if earlier else forms.fresh(known, firm, now)
        return await self._page(request, form, known)

    async def take(self, request: web.Request) -> web.Response:
        session, firm = session_of(request), viewer_of(request).firm
        sent = await self._people.form_of(request, session, forms.MOST_BYTES, forms.MOST_FIELDS)
        action = sent.of("action")
        values = {name: text for name, text in sent.values.items() if name not in {"action", "form_token"}}
        if action in {"seals", "cargo"}:
            return await self._again(request, forms.typed(values, None, more=action))
        reading = read(forms.to_read(values), firm, self._clock())
        if reading.order is None or (reading.odd and action != "as_it_is"):
            return await self._again(request, forms.typed(values, reading), HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            issued = await self._issue(reading.order, reading.issuer, session)
        except ConflictError:
            none_left = Reading(None, None, (Remark("form", NO_SERIALS),))
            return await self._again(request, forms.typed(values, none_left), HTTPStatus.CONFLICT)
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"/orders/{issued.order_number}"})

    async def _issue(self, order: TransportOrder, issuer: Issuer | None, session: Session) -> Issued:
        now, who = self._clock(), session.account.called

        def work(connection: Connection) -> Issued:
            issued = Issuing(connection, now).issue(order, issuer)
            if not issued.repeated:
                note(connection, Act(now, who, "issued order", issued.order_number))
            return issued

        issued = await self._database.write(work)
        self._metrics.orders.labels("repeated" if issued.repeated else "stored").inc()
        if not issued.repeated:
            self._bell.ring()
            await self._audience.tell("order", [issued.order_number], order_number=issued.order_number)
            log.info("order %s issued by %s", issued.order_number, session.account.login)
        return issued

    async def _again(self, request: web.Request, form: Form, status: int = HTTPStatus.OK) -> web.Response:
        firm = viewer_of(request).firm
        return await self._page(request, form, await self._database.read(lambda connection: suggest(connection, firm)), status)

    async def _page(self, request: web.Request, form: Form, known: Suggestions, status: int = HTTPStatus.OK) -> web.Response:
        return await self._pages.answer(
            request,
            "order_form.html",
            status=status,
            form=form,
            known=known,
            codes=CODES,
            fields=BY_PATH,
            field_of=field_of,
            most_items=forms.MOST_ITEMS,
        )


def _begin(connection: Connection, copy: str, firm: str | None) -> tuple[Suggestions, TransportOrder | None]:
    return suggest(connection, firm), store.find(connection, copy, firm).order if copy else None
