"""Accounts, sessions, wrong attempts and the audit trail in the database. Of secrets only second factors can be read from it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)

from gateway.model.clock import RandomBytes
from gateway.platform.accounts.roles import OF_FIRMS, RIGHTS, Right, Role
from gateway.platform.accounts.viewer import Viewer
from gateway.platform.database import CURSOR, METADATA, timestamp

IDLE: Final = timedelta(hours=1)  # a shift's pauses are shorter, a forgotten screen's evening is longer
LONGEST: Final = timedelta(hours=12)
SEEN_EVERY: Final = timedelta(minutes=1)
TOKEN_BYTES: Final = 32
MOST_WRONG: Final = 5
FIRST_LOCK: Final = timedelta(minutes=1)
LONGEST_LOCK: Final = timedelta(minutes=15)
FORGET_AFTER: Final = timedelta(days=1)
MOST_REMEMBERED: Final = 10_000  # logins that somebody tried, known or not; those that are locked the longest

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("login", String(32), primary_key=True),
    Column("name", String(30), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password", Text, nullable=False),
    Column("second_factor", String(64), nullable=True),
    Column("last_step", BigInteger, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("firm", String(8), nullable=True),
    Column("changed_at", String(27), nullable=False),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("login", String(32), ForeignKey("accounts.login"), nullable=False),
    Column("form_token", String(64), nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("seen_at", String(27), nullable=False),
)
ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("login", String(32), primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("at", String(27), nullable=False),
    Column("locked_until", String(27), nullable=False),
)
AUDIT = Table(
    "audit",
    METADATA,
    Column("cursor", CURSOR, primary_key=True, autoincrement=True),
    Column("at", String(27), nullable=False),
    Column("who", String(64), nullable=False),
    Column("act", String(40), nullable=False),
    Column("about", Text, nullable=False),
    sqlite_autoincrement=True,
)


class Account(BaseModel):
    """One person's account, without its secrets."""

    model_config = ConfigDict(frozen=True)

    login: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,31}$")
    name: str = Field(min_length=1, max_length=30, pattern=r"^[^\x00-\x1f\x7f]+$")
    role: Role
    active: bool = True
    firm: str | None = Field(None, pattern=r"^[0-9]{8}$", description="BAN of the firm; None for Customs' own people")

    @model_validator(mode="after")
    def _firms_roles_are_firms(self) -> "Account":
        if (self.role in OF_FIRMS) != (self.firm is not None):
            raise ValueError("firm: a firm's roles want a firm's BAN, and Customs' roles have none")
        return self

    @property
    def called(self) -> str:
        """As records name the person."""
        return f"{self.login} {self.name}"

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.called, RIGHTS[self.role] if self.active else frozenset(), self.firm)

    def may(self, right: Right) -> bool:
        return self.active and right in RIGHTS[self.role]


@dataclass(frozen=True, slots=True)
class Secrets:
    """What an account proves itself with. `last_step`: see `second_factor.step_of`."""

    password: str
    second_factor: str | None
    last_step: int = 0

    def __repr__(self) -> str:
        return "Secrets(…)"


@dataclass(frozen=True, slots=True)
class Session:
    """A person who has signed in. `form_token` proves that a form comes from a page of this session."""

    account: Account
    form_token: str


def _account(row: Row[tuple[object, ...]]) -> Account:
    return Account(login=row.login, name=row.name, role=row.role, active=row.active, firm=row.firm)


# Accounts ---------------------------------------------------------------------------------------------------------------


def put(connection: Connection, account: Account, secrets: Secrets, now: datetime) -> None:
    """Make an account, or set one anew: then its sessions end."""
    end_sessions_of(connection, account.login)
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.login == account.login))
    values = {
        "name": account.name,
        "role": account.role.value,
        "password": secrets.password,
        "second_factor": secrets.second_factor,
        "last_step": secrets.last_step,
        "active": account.active,
        "firm": account.firm,
        "changed_at": timestamp(now),
    }
    changed = connection.execute(ACCOUNTS.update().where(ACCOUNTS.c.login == account.login).values(values))
    if not changed.rowcount:
        connection.execute(insert(ACCOUNTS).values(login=account.login, **values))


