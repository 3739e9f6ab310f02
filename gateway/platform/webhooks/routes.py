"""`/api/webhooks`: whom the platform tells of what. A firm keeps its own, which get what the firm may see and nothing else."""

from functools import partial

from aiohttp import web
from sqlalchemy import Connection

from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.answers import json_answer, require_unchanged
from gateway.platform.bodies import parse, query_choice, query_integer, read_json
from gateway.platform.foundation import Foundation
from gateway.platform.operations import DIRECTION, IF_MATCH, LIMIT, MAX_CURSOR, MAX_LIMIT, Body, Operation, Parameter, Reply, after
from gateway.platform.webhooks import outbox, store
from gateway.platform.webhooks.keeping import Keeping
from gateway.platform.webhooks.messages import (
    NEW_WEBHOOK,
    WEBHOOK_CHANGE,
    CreatedWebhook,
    Delivery,
    DeliveryPage,
    NewSecret,
    NewWebhook,
    Webhook,
    WebhookChange,
    WebhookList,
)

MOST_BYTES = 8 << 10
WEBHOOK = Parameter("webhook", "path", "Id of the webhook", {"type": "string", "maxLength": 36})


class WebhookRoutes:
    """Registers, shows, changes and takes away; what is sent is the sender's."""

    def __init__(self, foundation: Foundation) -> None:
        self._database = foundation.database
        self._keeping = Keeping(foundation)

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
                "POST",
                "/api/webhooks/{webhook}/secret",
                self.renew_secret,
                summary="A new secret, which only this answer shows; for 24 hours each message is signed with the one before, too",
                tag="webhooks",
                parameters=(WEBHOOK,),
                replies=(Reply(200, "It signs from now on", NewSecret),),
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
        return json_answer(201, await self._keeping.register(viewer_of(request), new))

    async def list(self, request: web.Request) -> web.Response:
        firm = viewer_of(request).firm
        return json_answer(200, WebhookList(items=await self._database.read(lambda connection: store.all_of(connection, firm))))

    async def show(self, request: web.Request) -> web.Response:
        webhook_id, firm = request.match_info["webhook"], viewer_of(request).firm
        return json_answer(200, await self._database.read(lambda connection: store.find(connection, webhook_id, firm)))

    async def change(self, request: web.Request) -> web.Response:
        wanted: WebhookChange = parse(WebhookChange, await read_json(request, MOST_BYTES))
        unchanged = partial(require_unchanged, request)
        return json_answer(200, await self._keeping.change(viewer_of(request), request.match_info["webhook"], wanted, unchanged))

    async def remove(self, request: web.Request) -> web.Response:
        await self._keeping.remove(viewer_of(request), request.match_info["webhook"], partial(require_unchanged, request))
        return web.Response(status=204)

    async def ping(self, request: web.Request) -> web.Response:
        return json_answer(202, await self._keeping.ping(viewer_of(request), request.match_info["webhook"]))

    async def renew_secret(self, request: web.Request) -> web.Response:
        return json_answer(200, await self._keeping.renew_secret(viewer_of(request), request.match_info["webhook"]))

    async def deliveries(self, request: web.Request) -> web.Response:
        start = query_integer(request, "after", 0, 0, MAX_CURSOR)
        most = query_integer(request, "limit", 100, 1, MAX_LIMIT)
        newest = query_choice(request, "direction", ("oldest", "newest")) == "newest"
        webhook_id, firm = request.match_info["webhook"], viewer_of(request).firm

        def work(connection: Connection) -> DeliveryPage:
            store.find(connection, webhook_id, firm)
            return outbox.deliveries(connection, webhook_id, start, most, newest)

        return json_answer(200, await self._database.read(work))
