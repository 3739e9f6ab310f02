"""What orders are found by, kept beside them: fast where there are a million, by any part of a number or name, and by look-alikes.

A fragment is compared without case, separators and width (NFKC). Three characters or more are found anywhere in an order number,
box, plate, driver's name or seal number; one or two only where such a word begins, or anywhere in a name that is not of Latin
letters: 大明 finds 王大明.

Look-alikes: characters that people and cameras mistake for each other are folded to one, on both sides: 1 I L, 0 O Q D, 8 B, 5 S,
2 Z, 6 G, 4 A, 7 T, M W, U V. Only the folded text is indexed; an exact search looks into what the index finds, to the letter.

SQLite indexes the folded text by trigrams (FTS5, an external-content table that triggers keep), PostgreSQL by a GIN index of
pg_trgm; where that extension is not installed the same query reads all rows. `_holding` is the one place that knows the difference.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Select,
    String,
    Subquery,
    Table,
    Text,
    column,
    or_,
    select,
    table,
    text,
)

from gateway.model.errors import SealNumberError
from gateway.model.seal import normalise_seal_number
from gateway.model.transport_order import TransportOrder
from gateway.platform import bulk
from gateway.platform.database import CURSOR, METADATA, timestamp
from gateway.platform.orders.life import Stage

LATE: Final = "late_s IS NOT NULL"
FOUND = Table(
    "order_search",
    METADATA,
    Column("cursor", CURSOR, primary_key=True, autoincrement=False),  # of the order's latest version
    Column("order_number", String(20), nullable=False),
    Column("issued_at", String(27), nullable=False),  # when its first message arrived
    Column("departs_at", String(27), nullable=False),  # as the order says
    Column("origin", String(8), nullable=False),
    Column("destination", String(8), nullable=False),
    Column("state", String(20), nullable=False),
    Column("late_s", Integer, nullable=True),
    Column("words", Text, nullable=False),
    Column("alike", Text, nullable=False),
    Index("order_search_order_number", "order_number", unique=True),
    Index("order_search_issued_at", "issued_at"),
    Index("order_search_departs_at", "departs_at"),
    Index("order_search_origin", "origin", "cursor"),
    Index("order_search_destination", "destination", "cursor"),
    Index("order_search_state", "state", "cursor"),
    Index("order_search_late", "cursor", sqlite_where=text(LATE), postgresql_where=text(LATE)),
)
SEALS = Table(
    "order_seals",
    METADATA,
    Column("number", String(17), primary_key=True),
    Column("cursor", BigInteger, primary_key=True, autoincrement=False),
    Index("order_seals_cursor", "cursor"),
)
TRIGRAMS: Final = "order_trigrams"  # SQLite's own table of them; it is no part of the metadata
_TRIGRAMS: Final = table(TRIGRAMS, column("rowid", BigInteger), column(TRIGRAMS, Text))
_SHORTEST: Final = 3  # characters of a trigram
# Before each word stand two marks and behind it one, so that where a word begins or ends can be looked for by trigrams, too.
_MARK: Final = "\n"

_CLASSES: Final = ("1il", "0oqd", "8b", "5s", "2z", "6g", "4a", "7t", "mw", "uv")
_ALIKE: Final = str.maketrans({like: group[0] for group in _CLASSES for like in group})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; all of it together. Empty and None ask for nothing. `departs_until` is not included."""

    fragment: str = ""
    origin: str = ""
    destination: str = ""
    departs_from: datetime | None = None
    departs_until: datetime | None = None
    state: Stage | None = None
    late: bool = False
    seal: str = ""


ANYTHING: Final = Wanted()

# Texts ------------------------------------------------------------------------------------------------------------------


def bare(word: str) -> str:
    """A word as it is compared: NFKC, case folded, letters and digits only."""
    return "".join(one for one in unicodedata.normalize("NFKC", word).casefold() if one.isalnum())


def alike(word: str) -> str:
    """A bare word with look-alikes folded to one character."""
    return word.translate(_ALIKE)


def _beginnings(word: str) -> Iterable[str]:
    """The word; one that is not of Latin letters and digits from each of its characters on, as people look for given names."""
    return (word,) if word.isascii() else (word[start:] for start in range(len(word)))


def words_of(order: TransportOrder) -> str:
    """All that an order is found by, each word between marks."""
    box = order.container.number if order.container else ""
    named = (order.order_number, box, order.vehicle.plate_value, order.vehicle.driver, *(seal.number for seal in order.seals))
    words = dict.fromkeys(start for word in named for start in _beginnings(bare(word)) if start)
    return "".join(_whole(word) for word in words)


def _whole(word: str) -> str:
    return f"{_MARK}{_MARK}{word}{_MARK}"


def _needle(fragment: str) -> str:
    """What to look for; empty where the fragment has no letter and no digit."""
    word = bare(fragment)
    return word if len(word) >= _SHORTEST or not word else f"{_MARK}{_MARK}{word}"


# Keeping ----------------------------------------------------------------------------------------------------------------