def close(connection: Connection, login: str, now: datetime) -> bool:
    """The account may do nothing any more; its name stays on what it did. Whether there was an open one."""
    end_sessions_of(connection, login)
    values = {"active": False, "changed_at": timestamp(now)}
    open_one = (ACCOUNTS.c.login == login) & ACCOUNTS.c.active
    return bool(connection.execute(ACCOUNTS.update().where(open_one).values(values)).rowcount)


def all_accounts(connection: Connection) -> tuple[tuple[Account, bool], ...]:
    """Every account by its login, and whether it has a second factor."""
    rows = connection.execute(select(ACCOUNTS))
    return tuple(sorted(((_account(row), row.second_factor is not None) for row in rows), key=lambda one: one[0].login))


def find(connection: Connection, login: str) -> tuple[Account, Secrets] | None:
    row = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.login == login)).first()
    return (_account(row), Secrets(row.password, row.second_factor, row.last_step)) if row else None


def use_step(connection: Connection, login: str, step: int) -> bool:
    """Note that a code was used; False where it, or a later one, was used meanwhile."""
    unused = (ACCOUNTS.c.login == login) & (ACCOUNTS.c.last_step < step)
    return bool(connection.execute(ACCOUNTS.update().where(unused).values(last_step=step)).rowcount)


# Wrong attempts ---------------------------------------------------------------------------------------------------------


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
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.login == login))
    connection.execute(insert(ATTEMPTS).values(login=login, wrong=wrong, at=timestamp(now), locked_until=timestamp(now + lock)))


def was_right(connection: Connection, login: str) -> None:
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.login == login))


# Sessions ---------------------------------------------------------------------------------------------------------------


def _hashed(token: str) -> str:
    """What is stored of a session's token. It is 256 bits of chance, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def begin_session(connection: Connection, login: str, now: datetime, random: RandomBytes) -> str:
    """A new session's token, which only its browser keeps. Sessions that are over are cleared away."""
    over = (SESSIONS.c.seen_at < timestamp(now - IDLE)) | (SESSIONS.c.created_at < timestamp(now - LONGEST))
    connection.execute(delete(SESSIONS).where(over))
    token, form_token = random(TOKEN_BYTES).hex(), random(TOKEN_BYTES).hex()
    values = {"token_hash": _hashed(token), "login": login, "form_token": form_token}
    connection.execute(insert(SESSIONS).values(**values, created_at=timestamp(now), seen_at=timestamp(now)))
    return token


def session_of(connection: Connection, token: str, now: datetime) -> tuple[Session, bool] | None:
    """The session of a token, and whether it is time to note that it was seen; None where there is none, or it is over."""
    query = select(SESSIONS, ACCOUNTS).join(ACCOUNTS, ACCOUNTS.c.login == SESSIONS.c.login)
    row = connection.execute(query.where(SESSIONS.c.token_hash == _hashed(token), ACCOUNTS.c.active)).first()
    if row is None or row.seen_at < timestamp(now - IDLE) or row.created_at < timestamp(now - LONGEST):
        return None
    return Session(_account(row), row.form_token), row.seen_at < timestamp(now - SEEN_EVERY)


def seen(connection: Connection, token: str, now: datetime) -> None:
    connection.execute(SESSIONS.update().where(SESSIONS.c.token_hash == _hashed(token)).values(seen_at=timestamp(now)))


def end_session(connection: Connection, token: str) -> None:
    connection.execute(delete(SESSIONS).where(SESSIONS.c.token_hash == _hashed(token)))


def end_sessions_of(connection: Connection, login: str) -> None:
    connection.execute(delete(SESSIONS).where(SESSIONS.c.login == login))


# The audit trail --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act:
    """What a person did: `who` as records name them, `act` a short verb, `about` what it was done to."""

    at: datetime
    who: str
    act: str
    about: str = ""


def note(connection: Connection, *acts: Act) -> None:
    """Into the trail, in the transaction of the act itself."""
    connection.execute(insert(AUDIT), [_row(act) for act in acts])


def _row(act: Act) -> dict[str, str]:
    return {"at": timestamp(act.at), "who": act.who[:64], "act": act.act, "about": act.about}


def trail(connection: Connection, limit: int) -> Iterable[Act]:
    """The latest acts, newest first."""
    rows = connection.execute(select(AUDIT).order_by(AUDIT.c.cursor.desc()).limit(limit))
    return [Act(datetime.fromisoformat(row.at), row.who, row.act, row.about) for row in rows]
