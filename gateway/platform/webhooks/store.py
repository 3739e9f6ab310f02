"""Webhooks in the database. Their secrets can be read from it, as each message is signed with one."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Boolean, Column, ColumnElement, Connection, ForeignKey, Row, String, Table, Text, func, select, true

from gateway.platform.database import METADATA, timestamp
from gateway.platform.errors import ConflictError, NotFoundError
from gateway.platform.webhooks.messages import Webhook, WebhookChange

MOST_OF_ONE: Final = 20  # webhooks of one firm, or of Customs
OVERLAP: Final = timedelta(hours=24)  # a receiver learns the new secret on a working day
MOST_SECRETS: Final = 5  # that sign one message: each is 47 characters of its head
WEBHOOKS = Table(
    "webhooks",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("firm", String(8), nullable=True),
    Column("url", Text, nullable=False),
    Column("kinds", String(100), nullable=False),
    Column("secret", String(80), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("failing_since", String(27), nullable=True),
    Column("next_attempt_at", String(27), nullable=False),  # empty: at once
)
OLD_SECRETS = Table(
    "webhook_old_secrets",
    METADATA,
    Column("webhook_id", String(36), ForeignKey("webhooks.id"), primary_key=True),
    Column("secret", String(80), primary_key=True),
    Column("good_until", String(27), nullable=False),
)


def _webhook(row: Row[tuple[object, ...]]) -> Webhook:
    return Webhook(
        id=row.id,
        firm=row.firm,
        url=row.url,
        kinds=tuple(row.kinds.split(",")),
        active=row.active,
        note=row.note,
        created_at=row.created_at,
    )


def _of(firm: str | None) -> ColumnElement[bool]:
    """A firm's own; all of them where None asks."""
    return true() if firm is None else WEBHOOKS.c.firm == firm


def add(connection: Connection, webhook: Webhook, secret: str) -> None:
    """Raises ConflictError where there are too many already."""
    same = WEBHOOKS.c.firm.is_(None) if webhook.firm is None else WEBHOOKS.c.firm == webhook.firm
    if connection.execute(select(func.count()).select_from(WEBHOOKS).where(same)).scalar_one() >= MOST_OF_ONE:
        raise ConflictError(f"There are {MOST_OF_ONE} webhooks already; take one away first.")
    values = webhook.model_dump() | {"kinds": ",".join(webhook.kinds), "created_at": timestamp(webhook.created_at)}
    connection.execute(WEBHOOKS.insert().values(**values, secret=secret, next_attempt_at=""))


def all_of(connection: Connection, firm: str | None) -> tuple[Webhook, ...]:
    rows = connection.execute(select(WEBHOOKS).where(_of(firm)).order_by(WEBHOOKS.c.id))
    return tuple(_webhook(row) for row in rows)


def find(connection: Connection, webhook_id: str, firm: str | None) -> Webhook:
    """Raises NotFoundError, also where it is another firm's."""
    row = connection.execute(select(WEBHOOKS).where(WEBHOOKS.c.id == webhook_id, _of(firm))).first()
    if row is None:
        raise NotFoundError("There is no such webhook here.")
    return _webhook(row)


def secrets_of(connection: Connection, webhook_id: str, now: datetime) -> tuple[str, ...]:
    """What a message is signed with: the secret, and those before it that are still good. Empty where the webhook is gone."""
    secret = connection.execute(select(WEBHOOKS.c.secret).where(WEBHOOKS.c.id == webhook_id)).scalar()
    if secret is None:
        return ()
    old = OLD_SECRETS.c
    query = select(old.secret).where(old.webhook_id == webhook_id, old.good_until > timestamp(now)).order_by(old.good_until.desc())
    return (secret, *connection.execute(query).scalars())


def renew_secret(connection: Connection, webhook_id: str, secret: str, now: datetime) -> datetime:
    """From now on `secret` signs, until the time that this gives beside the one before it.

    Raises ConflictError where too many are good at once.
    """
    before = secrets_of(connection, webhook_id, now)
    if len(before) >= MOST_SECRETS:
        raise ConflictError(f"{MOST_SECRETS} secrets of this webhook are good at once; wait until the first of them is forgotten.")
    until = now + OVERLAP
    connection.execute(OLD_SECRETS.insert().values(webhook_id=webhook_id, secret=before[0], good_until=timestamp(until)))
    connection.execute(WEBHOOKS.update().where(WEBHOOKS.c.id == webhook_id).values(secret=secret))
    return until


def forget_old_secrets(connection: Connection, now: datetime) -> None:
    """Those whose time is over."""
    connection.execute(OLD_SECRETS.delete().where(OLD_SECRETS.c.good_until <= timestamp(now)))


def change(connection: Connection, webhook_id: str, wanted: WebhookChange) -> Webhook:
    """The webhook as it is then. Whatever was failing is tried anew."""
    values: dict[str, object] = {"failing_since": None, "next_attempt_at": ""}
    if wanted.url is not None:
        values["url"] = wanted.url
    if wanted.kinds is not None:
        values["kinds"] = ",".join(sorted(set(wanted.kinds)))
    if wanted.active is not None:
        values |= {"active": wanted.active, "note": ""}
    connection.execute(WEBHOOKS.update().where(WEBHOOKS.c.id == webhook_id).values(values))
    return find(connection, webhook_id, None)


def remove(connection: Connection, webhook_id: str) -> None:
    connection.execute(OLD_SECRETS.delete().where(OLD_SECRETS.c.webhook_id == webhook_id))
    connection.execute(WEBHOOKS.delete().where(WEBHOOKS.c.id == webhook_id))
