"""The feed's table. An entry has a key; a new version of it takes a new cursor and the old one leaves the feed.

So a gate that starts from nothing gets each order and each register entry once, in its latest version, and a gate that
follows gets every change. Cursors only grow and are never given twice.
"""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Column, Connection, String, Table, Text, UniqueConstraint, bindparam, func, select

from gateway.model.clock import Clock
from gateway.model.wire import Entry, FeedItem, FeedPage
from gateway.platform.database import CURSOR, METADATA
from gateway.platform.errors import BadRequestError

MOST_CHARACTERS: Final = 2_000_000  # of one page: an order may be 300 kB long, and a thousand of them are one page
STREAMED: Final = {"stream_results": True, "max_row_buffer": 100}  # PostgreSQL sends all that was asked for otherwise: 300 MB
FEED = Table(
    "feed",
    METADATA,
    Column("cursor", CURSOR, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("key", String(100), nullable=False),
    Column("entry", Text, nullable=False),
    UniqueConstraint("kind", "key", name="feed_kind_key"),
    sqlite_autoincrement=True,
)


def publish(connection: Connection, key: str, entry: Entry) -> int:
    """Put an entry at the end of the feed in place of its older version; gives its cursor."""
    connection.execute(FEED.delete().where(FEED.c.kind == entry.kind, FEED.c.key == key))
    added = connection.execute(FEED.insert().values(kind=entry.kind, key=key, entry=entry.model_dump_json()))
    return int(added.inserted_primary_key[0])  # type: ignore[index]  # an INSERT of one row always has one


def publish_all(connection: Connection, entries: Sequence[tuple[str, Entry]]) -> None:
    """Put many (key, entry) at the end of the feed in one go, in the given order; no key may stand in it twice."""
    if not entries:
        return
    older = (FEED.c.kind == bindparam("its_kind")) & (FEED.c.key == bindparam("its_key"))
    connection.execute(FEED.delete().where(older), [{"its_kind": entry.kind, "its_key": key} for key, entry in entries])
    rows = [{"kind": entry.kind, "key": key, "entry": entry.model_dump_json()} for key, entry in entries]
    connection.execute(FEED.insert(), rows)


def current(connection: Connection, key: str, entry: Entry) -> tuple[int, str] | None:
    """Cursor and content of the version of `entry` that the feed holds now."""
    row = connection.execute(select(FEED.c.cursor, FEED.c.entry).where(FEED.c.kind == entry.kind, FEED.c.key == key)).first()
    return (row.cursor, row.entry) if row else None


def head(connection: Connection) -> int:
    """The last cursor given; 0 for an empty feed."""
    return connection.execute(select(func.max(FEED.c.cursor))).scalar_one() or 0


def _rows_of_page(connection: Connection, after: int, limit: int, kinds: Collection[str]) -> tuple[list[tuple[int, str]], bool]:
    """The page's rows, and whether there are more: a page ends at `limit` items or at MOST_CHARACTERS."""
    query = select(FEED.c.cursor, FEED.c.entry).where(FEED.c.cursor > after).order_by(FEED.c.cursor).limit(limit + 1)
    if kinds:
        query = query.where(FEED.c.kind.in_(kinds))
    rows: list[tuple[int, str]] = []
    size = 0
    with connection.execute(query, execution_options=STREAMED) as found:
        for cursor, entry in found:
            size += len(entry)
            if len(rows) == limit or (rows and size > MOST_CHARACTERS):
                return rows, True
            rows.append((cursor, entry))
    return rows, False


def read_page(connection: Connection, after: int, limit: int, clock: Clock, kinds: Collection[str] = ()) -> FeedPage:
    """Up to `limit` items of these kinds (none named: of all) behind `after`. Raises BadRequestError for a cursor never given.

    What lies behind the last of them is of other kinds: the page's cursor passes over that, so that nobody looks through it twice.
    """
    end = head(connection)
    rows, more = _rows_of_page(connection, after, limit, kinds)
    if after > end:
        raise BadRequestError(f"after: this platform's feed ends at {end} and never gave {after}; start again at 0")
    items = tuple(FeedItem.model_validate_json(f'{{"cursor":{cursor},"entry":{entry}}}') for cursor, entry in rows)
    return FeedPage(items=items, cursor=items[-1].cursor if more else end, more=more, server_time=clock())
