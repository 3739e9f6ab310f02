"""Accounts, sessions and the audit trail in the database. Of secrets only second factors can be read from it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Row,
    Select,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    or_,
    select,
    true,
)

from gateway.model.clock import RandomBytes
from gateway.platform.accounts import attempts
from gateway.platform.accounts.attempts import ATTEMPTS
from gateway.platform.accounts.roles import OF_FIRMS, RIGHTS, Right, Role
from gateway.platform.accounts.viewer import Viewer
from gateway.platform.database import CURSOR, METADATA, timestamp

IDLE: Final = timedelta(hours=1)  # a shift's pauses are shorter, a forgotten screen's evening is longer
LONGEST: Final = timedelta(hours=12)
SEEN_EVERY: Final = timedelta(minutes=1)
TOKEN_BYTES: Final = 32
HANDLE: Final = 16  # hex digits of a stored token by which a page names a session
ROWS: Final = 100

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
    Column("one_time_until", String(27), nullable=True),
    Index("accounts_firm", "firm"),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("login", String(32), ForeignKey("accounts.login"), nullable=False),
    Column("form_token", String(64), nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("seen_at", String(27), nullable=False),
    Column("address", String(45), nullable=False),
    Column("browser", String(60), nullable=False),
    Column("new_factor", String(64), nullable=True),
)
AUDIT = Table(
    "audit",
    METADATA,
    Column("cursor", CURSOR, primary_key=True, autoincrement=True),
    Column("at", String(27), nullable=False),
    Column("who", String(64), nullable=False),
    Column("act", String(40), nullable=False),
    Column("about", Text, nullable=False),
    Index("audit_at", "at"),
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
    """What an account proves itself with. `last_step`: see `second_factor.step_of`.

    `one_time_until`: somebody else has set the password; it is good until then and has to be changed at the first sign-in.
    """

    password: str
    second_factor: str | None
    last_step: int = 0
    one_time_until: datetime | None = None

    def __repr__(self) -> str:
        return "Secrets(…)"


Owed = Literal["", "password", "second_factor"]  # what somebody has to set before anything else


@dataclass(frozen=True, slots=True)
class Session:
    """A person who has signed in.

    `form_token` proves that a form comes from a page of this session, `handle` is its public name.
    """

    account: Account
    form_token: str
    handle: str
    has_second_factor: bool
    owes: Owed


@dataclass(frozen=True, slots=True)
class Standing:
    """An account as those see it who keep it."""

    account: Account
    has_second_factor: bool
    one_time: bool
    changed_at: datetime
    seen_at: datetime | None  # by a session that goes on
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as its person sees it."""

    handle: str
    since: datetime
    seen_at: datetime
    address: str
    browser: str


def _account(row: Row[tuple[object, ...]]) -> Account:
    return Account(login=row.login, name=row.name, role=row.role, active=row.active, firm=row.firm)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# Accounts ---------------------------------------------------------------------------------------------------------------


def put(connection: Connection, account: Account, secrets: Secrets, now: datetime) -> None:
    """Make an account, or set one anew: then its sessions end."""
    end_sessions_of(connection, account.login)
    attempts.forget(connection, account.login)
    values = _values(account, secrets, now)
    changed = connection.execute(ACCOUNTS.update().where(ACCOUNTS.c.login == account.login).values(values))
    if not changed.rowcount:
        connection.execute(insert(ACCOUNTS).values(login=account.login, **values))


def _values(account: Account, secrets: Secrets, now: datetime) -> dict[str, object]:
    return {
        "name": account.name,
        "role": account.role.value,
        "password": secrets.password,
        "second_factor": secrets.second_factor,
        "last_step": secrets.last_step,
        "active": account.active,
        "firm": account.firm,
        "changed_at": timestamp(now),
        "one_time_until": timestamp(secrets.one_time_until) if secrets.one_time_until else None,
    }


