"""What the keepers of webhooks do with them, by the interface and by its pages alike. Each act is in the audit trail."""

from collections.abc import Callable

from sqlalchemy import Connection

from gateway.look.i18n import _
from gateway.model.clock import uuid7
from gateway.platform.accounts.store import Act, note
from gateway.platform.accounts.viewer import Viewer
from gateway.platform.bodies import field_problems
from gateway.platform.errors import ConflictError, InvalidError
from gateway.platform.foundation import Foundation
from gateway.platform.webhooks import outbox, store
from gateway.platform.webhooks.messages import (
    CreatedWebhook,
    Delivery,
    Kind,
    NewSecret,
    NewWebhook,
    PingEvent,
    PingNews,
    Webhook,
    WebhookChange,
)
from gateway.platform.webhooks.signature import new_secret
from gateway.platform.webhooks.targets import ForbiddenTargetError, Targets

MayChange = Callable[[Webhook], None]  # looks at the webhook as it stands; raises a Refusal


def whatever_it_is(_webhook: Webhook) -> None:
    """Change it however it stands."""


class Keeping:
    """Every act raises NotFoundError for a webhook that is none of the viewer's."""

    def __init__(self, foundation: Foundation) -> None:
        self._database, self._clock, self._random = foundation.database, foundation.clock, foundation.random
        self._targets = Targets(foundation.settings.webhook_networks)

    async def register(self, viewer: Viewer, new: NewWebhook) -> CreatedWebhook:
        """Raises InvalidError for where nothing may be sent, ConflictError where there are too many."""
        self._check_target(new.url)
        now = self._clock()
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
            note(connection, Act(now, viewer.name, _("made a webhook"), f"{webhook.id} {webhook.url}"))

        await self._database.write(work)
        return CreatedWebhook(**dict(webhook), secret=secret)

    async def change(
        self, viewer: Viewer, webhook_id: str, wanted: WebhookChange, may_change: MayChange = whatever_it_is
    ) -> Webhook:
        """Raises InvalidError for where nothing may be sent."""
        if wanted.url is not None:
            self._check_target(wanted.url)
        now = self._clock()

        def work(connection: Connection) -> Webhook:
            may_change(store.find(connection, webhook_id, viewer.firm))
            changed = store.change(connection, webhook_id, wanted)
            if not changed.active:
                outbox.drop_waiting(connection, webhook_id)
            about = f"{webhook_id} {wanted.model_dump_json(exclude_none=True)}"
            note(connection, Act(now, viewer.name, _("changed a webhook"), about))
            return changed

        return await self._database.write(work)

    async def remove(self, viewer: Viewer, webhook_id: str, may_change: MayChange = whatever_it_is) -> None:
        now = self._clock()

        def work(connection: Connection) -> None:
            may_change(store.find(connection, webhook_id, viewer.firm))
            outbox.forget(connection, webhook_id)
            store.remove(connection, webhook_id)
            note(connection, Act(now, viewer.name, _("took a webhook away"), webhook_id))

        await self._database.write(work)

    async def ping(self, viewer: Viewer, webhook_id: str) -> Delivery:
        """Raises ConflictError for a webhook to which nothing is sent."""
        now = self._clock()

        def work(connection: Connection) -> Delivery:
            if not store.find(connection, webhook_id, viewer.firm).active:
                raise ConflictError("This webhook is not active; make it so first.")
            event = PingEvent(timestamp=now, data=PingNews(webhook=webhook_id))
            cursor = outbox.tell_one(connection, webhook_id, Kind.PING, now, event)
            note(connection, Act(now, viewer.name, _("sent a test event"), webhook_id))
            return outbox.deliveries(connection, webhook_id, cursor - 1, 1, newest=False).items[0]

        return await self._database.write(work)

    async def renew_secret(self, viewer: Viewer, webhook_id: str) -> NewSecret:
        """Raises ConflictError where too many secrets are good at once."""
        now, secret = self._clock(), new_secret(self._random)

        def work(connection: Connection) -> NewSecret:
            store.find(connection, webhook_id, viewer.firm)
            old_until = store.renew_secret(connection, webhook_id, secret, now)
            note(connection, Act(now, viewer.name, _("changed a webhook's secret"), webhook_id))
            return NewSecret(secret=secret, old_until=old_until)

        return await self._database.write(work)

    def _check_target(self, url: str) -> None:
        """Raises InvalidError for an address to which nothing may be sent."""
        try:
            self._targets.check(url)
        except ForbiddenTargetError as error:
            raise InvalidError("Nothing can be sent to this address.", field_problems([("url", str(error))])) from None
