"""Reading the audit trail: who did what, the latest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, or_, select

from gateway.platform.accounts.store import AUDIT, Act
from gateway.platform.database import timestamp

ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the trail somebody wants to see; empty and None: everything."""

    who: str = ""
    what: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One act, and the cursor behind which older ones are."""

    cursor: int
    act: Act


def read(connection: Connection, wanted: Wanted, before: int = 0, limit: int = ROWS) -> tuple[Line, ...]:
    """At most `limit` acts, older than the cursor `before` (0: from the latest on)."""
    query = select(AUDIT).order_by(AUDIT.c.cursor.desc()).limit(limit)
    if before:
        query = query.where(AUDIT.c.cursor < before)
    if wanted.who:
        query = query.where(func.lower(AUDIT.c.who).contains(wanted.who.lower(), autoescape=True))
    if wanted.what:
        held = (func.lower(column).contains(wanted.what.lower(), autoescape=True) for column in (AUDIT.c.act, AUDIT.c.about))
        query = query.where(or_(*held))
    if wanted.since:
        query = query.where(AUDIT.c.at >= timestamp(wanted.since))
    if wanted.until:
        query = query.where(AUDIT.c.at < timestamp(wanted.until))
    rows = connection.execute(query)
    return tuple(Line(row.cursor, Act(datetime.fromisoformat(row.at), row.who, row.act, row.about)) for row in rows)


_FORMULAS: Final = "=+-@\t\r"  # what a spreadsheet would reckon with instead of showing it


def as_csv(lines: tuple[Line, ...]) -> Iterator[str]:
    """Rows of a CSV file (RFC 4180): time in UTC, who, act, about."""
    for line in lines:
        act = line.act
        yield ",".join(_cell(text) for text in (timestamp(act.at), act.who, act.act, act.about)) + "\r\n"


def _cell(text: str) -> str:
    safe = f"'{text}" if text.startswith(tuple(_FORMULAS)) else text
    return '"' + safe.replace('"', '""') + '"'
