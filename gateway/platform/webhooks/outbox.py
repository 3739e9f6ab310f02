"""Events that wait to be sent. They are written in the transaction of what they tell of: neither is there without the other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, ForeignKey, Index, Integer, String, Table, Text, func, select, text

from gateway.model.clock import Clock
from gateway.platform.database import CURSOR, METADATA, timestamp
from gateway.platform.webhooks.messages import Delivery, DeliveryPage, Event, Kind
from gateway.platform.webhooks.store import WEBHOOKS

KEEP: Final = timedelta(days=7)  # what was delivered can be looked up for so long
MOST_WAITING: Final = 100_000  # for one webhook: ten days of a busy port
LONGEST_ERROR: Final = 200  # characters
_WAITS: Final = "delivered_at IS NULL"
EVENTS = Table(
    "webhook_events",
    METADATA,
    Column("cursor", CURSOR, primary_key=True, autoincrement=True),
    Column("webhook_id", String(36), ForeignKey("webhooks.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("at", String(27), nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_status", Integer, nullable=True),
    Column("last_error", Text, nullable=False),
    Column("delivered_at", String(27), nullable=True),
    Index("webhook_events_webhook", "webhook_id", "cursor"),
    Index("webhook_events_waiting", "webhook_id", "cursor", sqlite_where=text(_WAITS), postgresql_where=text(_WAITS)),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The event that is to be sent next to one webhook."""

    cursor: int
    webhook_id: str
    url: str
    body: bytes
    attempts: int
    failing_since: datetime | None

    @property
    def event_id(self) -> str:
        return event_id(self.cursor)


def event_id(cursor: int) -> str:
    return f"evt_{cursor}"


def tell(connection: Connection, kind: Kind, now: datetime, news: Iterable[Callable[[str | None], Event | None]]) -> None:
    """Queue what is new for every webhook that wants its kind. `news` give what a firm (BAN; None: Customs) may see of each."""
    rows = connection.execute(select(WEBHOOKS.c.id, WEBHOOKS.c.firm, WEBHOOKS.c.kinds).where(WEBHOOKS.c.active)).all()
    wanting = [row for row in rows if kind in row.kinds.split(",")]
    for event_for in news if wanting else ():
        for row in wanting:
            event = event_for(row.firm)
            if event is not None:
                tell_one(connection, row.id, kind, now, event)


def tell_one(connection: Connection, webhook_id: str, kind: Kind, now: datetime, event: Event) -> int:
    """Queue an event for one webhook; gives its cursor."""
    values = {"webhook_id": webhook_id, "kind": kind.value, "at": timestamp(now), "body": event.model_dump_json()}
    added = connection.execute(EVENTS.insert().values(**values, attempts=0, last_error=""))
    return int(added.inserted_primary_key[0])  # type: ignore[index]  # an INSERT of one row always has one


def due(connection: Connection, clock: Clock) -> tuple[Waiting, ...]:
    """Of every webhook whose pause is over, the oldest event that waits."""
    others = EVENTS.alias("others")
    ours = (others.c.webhook_id == WEBHOOKS.c.id) & others.c.delivered_at.is_(None)
    oldest = select(func.min(others.c.cursor)).where(ours).correlate(WEBHOOKS).scalar_subquery()
    query = (
        select(EVENTS, WEBHOOKS.c.url, WEBHOOKS.c.failing_since, WEBHOOKS.c.next_attempt_at)
        .join_from(WEBHOOKS, EVENTS, EVENTS.c.cursor == oldest)
        .where(WEBHOOKS.c.active)
        .order_by(EVENTS.c.cursor)
    )
    rows = connection.execute(query).all()
    now = timestamp(clock()) if rows else ""
    return tuple(
        Waiting(
            row.cursor,
            row.webhook_id,
            row.url,
            row.body.encode(),
            row.attempts,
            datetime.fromisoformat(row.failing_since) if row.failing_since else None,
        )
        for row in rows
        if row.next_attempt_at <= now
    )


def was_taken(connection: Connection, event: Waiting, status: int, now: datetime) -> None:
    """The receiver has it: the next one may go at once. What was delivered long ago is forgotten."""
    done = {"attempts": event.attempts + 1, "last_status": status, "last_error": "", "delivered_at": timestamp(now)}
    connection.execute(EVENTS.update().where(EVENTS.c.cursor == event.cursor).values(done))
    ours = WEBHOOKS.c.id == event.webhook_id
    connection.execute(WEBHOOKS.update().where(ours).values(failing_since=None, next_attempt_at=""))
    old = (EVENTS.c.webhook_id == event.webhook_id) & (EVENTS.c.delivered_at < timestamp(now - KEEP))
    connection.execute(EVENTS.delete().where(old))


def was_not_taken(
    connection: Connection, event: Waiting, status: int | None, error: str, now: datetime, again_at: datetime
) -> None:
    """Note the failed attempt; the webhook's next one is at `again_at`."""
    tried = {"attempts": event.attempts + 1, "last_status": status, "last_error": error[:LONGEST_ERROR]}
    connection.execute(EVENTS.update().where(EVENTS.c.cursor == event.cursor).values(tried))
    since = timestamp(event.failing_since or now)
    values = {"failing_since": since, "next_attempt_at": timestamp(again_at)}
    # Whoever changed the webhook meanwhile, to begin anew, is not made to wait for what failed before.
    same = (WEBHOOKS.c.id == event.webhook_id) & (WEBHOOKS.c.url == event.url)
    connection.execute(WEBHOOKS.update().where(same).values(values))


def waiting(connection: Connection, webhook_id: str) -> int:
    """How many events wait for a webhook."""
    ours = (EVENTS.c.webhook_id == webhook_id) & EVENTS.c.delivered_at.is_(None)
    return connection.execute(select(func.count()).select_from(EVENTS).where(ours)).scalar_one()


def give_up(connection: Connection, webhook_id: str, note: str) -> None:
    """Send nothing more to a webhook, and drop what waits, until somebody begins with it anew."""
    connection.execute(WEBHOOKS.update().where(WEBHOOKS.c.id == webhook_id).values(active=False, note=note))
    drop_waiting(connection, webhook_id)


def drop_waiting(connection: Connection, webhook_id: str) -> None:
    connection.execute(EVENTS.delete().where(EVENTS.c.webhook_id == webhook_id, EVENTS.c.delivered_at.is_(None)))


def forget(connection: Connection, webhook_id: str) -> None:
    """All events of a webhook that is taken away."""
    connection.execute(EVENTS.delete().where(EVENTS.c.webhook_id == webhook_id))


def deliveries(connection: Connection, webhook_id: str, after: int, limit: int, newest: bool) -> DeliveryPage:
    """Events of a webhook, behind `after` in the chosen direction (0: from its start)."""
    cursor = EVENTS.c.cursor
    query = select(EVENTS).where(EVENTS.c.webhook_id == webhook_id).order_by(cursor.desc() if newest else cursor).limit(limit + 1)
    if after:
        query = query.where(cursor < after if newest else cursor > after)
    rows = connection.execute(query).all()
    items = tuple(
        Delivery(
            cursor=row.cursor,
            event_id=event_id(row.cursor),
            kind=row.kind,
            at=row.at,
            attempts=row.attempts,
            last_status=row.last_status,
            last_error=row.last_error,
            delivered_at=row.delivered_at,
        )
        for row in rows[:limit]
    )
    return DeliveryPage(items=items, cursor=items[-1].cursor if items else after, more=len(rows) > limit)
