"""`/webhooks`: whom the platform tells of what, how that goes, and what its keepers do about it."""

from http import HTTPStatus
from typing import Final

from aiohttp import web
from pydantic import ValidationError
from sqlalchemy import Connection

from gateway.look.forms import NOTHING_TYPED, Problem, Typed
from gateway.look.i18n import _
from gateway.platform.accounts.people import People, session_of
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.bodies import query_integer
from gateway.platform.errors import BadRequestError, ConflictError, InvalidError
from gateway.platform.foundation import Foundation
from gateway.platform.operations import MAX_CURSOR
from gateway.platform.pages import Page, Pages, see_other
from gateway.platform.webhooks import outbox
from gateway.platform.webhooks.keeping import Keeping
from gateway.platform.webhooks.messages import MOST_URL, DeliveryPage, NewWebhook, WebhookChange
from gateway.platform.webhooks.standing import Standing, standing, standings

WEBHOOKS: Final = "/webhooks"
ROWS: Final = 50  # deliveries on one page
KINDS: Final = {"order": _("new orders and new versions"), "confirmation": _("verdicts of lanes, and rulings on them")}
_WRONG: Final = {
    "url": _("An address that begins with https:// on the public internet, without a user or a password"),
    "kinds": _("Pick at least one thing to be told of."),
}
_DONE: Final = {"pause": _("Paused. What waited is dropped."), "resume": _("Resumed."), "ping": _("A test event waits to be sent.")}
_IN_THE_WAY: Final = {
    "ping": _("Nothing is sent to a webhook that is paused or given up: resume it first."),
    "secret": _("Five secrets are good at once: wait until the first of them is forgotten."),
}


class WebhookPages:
    """The handlers."""

    def __init__(self, foundation: Foundation, pages: Pages, people: People) -> None:
        self._database, self._clock = foundation.database, foundation.clock
        self._pages, self._people = pages, people
        self._keeping = Keeping(foundation)

    def pages(self) -> tuple[Page, ...]:
        right = Right.SUBSCRIBE
        return (
            Page("GET", WEBHOOKS, self.list, right, for_firms=True, by_person=True),
            Page("POST", WEBHOOKS, self.register, right, for_firms=True, by_person=True),
            Page("GET", f"{WEBHOOKS}/{{webhook}}", self.show, right, for_firms=True, by_person=True),
            Page("POST", f"{WEBHOOKS}/{{webhook}}", self.act, right, for_firms=True, by_person=True),
        )

    async def list(self, request: web.Request) -> web.Response:
        return await self._list_page(request)

    async def _list_page(self, request: web.Request, typed: Typed = NOTHING_TYPED, problem: Problem | None = None) -> web.Response:
        firm, now = viewer_of(request).firm, self._clock()
        return await self._pages.answer(
            request,
            "webhooks.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
            standings=await self._database.read(lambda connection: standings(connection, firm, now)),
            kinds=KINDS,
            most_url=MOST_URL,
            typed=typed,
            problems=(problem,) if problem else (),
        )

    async def register(self, request: web.Request) -> web.Response:
        typed = await self._people.form_of(request, session_of(request))
        try:
            new = NewWebhook(url=typed.of("url"), kinds=[kind for kind in KINDS if typed.of(f"kind_{kind}")])
            made = await self._keeping.register(viewer_of(request), new)
        except ValidationError as error:
            field = str(error.errors()[0]["loc"][0])
            return await self._list_page(request, typed, (field, _WRONG[field]))
        except InvalidError:
            return await self._list_page(request, typed, ("url", _WRONG["url"]))
        except ConflictError:
            return await self._list_page(request, typed, ("form", _("There are 20 webhooks already: take one away first.")))
        return await self._pages.answer(request, "webhook_secret.html", webhook=made, secret=made.secret, old_until=None)

    async def show(self, request: web.Request) -> web.Response:
        return await self._one_page(request)

    async def _one_page(self, request: web.Request, problem: Problem | None = None) -> web.Response:
        before = query_integer(request, "before", 0, 0, MAX_CURSOR)
        one, page = await self._load(request, before)
        return await self._pages.answer(
            request,
            "webhook.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
            one=one,
            deliveries=page,
            before=before,
            kinds=KINDS,
            done=_DONE.get(request.query.get("done", "")),
            problems=(problem,) if problem else (),
        )

    async def _load(self, request: web.Request, before: int = 0) -> tuple[Standing, DeliveryPage]:
        webhook_id, firm, now = request.match_info["webhook"], viewer_of(request).firm, self._clock()

        def load(connection: Connection) -> tuple[Standing, DeliveryPage]:
            one = standing(connection, webhook_id, firm, now)
            return one, outbox.deliveries(connection, webhook_id, before, ROWS, newest=True)

        return await self._database.read(load)

    async def act(self, request: web.Request) -> web.Response:
        """Pause, resume, send a test event, change the secret, or take the webhook away."""
        viewer, webhook_id = viewer_of(request), request.match_info["webhook"]
        action = (await self._people.form_of(request, session_of(request))).of("action")
        try:
            match action:
                case "secret":
                    return await self._new_secret(request)
                case "pause" | "resume":
                    await self._keeping.change(viewer, webhook_id, WebhookChange(active=action == "resume"))
                case "ping":
                    await self._keeping.ping(viewer, webhook_id)
                case "remove":
                    await self._keeping.remove(viewer, webhook_id)
                    return see_other(WEBHOOKS)
                case _:
                    raise BadRequestError("This form is not a page's of this platform.")
        except ConflictError:
            return await self._one_page(request, ("form", _IN_THE_WAY[action]))
        return see_other(f"{WEBHOOKS}/{webhook_id}?done={action}")

    async def _new_secret(self, request: web.Request) -> web.Response:
        """Raises ConflictError where too many are good at once."""
        new = await self._keeping.renew_secret(viewer_of(request), request.match_info["webhook"])
        one, _page = await self._load(request)
        return await self._pages.answer(
            request, "webhook_secret.html", webhook=one.webhook, secret=new.secret, old_until=new.old_until
        )