def change(connection: Connection, account: Account, now: datetime) -> None:
    """Another name, role or firm. Whose role or firm is another one now is signed out."""
    same = (ACCOUNTS.c.login == account.login) & (ACCOUNTS.c.role == account.role.value)
    same &= ACCOUNTS.c.firm.is_(None) if account.firm is None else ACCOUNTS.c.firm == account.firm
    if connection.execute(select(ACCOUNTS.c.login).where(same)).first() is None:
        end_sessions_of(connection, account.login)
    values = {"name": account.name, "role": account.role.value, "firm": account.firm, "changed_at": timestamp(now)}
    connection.execute(ACCOUNTS.update().where(ACCOUNTS.c.login == account.login).values(values))


def set_password(connection: Connection, login: str, hashed: str, one_time_until: datetime | None, now: datetime) -> None:
    """Another password; `one_time_until` where it is not the person's own."""
    until = timestamp(one_time_until) if one_time_until else None
    values = {"password": hashed, "one_time_until": until, "changed_at": timestamp(now)}
    connection.execute(ACCOUNTS.update().where(ACCOUNTS.c.login == login).values(values))


def set_second_factor(connection: Connection, login: str, key: str | None, last_step: int, now: datetime) -> None:
    """Another key, whose code of `last_step` was used to prove it; None takes the second factor away."""
    values = {"second_factor": key, "last_step": last_step, "changed_at": timestamp(now)}
    connection.execute(ACCOUNTS.update().where(ACCOUNTS.c.login == login).values(values))


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
    if row is None:
        return None
    return _account(row), Secrets(row.password, row.second_factor, row.last_step, _moment(row.one_time_until))


def page(connection: Connection, firm: str | None, fragment: str, after: str, now: datetime) -> tuple[Standing, ...]:
    """At most ROWS + 1 accounts by login, behind `after`, that hold `fragment` in login, name or firm; of `firm` (BAN) only."""
    query = _standings(now).where(_of_firm(firm), ACCOUNTS.c.login > after).order_by(ACCOUNTS.c.login).limit(ROWS + 1)
    if fragment:
        columns = (func.lower(ACCOUNTS.c.login), func.lower(ACCOUNTS.c.name), ACCOUNTS.c.firm)
        query = query.where(or_(*(column.contains(fragment.lower(), autoescape=True) for column in columns)))
    return tuple(_standing(row, now) for row in connection.execute(query))


def standing(connection: Connection, login: str, firm: str | None, now: datetime) -> Standing | None:
    """One account; None where there is none, or it is not of `firm` (BAN)."""
    row = connection.execute(_standings(now).where(_of_firm(firm), ACCOUNTS.c.login == login)).first()
    return _standing(row, now) if row else None


def _of_firm(firm: str | None) -> ColumnElement[bool]:
    return true() if firm is None else ACCOUNTS.c.firm == firm


def _standings(now: datetime) -> Select[tuple[object, ...]]:
    of_account = SESSIONS.c.login == ACCOUNTS.c.login
    latest = select(func.max(SESSIONS.c.seen_at)).where(of_account, *_goes_on(now)).correlate(ACCOUNTS).scalar_subquery()
    locked = select(ATTEMPTS.c.locked_until).where(ATTEMPTS.c.login == ACCOUNTS.c.login).correlate(ACCOUNTS).scalar_subquery()
    return select(*ACCOUNTS.c, latest.label("session_seen_at"), locked.label("locked_until"))


def _standing(row: Row[tuple[object, ...]], now: datetime) -> Standing:
    locked_until = _moment(row.locked_until)
    return Standing(
        account=_account(row),
        has_second_factor=row.second_factor is not None,
        one_time=row.one_time_until is not None,
        changed_at=datetime.fromisoformat(row.changed_at),
        seen_at=_moment(row.session_seen_at),
        locked_until=locked_until if locked_until and locked_until > now else None,
    )


def use_step(connection: Connection, login: str, step: int) -> bool:
    """Note that a code was used; False where it, or a later one, was used meanwhile."""
    unused = (ACCOUNTS.c.login == login) & (ACCOUNTS.c.last_step < step)
    return bool(connection.execute(ACCOUNTS.update().where(unused).values(last_step=step)).rowcount)


# Sessions ---------------------------------------------------------------------------------------------------------------


