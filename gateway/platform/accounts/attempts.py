"""Wrong attempts at a login's password: counted, and the login locked for a while. Logins that are not there are counted alike."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, Integer, String, Table, delete, insert, select

from gateway.platform.database import METADATA, timestamp

MOST_WRONG: Final = 5
FIRST_LOCK: Final = timedelta(minutes=1)
LONGEST_LOCK: Final = timedelta(minutes=15)
FORGET_AFTER: Final = timedelta(days=1)
MOST_REMEMBERED: Final = 10_000  # logins that somebody tried, known or not; those that are locked the longest

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("login", String(32), primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("at", String(27), nullable=False),
    Column("locked_until", String(27), nullable=False),
)


def wait_s(connection: Connection, login: str, now: datetime) -> float:
    """For how long this login is locked, seconds; 0 where it may be tried."""
    until = connection.execute(select(ATTEMPTS.c.locked_until).where(ATTEMPTS.c.login == login)).scalar()
    return max(0.0, (datetime.fromisoformat(until) - now).total_seconds()) if until else 0.0


def was_wrong(connection: Connection, login: str, now: datetime) -> None:
    """Count a wrong attempt; from MOST_WRONG on the login is locked, twice as long with each further one."""
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.at < timestamp(now - FORGET_AFTER)))
    latest = select(ATTEMPTS.c.login).order_by(ATTEMPTS.c.locked_until.desc(), ATTEMPTS.c.at.desc()).limit(MOST_REMEMBERED)
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.login.not_in(latest)))
    known = connection.execute(select(ATTEMPTS.c.wrong).where(ATTEMPTS.c.login == login)).scalar() or 0
    wrong = known + 1
    lock = min(FIRST_LOCK * 2 ** min(wrong - MOST_WRONG, 10), LONGEST_LOCK) if wrong >= MOST_WRONG else timedelta(0)
    forget(connection, login)
    connection.execute(insert(ATTEMPTS).values(login=login, wrong=wrong, at=timestamp(now), locked_until=timestamp(now + lock)))


def forget(connection: Connection, login: str) -> None:
    """The right password came, or whoever keeps the accounts unlocks the login."""
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.login == login))