def keep(connection: Connection, found: Mapping[int, tuple[TransportOrder, str]]) -> None:
    """Keep what orders' versions are found by: by their cursors, with when their first message arrived (as `timestamp` writes it).

    They are found in no earlier version any more. Their states are settled by `life_store`.
    """
    numbers = [order.order_number for order, _ in found.values()]
    older = [row.cursor for row in bulk.found(connection, select(FOUND.c.cursor), FOUND.c.order_number, numbers)]
    bulk.remove(connection, SEALS.delete(), SEALS.c.cursor, older)
    bulk.remove(connection, FOUND.delete(), FOUND.c.cursor, older)
    bulk.add(connection, FOUND, [row_of(cursor, order, issued_at) for cursor, (order, issued_at) in found.items()])
    seals = [(number, cursor) for cursor, (order, _) in found.items() for number in sorted({seal.number for seal in order.seals})]
    bulk.add(connection, SEALS, [{"number": number, "cursor": cursor} for number, cursor in seals])


def row_of(cursor: int, order: TransportOrder, issued_at: str) -> dict[str, Any]:
    words = words_of(order)
    return {
        "cursor": cursor,
        "order_number": order.order_number,
        "issued_at": issued_at,
        "departs_at": timestamp(order.vehicle.departure_time),
        "origin": order.origin,
        "destination": order.destination,
        "state": Stage.ISSUED.value,
        "late_s": None,
        "words": words,
        "alike": alike(words),
    }


# Finding ----------------------------------------------------------------------------------------------------------------


def _holding(connection: Connection, query: Select[Any], needles: Iterable[str]) -> tuple[Select[Any], ColumnElement[int]]:
    """`query` over FOUND, of those whose folded text holds one of `needles`; and the cursor by which to put it in order."""
    folded = sorted({alike(needle) for needle in needles})
    if connection.dialect.name != "sqlite":
        return query.where(or_(*(FOUND.c.alike.contains(one, autoescape=True) for one in folded))), FOUND.c.cursor
    phrases = " OR ".join(f'"{one}"' for one in folded)  # letters, digits and marks only: nothing to be escaped
    cursor = _TRIGRAMS.c.rowid
    joined = query.join_from(_TRIGRAMS, FOUND, FOUND.c.cursor == cursor)
    return joined.where(_TRIGRAMS.c[TRIGRAMS].op("MATCH", is_comparison=True)(phrases)), cursor


def spelt(connection: Connection, words: Iterable[str]) -> Select[tuple[int]] | None:
    """Cursors of orders of which one word is one of these, newest first; None where there is no word to look for."""
    wanted = sorted({_whole(word) for word in map(bare, words) if word})
    if not wanted:
        return None
    query, cursor = _holding(connection, select(FOUND.c.cursor), wanted)
    return query.where(or_(*(FOUND.c.words.contains(one) for one in wanted))).order_by(cursor.desc())


@dataclass(frozen=True, slots=True)
class Range:
    """Which part of what is found: behind `after` in the chosen direction (0: from its start), at most `limit`."""

    after: int
    limit: int
    newest: bool


def cursors(connection: Connection, wanted: Wanted, part: Range, ours: Subquery | None, similar: bool = False) -> list[int]:
    """The orders that fit, in order. `similar`: those that only look like the fragment, in place of those that are spelt so.

    `ours`: cursors of the orders that the viewer sees; None: all.
    """
    query: Select[Any] = select(FOUND.c.cursor)
    cursor: ColumnElement[int] = FOUND.c.cursor if ours is None else ours.c.cursor
    if wanted.fragment.strip():
        needle = _needle(wanted.fragment)
        if not needle:
            return []
        query, cursor = _holding(connection, query, [needle])
        exact = FOUND.c.words.contains(needle)
        query = query.where(~exact if similar else exact)
    if ours is not None:
        query = query.where(FOUND.c.cursor == ours.c.cursor)
    query = query.where(*_filters(wanted)).order_by(cursor.desc() if part.newest else cursor).limit(part.limit)
    if part.after:
        query = query.where(cursor < part.after if part.newest else cursor > part.after)
    return list(connection.execute(query).scalars())


def _filters(wanted: Wanted) -> Iterable[ColumnElement[bool]]:
    if wanted.origin:
        yield FOUND.c.origin == wanted.origin.strip().upper()
    if wanted.destination:
        yield FOUND.c.destination == wanted.destination.strip().upper()
    if wanted.departs_from:
        yield FOUND.c.departs_at >= timestamp(wanted.departs_from)
    if wanted.departs_until:
        yield FOUND.c.departs_at < timestamp(wanted.departs_until)
    if wanted.state:
        yield FOUND.c.state == wanted.state.value
    if wanted.late:
        yield FOUND.c.late_s.is_not(None)
    if wanted.seal:
        yield FOUND.c.cursor.in_(select(SEALS.c.cursor).where(SEALS.c.number == _seal_number(wanted.seal)))


def _seal_number(given: str) -> str:
    """As orders name it; what is no seal number is found nowhere."""
    try:
        return normalise_seal_number(given)
    except SealNumberError:
        return ""
