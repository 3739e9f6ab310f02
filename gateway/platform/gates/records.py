"""What a gate handed in last, and where its evidence chain is broken: as the gate's own page shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, text

from gateway.model.wire import Confirmation
from gateway.platform.lanes.chain import ChainState
from gateway.platform.lanes.confirmation_store import ALARM, CONFIRMATIONS, CONFLICTS

MOST: Final = 10  # of each: the page shows how a gate is, the list of passages has everything


@dataclass(frozen=True, slots=True)
class Record:
    """One confirmation, and what its chain said of it."""

    confirmation: Confirmation
    received_at: datetime
    chain: ChainState


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A number under which the gate, or somebody in its name, sent another record later."""

    sequence: int
    last_at: datetime
    times: int


@dataclass(frozen=True, slots=True)
class Records:
    """All with the highest number first, `MOST` of each."""

    latest: tuple[Record, ...]
    alarms: tuple[Record, ...]
    contradictions: tuple[Contradiction, ...]


def records_of(connection: Connection, gate: str) -> Records:
    sequence = CONFIRMATIONS.c.sequence
    ours = select(CONFIRMATIONS).where(CONFIRMATIONS.c.gate == gate).order_by(sequence.desc()).limit(MOST)
    return Records(
        tuple(map(_record, connection.execute(ours))),
        tuple(map(_record, connection.execute(ours.where(text(ALARM))))),
        _contradictions(connection, gate),
    )


def _record(row: Row[Any]) -> Record:
    confirmation = Confirmation.model_validate_json(row.content)
    return Record(confirmation, datetime.fromisoformat(row.received_at), ChainState(row.chain))


def _contradictions(connection: Connection, gate: str) -> tuple[Contradiction, ...]:
    number = CONFLICTS.c.sequence
    query = select(number, func.max(CONFLICTS.c.received_at), func.count()).where(CONFLICTS.c.gate == gate)
    rows = connection.execute(query.group_by(number).order_by(number.desc()).limit(MOST))
    return tuple(Contradiction(found, datetime.fromisoformat(last), times) for found, last, times in rows)
