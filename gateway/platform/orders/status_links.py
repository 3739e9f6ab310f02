"""Links by which whoever has one sees how far one order has come, and nothing else; until they expire or are revoked.

A link is 256 bits of chance and is stored hashed: it is shown once, when it is made. A firm's link ends with the firm's part in the
order.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, ColumnElement, Connection, Index, String, Table, delete, select, true

from gateway.model.clock import RandomBytes
from gateway.platform.accounts.store import Act, note
from gateway.platform.accounts.viewer import Viewer
from gateway.platform.database import METADATA, timestamp
from gateway.platform.orders.store import PARTIES

TOKEN_BYTES: Final = 32
DAYS: Final = (1, 7, 30)  # for which a link may be made
MOST: Final = 50  # of one order at a time

LINKS = Table(
    "order_status_links",
    METADATA,
    Column("token_sha256", String(64), primary_key=True),
    Column("order_number", String(20), nullable=False),
    Column("firm", String(8), nullable=True),
    Column("made_by", String(64), nullable=False),
    Column("made_at", String(27), nullable=False),
    Column("expires_at", String(27), nullable=False),
    Index("order_status_links_order_number", "order_number"),
)


@dataclass(frozen=True, slots=True)
class Link:
    """`name`: what it is revoked by; nothing can be opened with it."""

    name: str
    made_by: str
    made_at: datetime
    expires_at: datetime


def _name(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def make(connection: Connection, order_number: str, days: int, viewer: Viewer, now: datetime, random: RandomBytes) -> str | None:
    """A new link's token; None where the order has so many that somebody should revoke some."""
    connection.execute(delete(LINKS).where(LINKS.c.expires_at <= timestamp(now)))
    if len(links(connection, order_number, viewer, now)) >= MOST:
        return None
    token = random(TOKEN_BYTES).hex()
    connection.execute(
        LINKS.insert().values(
            token_sha256=_name(token),
            order_number=order_number,
            firm=viewer.firm,
            made_by=viewer.name[:64],
            made_at=timestamp(now),
            expires_at=timestamp(now + timedelta(days=days)),
        )
    )
    note(connection, Act(now, viewer.name, "made a status link", f"{order_number} for {days} days"))
    return token


def revoke(connection: Connection, order_number: str, name: str, viewer: Viewer, now: datetime) -> bool:
    """False where the viewer has no such link."""
    its = (LINKS.c.token_sha256 == name) & (LINKS.c.order_number == order_number) & _seen_by(viewer)
    if not connection.execute(delete(LINKS).where(its)).rowcount:
        return False
    note(connection, Act(now, viewer.name, "revoked a status link", order_number))
    return True


def links(connection: Connection, order_number: str, viewer: Viewer, now: datetime) -> tuple[Link, ...]:
    """Those of the order that still open it: a firm's own, or all of them to Customs."""
    alive = (LINKS.c.order_number == order_number) & (LINKS.c.expires_at > timestamp(now)) & _seen_by(viewer)
    rows = connection.execute(select(LINKS).where(alive).order_by(LINKS.c.made_at))
    return tuple(
        Link(row.token_sha256, row.made_by, datetime.fromisoformat(row.made_at), datetime.fromisoformat(row.expires_at))
        for row in rows
    )


def _seen_by(viewer: Viewer) -> ColumnElement[bool]:
    return true() if viewer.firm is None else LINKS.c.firm == viewer.firm


def order_of(connection: Connection, token: str, now: datetime) -> str | None:
    """Which order a link shows; None for one that never was, is revoked or expired, or whose firm has no part in it any more."""
    query = select(LINKS).where(LINKS.c.token_sha256 == _name(token), LINKS.c.expires_at > timestamp(now))
    row = connection.execute(query).first()
    if row is None:
        return None
    party = select(PARTIES.c.ban).where(PARTIES.c.ban == row.firm, PARTIES.c.order_number == row.order_number)
    if row.firm is not None and connection.execute(party).first() is None:
        return None
    number: str = row.order_number
    return number
