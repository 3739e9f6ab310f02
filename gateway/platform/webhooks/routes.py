"""`/api/webhooks`: whom the platform tells of what. A firm keeps its own, which get what the firm may see and nothing else."""

from aiohttp import web
from sqlalchemy import Connection

from gateway.model.clock import uuid7
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.store import Act, note
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.answers import json_answer, require_unchanged
from gateway.platform.bodies import field_problems, parse, query_choice, query_integer, read_json
from gateway.platform.errors import ConflictError, InvalidError
from gateway.platform.foundation import Foundation
from gateway.platform.operations import DIRECTION, IF_MATCH, LIMIT, MAX_CURSOR, MAX_LIMIT, Body, Operation, Parameter, Reply, after
from gateway.platform.webhooks import outbox, store
from gateway.platform.webhooks.messages import (
    NEW_WEBHOOK,
    WEBHOOK_CHANGE,
    CreatedWebhook,
    Delivery,
    DeliveryPage,
    Kind,
    NewWebhook,
    PingEvent,
    PingNews,
    Webhook,
    WebhookChange,
    WebhookList,
)
from gateway.platform.webhooks.signature import new_secret
from gateway.platform.webhooks.targets import ForbiddenTargetError, Targets

MOST_BYTES = 8 << 10
WEBHOOK = Parameter("webhook", "path", "Id of the webhook", {"type": "string", "maxLength": 36})


