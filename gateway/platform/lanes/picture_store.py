"""Which pictures the platform has, in the database: a row is written only after its file is on the disk."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, select

from gateway.platform import bulk
from gateway.platform.database import METADATA, timestamp
from gateway.platform.lanes.messages import PictureReceipt

PICTURES = Table(
    "pictures",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("received_at", String(27), nullable=False),
)


def find(connection: Connection, sha256: str) -> PictureReceipt | None:
    row = connection.execute(select(PICTURES).where(PICTURES.c.sha256 == sha256)).mappings().first()
    return PictureReceipt(repeated=True, **{name: row[name] for name in ("sha256", "size", "width", "height")}) if row else None


def add(connection: Connection, picture: PictureReceipt, now: datetime) -> None:
    """Note a picture whose file is there; two deliveries of the same picture at once note it once."""
    if find(connection, picture.sha256) is None:
        connection.execute(PICTURES.insert().values(received_at=timestamp(now), **picture.model_dump(exclude={"repeated"})))


def sizes(connection: Connection, wanted: Collection[str]) -> dict[str, tuple[int, int]]:
    """Width and height of those pictures that are here."""
    query = select(PICTURES.c.sha256, PICTURES.c.width, PICTURES.c.height)
    rows = bulk.found(connection, query, PICTURES.c.sha256, wanted)
    return {row.sha256: (row.width, row.height) for row in rows}
