"""Webhooks in the database. Their secrets can be read from it, as each message is signed with one."""

from typing import Final

from sqlalchemy import Boolean, Column, ColumnElement, Connection, Row, String, Table, Text, func, select, true

from gateway.platform.database import METADATA, timestamp
from gateway.platform.errors import ConflictError, NotFoundError
from gateway.platform.webhooks.messages import Webhook, WebhookChange

MOST_OF_ONE: Final = 20  # webhooks of one firm, or of Customs
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


def secret_of(connection: Connection, webhook_id: str) -> str | None:
    """None where the webhook was taken away meanwhile."""
    return connection.execute(select(WEBHOOKS.c.secret).where(WEBHOOKS.c.id == webhook_id)).scalar()


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
    connection.execute(WEBHOOKS.delete().where(WEBHOOKS.c.id == webhook_id))