class WebhookRoutes:
    """Registers, shows, changes and takes away; what is sent is the sender's."""

    def __init__(self, foundation: Foundation) -> None:
        self._database, self._clock, self._random = foundation.database, foundation.clock, foundation.random
        self._targets = Targets(foundation.settings.webhook_networks)

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "POST",
                "/api/webhooks",
                self.add,
                summary="Be told of events at an address of your own, signed with a secret that only this answer shows",
                tag="webhooks",
                body=Body("Where to, and what of", (NewWebhook,), example=NEW_WEBHOOK),
                replies=(Reply(201, "Registered", CreatedWebhook),),
                problems=(400, 408, 409, 413, 415, 422, 503, 507),
                right=Right.SUBSCRIBE,
                for_firms=True,
            ),
            Operation(
                "GET",
                "/api/webhooks",
                self.list,
                summary="All webhooks, of a firm its own",
                tag="webhooks",
                replies=(Reply(200, "The webhooks", WebhookList),),
                right=Right.SUBSCRIBE,
                for_firms=True,
            ),
            Operation(
                "GET",
                "/api/webhooks/{webhook}",
                self.show,
                summary="One webhook",
                tag="webhooks",
                parameters=(WEBHOOK,),
                replies=(Reply(200, "The webhook", Webhook),),
                problems=(404,),
                right=Right.SUBSCRIBE,
                for_firms=True,
                tagged=True,
            ),
            Operation(
                "PATCH",
                "/api/webhooks/{webhook}",
                self.change,
                summary="Send elsewhere, tell of something else, stop, or begin anew",
                tag="webhooks",
                parameters=(WEBHOOK, IF_MATCH),
                body=Body("What changes", (WebhookChange,), example=WEBHOOK_CHANGE),
                replies=(Reply(200, "As it is now", Webhook),),
                problems=(400, 404, 408, 412, 413, 415, 422, 503, 507),
                right=Right.SUBSCRIBE,
                for_firms=True,
            ),
            Operation(
                "DELETE",
                "/api/webhooks/{webhook}",
                self.remove,
                summary="Take a webhook away, with all that waits for it",
                tag="webhooks",
                parameters=(WEBHOOK, IF_MATCH),
                replies=(Reply(204, "It is gone", media=""),),
                problems=(404, 412, 503, 507),
                right=Right.SUBSCRIBE,
                for_firms=True,
            ),
            Operation(
                "POST",
                "/api/webhooks/{webhook}/ping",
                self.ping,
                summary="Send a test event; `/deliveries` shows what became of it",
                tag="webhooks",
                parameters=(WEBHOOK,),
                replies=(Reply(202, "It waits to be sent", Delivery),),
                problems=(404, 409, 503, 507),
                right=Right.SUBSCRIBE,
                for_firms=True,
            ),
            Operation(
                "GET",
                "/api/webhooks/{webhook}/deliveries",
                self.deliveries,
                summary="What was sent to a webhook in the last week, what waits, and what the receiver answered last",
                tag="webhooks",
                parameters=(WEBHOOK, after("Cursor of the page before; 0 for the first page"), LIMIT, DIRECTION),
                replies=(Reply(200, "A page of deliveries", DeliveryPage),),
                problems=(400, 404),
                right=Right.SUBSCRIBE,
                for_firms=True,
            ),
        )

    async def add(self, request: web.Request) -> web.Response:
        new: NewWebhook = parse(NewWebhook, await read_json(request, MOST_BYTES))
        self._check_target(new.url)
        viewer, now = viewer_of(request), self._clock()
        webhook = Webhook(
            id=uuid7(now, self._random),
            firm=viewer.firm,
            url=new.url,
            kinds=tuple(sorted(set(new.kinds))),
            active=True,
            note="",
            created_at=now,
        )
        secret = new_secret(self._random)

        def work(connection: Connection) -> None:
            store.add(connection, webhook, secret)
            note(connection, Act(now, viewer.name, "made a webhook", f"{webhook.id} {webhook.url}"))

        await self._database.write(work)
        return json_answer(201, CreatedWebhook(**dict(webhook), secret=secret))

    async def list(self, request: web.Request) -> web.Response:
        firm = viewer_of(request).firm
        return json_answer(200, WebhookList(items=await self._database.read(lambda connection: store.all_of(connection, firm))))

    async def show(self, request: web.Request) -> web.Response:
        webhook_id, firm = request.match_info["webhook"], viewer_of(request).firm
        return json_answer(200, await self._database.read(lambda connection: store.find(connection, webhook_id, firm)))

    async def change(self, request: web.Request) -> web.Response:
        wanted: WebhookChange = parse(WebhookChange, await read_json(request, MOST_BYTES))
        if wanted.url is not None:
            self._check_target(wanted.url)
        webhook_id, viewer, now = request.match_info["webhook"], viewer_of(request), self._clock()

        def work(connection: Connection) -> Webhook:
            require_unchanged(request, store.find(connection, webhook_id, viewer.firm))
            changed = store.change(connection, webhook_id, wanted)
            if not changed.active:
                outbox.drop_waiting(connection, webhook_id)
            note(
                connection, Act(now, viewer.name, "changed a webhook", f"{webhook_id} {wanted.model_dump_json(exclude_none=True)}")
            )
            return changed

        return json_answer(200, await self._database.write(work))

    async def remove(self, request: web.Request) -> web.Response:
        webhook_id, viewer, now = request.match_info["webhook"], viewer_of(request), self._clock()

        def work(connection: Connection) -> None:
            require_unchanged(request, store.find(connection, webhook_id, viewer.firm))
            outbox.forget(connection, webhook_id)
            store.remove(connection, webhook_id)
            note(connection, Act(now, viewer.name, "took a webhook away", webhook_id))

        await self._database.write(work)
        return web.Response(status=204)

    async def ping(self, request: web.Request) -> web.Response:
        webhook_id, firm, now = request.match_info["webhook"], viewer_of(request).firm, self._clock()

        def work(connection: Connection) -> Delivery:
            if not store.find(connection, webhook_id, firm).active:
                raise ConflictError("This webhook is not active; make it so first.")
            event = PingEvent(timestamp=now, data=PingNews(webhook=webhook_id))
            cursor = outbox.tell_one(connection, webhook_id, Kind.PING, now, event)
            return outbox.deliveries(connection, webhook_id, cursor - 1, 1, newest=False).items[0]

        return json_answer(202, await self._database.write(work))

    async def deliveries(self, request: web.Request) -> web.Response:
        start = query_integer(request, "after", 0, 0, MAX_CURSOR)
        most = query_integer(request, "limit", 100, 1, MAX_LIMIT)
        newest = query_choice(request, "direction", ("oldest", "newest")) == "newest"
        webhook_id, firm = request.match_info["webhook"], viewer_of(request).firm

        def work(connection: Connection) -> DeliveryPage:
            store.find(connection, webhook_id, firm)
            return outbox.deliveries(connection, webhook_id, start, most, newest)

        return json_answer(200, await self._database.read(work))

    def _check_target(self, url: str) -> None:
        """Raises InvalidError for an address to which nothing may be sent."""
        try:
            self._targets.check(url)
        except ForbiddenTargetError as error:
            raise InvalidError("Nothing can be sent to this address.", field_problems([("url", str(error))])) from None