def _hashed(token: str) -> str:
    """What is stored of a session's token. It is 256 bits of chance, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _goes_on(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return SESSIONS.c.seen_at >= timestamp(now - IDLE), SESSIONS.c.created_at >= timestamp(now - LONGEST)


def begin_session(
    connection: Connection, login: str, now: datetime, random: RandomBytes, address: str = "", browser: str = ""
) -> str:
    """A new session's token, which only its browser keeps. Sessions that are over are cleared away."""
    over = (SESSIONS.c.seen_at < timestamp(now - IDLE)) | (SESSIONS.c.created_at < timestamp(now - LONGEST))
    connection.execute(delete(SESSIONS).where(over))
    token, form_token = random(TOKEN_BYTES).hex(), random(TOKEN_BYTES).hex()
    values = {"token_hash": _hashed(token), "login": login, "form_token": form_token, "address": address, "browser": browser}
    connection.execute(insert(SESSIONS).values(**values, created_at=timestamp(now), seen_at=timestamp(now)))
    return token


def session_of(connection: Connection, token: str, now: datetime, customs_want_factor: bool) -> tuple[Session, bool] | None:
    """The session of a token, and whether it is time to note that it was seen; None where there is none, or it is over."""
    query = select(SESSIONS, ACCOUNTS).join(ACCOUNTS, ACCOUNTS.c.login == SESSIONS.c.login)
    row = connection.execute(query.where(SESSIONS.c.token_hash == _hashed(token), ACCOUNTS.c.active, *_goes_on(now))).first()
    if row is None:
        return None
    has_factor = row.second_factor is not None
    wants_factor = customs_want_factor and row.firm is None and not has_factor
    owes: Owed = "password" if row.one_time_until else "second_factor" if wants_factor else ""
    session = Session(_account(row), row.form_token, row.token_hash[:HANDLE], has_factor, owes)
    return session, row.seen_at < timestamp(now - SEEN_EVERY)


def seen(connection: Connection, token: str, now: datetime) -> None:
    connection.execute(SESSIONS.update().where(SESSIONS.c.token_hash == _hashed(token)).values(seen_at=timestamp(now)))


def sessions_of(connection: Connection, login: str, now: datetime) -> tuple[SessionView, ...]:
    """Where somebody is signed in, the latest first."""
    rows = connection.execute(
        select(SESSIONS).where(SESSIONS.c.login == login, *_goes_on(now)).order_by(SESSIONS.c.created_at.desc())
    )
    return tuple(
        SessionView(
            row.token_hash[:HANDLE],
            datetime.fromisoformat(row.created_at),
            datetime.fromisoformat(row.seen_at),
            row.address,
            row.browser,
        )
        for row in rows
    )


def keep_new_factor(connection: Connection, login: str, handle: str, key: str | None) -> None:
    """A key that somebody's app is taking up, until a code proves that it has it; None forgets it."""
    connection.execute(SESSIONS.update().where(_is_session(login, handle)).values(new_factor=key))


def new_factor_of(connection: Connection, login: str, handle: str) -> str | None:
    """The key that this session's person has asked for and not proven yet."""
    found: str | None = connection.execute(select(SESSIONS.c.new_factor).where(_is_session(login, handle))).scalar()
    return found


def _is_session(login: str, handle: str) -> ColumnElement[bool]:
    return (SESSIONS.c.login == login) & (func.substr(SESSIONS.c.token_hash, 1, HANDLE) == handle)


def end_session(connection: Connection, token: str) -> None:
    connection.execute(delete(SESSIONS).where(SESSIONS.c.token_hash == _hashed(token)))


def end_session_of(connection: Connection, login: str, handle: str) -> bool:
    """End one of somebody's sessions by its public name. Whether there was one."""
    return bool(connection.execute(delete(SESSIONS).where(_is_session(login, handle))).rowcount)


def end_sessions_of(connection: Connection, login: str, but: str | None = None) -> None:
    """End all of somebody's sessions, or all but the one of that public name."""
    others = true() if but is None else ~_is_session(login, but)
    connection.execute(delete(SESSIONS).where(SESSIONS.c.login == login, others))


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
