"""Claims and rulings in the database: a case is one person's at a time, and a ruling is brought until its gate has answered it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, ColumnElement, Connection, Index, Row, String, Table, Text, delete, insert, select

from gateway.look.i18n import _
from gateway.model.remote_desk import Attended, RemoteRuling, RulingAnswered
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.store import Account, Act, note
from gateway.platform.database import METADATA, timestamp

CLAIMED_FOR: Final = timedelta(minutes=3)  # an open page renews it every minute; a closed one lets go by itself
VALID_FOR: Final = timedelta(seconds=60)  # as long as a ruling at the gate's own desk

CLAIMS = Table(
    "desk_claims",
    METADATA,
    Column("gate", String(64), primary_key=True),
    Column("passage_id", String(64), primary_key=True),
    Column("login", String(32), nullable=False),
    Column("person", String(64), nullable=False),
    Column("until", String(27), nullable=False),
)
RULINGS = Table(
    "desk_rulings",
    METADATA,
    Column("ruling_id", String(36), primary_key=True),
    Column("gate", String(64), nullable=False),
    Column("passage_id", String(64), nullable=False),
    Column("login", String(32), nullable=False),
    Column("decided_at", String(27), nullable=False),
    Column("expires_at", String(27), nullable=False),
    Column("content", Text, nullable=False),
    Column("answer", String(30), nullable=True),
    Column("answered_at", String(27), nullable=True),
    Index("desk_rulings_passage", "gate", "passage_id", "decided_at"),
)


@dataclass(frozen=True, slots=True)
class Claim:
    login: str
    person: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Ruled:
    """A ruling and what became of it: `answer` is the lane's, empty while none has come; `over`: no lane will take it any more."""

    ruling: RemoteRuling
    decided_at: datetime
    answer: str
    over: bool


# Claims -----------------------------------------------------------------------------------------------------------------


def claims(connection: Connection, now: datetime) -> dict[tuple[str, str], Claim]:
    """Who has which case, by gate and passage."""
    rows = connection.execute(select(CLAIMS).where(CLAIMS.c.until > timestamp(now)))
    return {(row.gate, row.passage_id): Claim(row.login, row.person, datetime.fromisoformat(row.until)) for row in rows}


def claim_of(connection: Connection, gate: str, passage_id: str, now: datetime) -> Claim | None:
    return claims(connection, now).get((gate, passage_id))


def claim(connection: Connection, gate: str, passage_id: str, account: Account, now: datetime, take_over: bool = False) -> bool:
    """Take a case, or go on having it; False where another has it. Who may release what a lane stopped may take it over."""
    held = claim_of(connection, gate, passage_id, now)
    others = held is not None and held.login != account.login
    if others and not (take_over and account.may(Right.RELEASE_STOPPED)):
        return False
    connection.execute(delete(CLAIMS).where((CLAIMS.c.until <= timestamp(now)) | _of(CLAIMS, gate, passage_id)))
    values = {"gate": gate, "passage_id": passage_id, "login": account.login, "person": account.called}
    connection.execute(insert(CLAIMS).values(**values, until=timestamp(now + CLAIMED_FOR)))
    if held is None or others:
        note(connection, Act(now, account.called, _("took a case over") if others else _("took a case"), f"{gate} {passage_id}"))
    return True


def give_back(connection: Connection, gate: str, passage_id: str, account: Account, now: datetime) -> None:
    mine = _of(CLAIMS, gate, passage_id) & (CLAIMS.c.login == account.login)
    if connection.execute(delete(CLAIMS).where(mine)).rowcount:
        note(connection, Act(now, account.called, _("gave a case back"), f"{gate} {passage_id}"))


def _of(table: Table, gate: str, passage_id: str) -> ColumnElement[bool]:
    return (table.c.gate == gate) & (table.c.passage_id == passage_id)


# Rulings ----------------------------------------------------------------------------------------------------------------


def decide(connection: Connection, gate: str, ruling: RemoteRuling, account: Account, now: datetime) -> bool:
    """Keep a ruling for its gate; False where the case is not this person's, or has a ruling that still counts."""
    held = claim_of(connection, gate, ruling.passage_id, now)
    before = ruled(connection, gate, ruling.passage_id, now)
    if held is None or held.login != account.login or (before is not None and not before.over):
        return False
    values = {
        "ruling_id": ruling.ruling_id,
        "gate": gate,
        "passage_id": ruling.passage_id,
        "login": account.login,
        "decided_at": timestamp(now),
        "expires_at": timestamp(now + VALID_FOR),
        "content": ruling.model_dump_json(),
    }
    connection.execute(insert(RULINGS).values(values))
    act = _("approved") if ruling.approved else _("refused")
    note(connection, Act(now, account.called, act, f"{gate} {ruling.lane} {ruling.passage_id}: {ruling.reason}"))
    return True


def ruled(connection: Connection, gate: str, passage_id: str, now: datetime) -> Ruled | None:
    """The latest ruling on a passage."""
    query = (
        select(RULINGS)
        .where(_of(RULINGS, gate, passage_id))
        .order_by(RULINGS.c.decided_at.desc(), RULINGS.c.ruling_id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return _ruled(row, now) if row else None


def _ruled(row: Row[tuple[object, ...]], now: datetime) -> Ruled:
    lapsed = row.answer is None and row.expires_at <= timestamp(now)
    over = lapsed or (row.answer is not None and row.answer != "taken")
    answer = row.answer or ("expired" if lapsed else "")
    return Ruled(RemoteRuling.model_validate_json(row.content), datetime.fromisoformat(row.decided_at), answer, over)


def to_bring(connection: Connection, gate: str, now: datetime) -> tuple[RemoteRuling, ...]:
    """What the gate has not answered yet, each with the time for which it still counts."""
    open_ones = (RULINGS.c.gate == gate) & RULINGS.c.answer.is_(None) & (RULINGS.c.expires_at > timestamp(now))
    rows = connection.execute(select(RULINGS).where(open_ones).order_by(RULINGS.c.decided_at, RULINGS.c.ruling_id))
    return tuple(
        RemoteRuling.model_validate_json(row.content).model_copy(
            update={"valid_s": (datetime.fromisoformat(row.expires_at) - now).total_seconds()}
        )
        for row in rows
    )


def answered(connection: Connection, gate: str, answers: tuple[RulingAnswered, ...], now: datetime) -> int:
    """Keep what lanes made of rulings; the first answer of each counts. How many were new."""
    new = 0
    for one in answers:
        unanswered = (RULINGS.c.ruling_id == one.ruling_id) & (RULINGS.c.gate == gate) & RULINGS.c.answer.is_(None)
        values = {"answer": one.answer, "answered_at": timestamp(now)}
        new += connection.execute(RULINGS.update().where(unanswered).values(values)).rowcount
    return new


def attended(connection: Connection, gate: str, now: datetime) -> tuple[Attended, ...]:
    """Who attends to which passage of a gate."""
    held = claims(connection, now)
    return tuple(
        Attended(passage_id=passage_id, person=claim.person) for (where, passage_id), claim in sorted(held.items()) if where == gate
    )
