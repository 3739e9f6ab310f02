"""How webhooks stand, as their keepers see it: what waits, what was tried last, which secrets sign."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from gateway.platform.database import timestamp
from gateway.platform.webhooks import outbox, store
from gateway.platform.webhooks.messages import Delivery, Webhook
from gateway.platform.webhooks.outbox import EVENTS
from gateway.platform.webhooks.sender import REASONS
from gateway.platform.webhooks.store import OLD_SECRETS


@dataclass(frozen=True, slots=True)
class Standing:
    """`waiting`: events. `last`: the event that was tried last. `old_until`: when no secret but the present one signs any more."""

    webhook: Webhook
    waiting: int
    last: Delivery | None
    old_until: datetime | None

    @property
    def state(self) -> str:
        """`sends`, `fails` (what was tried last was not taken), `given_up`, `paused`."""
        if not self.webhook.active:
            return "given_up" if self.webhook.note else "paused"
        return "fails" if self.last and self.last.delivered_at is None else "sends"

    @property
    def why(self) -> str:
        """Why it was given up: a message id of the catalogue; empty where it was not."""
        return next((reason for reason in REASONS if reason in self.webhook.note), self.webhook.note)


def standings(connection: Connection, firm: str | None, now: datetime) -> tuple[Standing, ...]:
    """Of a firm's webhooks; of all where None asks."""
    return _standings(connection, store.all_of(connection, firm), now)


def standing(connection: Connection, webhook_id: str, firm: str | None, now: datetime) -> Standing:
    """Raises NotFoundError, also where it is another firm's."""
    return _standings(connection, [store.find(connection, webhook_id, firm)], now)[0]


def _standings(connection: Connection, webhooks: Collection[Webhook], now: datetime) -> tuple[Standing, ...]:
    ids = [one.id for one in webhooks]
    ours = EVENTS.c.webhook_id.in_(ids)
    count = select(EVENTS.c.webhook_id, func.count().label("number")).where(ours, EVENTS.c.delivered_at.is_(None))
    waiting = {row.webhook_id: row.number for row in connection.execute(count.group_by(EVENTS.c.webhook_id))}
    # An event is tried when those before it are delivered: the last one that was tried is the newest of those.
    newest = select(func.max(EVENTS.c.cursor)).where(ours, EVENTS.c.attempts > 0).group_by(EVENTS.c.webhook_id)
    last = {row.webhook_id: outbox.delivery(row) for row in connection.execute(select(EVENTS).where(EVENTS.c.cursor.in_(newest)))}
    old = OLD_SECRETS.c
    good = select(old.webhook_id, func.max(old.good_until)).where(old.webhook_id.in_(ids), old.good_until > timestamp(now))
    until = {webhook_id: datetime.fromisoformat(at) for webhook_id, at in connection.execute(good.group_by(old.webhook_id))}
    return tuple(Standing(one, waiting.get(one.id, 0), last.get(one.id), until.get(one.id)) for one in webhooks)
