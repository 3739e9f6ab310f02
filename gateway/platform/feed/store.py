"""The feed's table. An entry has a key; a new version of it takes a new cursor and the old one leaves the feed.

So a gate that starts from nothing gets each order and each register entry once, in its latest version, and a gate that
follows gets every change. Cursors only grow and are never given twice.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, String, Table, Text, UniqueConstraint, func, select

from gateway.model.wire import Entry, FeedPage
from gateway.platform import bulk
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
    (cursor,) = publish_all(connection, [(key, entry)])
    return cursor


def publish_all(connection: Connection, entries: Sequence[tuple[str, Entry]]) -> list[int]:
    """Put many (key, entry) at the end of the feed in the given order, and give their cursors; no key of a kind twice."""
    if not entries:
        return []
    for kind in {entry.kind for _, entry in entries}:
        older = FEED.delete().where(FEED.c.kind == kind)
        bulk.remove(connection, older, FEED.c.key, [key for key, entry in entries if entry.kind == kind])
    rows = [{"kind": entry.kind, "key": key, "entry": entry.model_dump_json()} for key, entry in entries]
    added = FEED.insert().returning(FEED.c.cursor, sort_by_parameter_order=True)
    return list(connection.execute(added, rows).scalars())


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


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the feed, each entry as it was written down; `cursor`: all that was asked for up to it is here or came before."""

    entries: list[tuple[int, str]]
    cursor: int
    more: bool

    def page(self, server_time: datetime) -> str:
        """A `FeedPage`. Its entries were validated when they were written: a hundred gates that ask for them again and again
        do not have them read and written anew."""
        frame = FeedPage(items=(), cursor=self.cursor, more=self.more, server_time=server_time).model_dump_json()
        items = ",".join(f'{{"cursor":{cursor},"entry":{entry}}}' for cursor, entry in self.entries)
        return frame.replace('"items":[]', f'"items":[{items}]', 1)


def read(connection: Connection, after: int, limit: int, kinds: Collection[str] = ()) -> Part:
    """Up to `limit` items of these kinds (none named: of all) behind `after`. Raises BadRequestError for a cursor never given.

    What lies behind the last of them is of other kinds: the part's cursor passes over that, so that nobody looks through it twice.
    """
    end = head(connection)
    if after > end:
        raise BadRequestError(f"after: this platform's feed ends at {end} and never gave {after}; start again at 0")
    entries, more = _rows_of_page(connection, after, limit, kinds)
    return Part(entries, entries[-1][0] if more else end, more)
