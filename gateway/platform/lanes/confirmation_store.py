"""Confirmations in the database, each once. Its key is the gate and the gate's sequence number.

The same record again is a repetition. Another record under a key that is taken is refused and noted: a gate that counts
anew, or somebody else who speaks for it, must be seen by a person.
"""

import hashlib
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Row,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    exists,
    func,
    or_,
    select,
    text,
    true,
)

from gateway.model.evidence import Link, body_sha256
from gateway.model.evidence_file import SignedRecord
from gateway.model.wire import Confirmation
from gateway.platform import bulk
from gateway.platform.database import CURSOR, METADATA, timestamp
from gateway.platform.errors import NotFoundError
from gateway.platform.gates.store import evidence_key
from gateway.platform.lanes.chain import Before, ChainState, judge
from gateway.platform.lanes.messages import ConfirmationPage, ConfirmationState, Conflict
from gateway.platform.lanes.picture_store import sizes
from gateway.platform.orders import departures, life_store
from gateway.platform.orders.life import Event, events_of, passage_record
from gateway.platform.orders.messages import OrderConfirmation
from gateway.platform.orders.store import confirms_order_of, mark_confirmed, own_named, settle_late, unmark
from gateway.platform.webhooks.messages import ConfirmationEvent, ConfirmationNews, Kind
from gateway.platform.webhooks.outbox import tell

ALARM: Final = "chain NOT IN ('whole', 'unsigned')"  # `ChainState.is_alarm`, as both databases recognise it in their index
CONFIRMATIONS = Table(
    "confirmations",
    METADATA,
    Column("cursor", CURSOR, primary_key=True, autoincrement=True),
    Column("gate", String(64), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("passage_id", Text, nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("decided_at", String(27), nullable=False),
    Column("received_at", String(27), nullable=False),
    Column("content", Text, nullable=False),
    Column("chain", String(20), nullable=False, server_default=ChainState.UNSIGNED.value),
    Column("link", Text),
    Column("signed_body", Text),  # byte for byte: another version may write the same record otherwise
    Column("key", String(64)),  # that proved itself by a good signature
    UniqueConstraint("gate", "sequence", name="confirmations_gate_sequence"),
    Index("confirmations_decided_at", "decided_at", "cursor"),
    Index("confirmations_passage", "gate", "passage_id", "sequence"),
    Index("confirmations_alarms", "gate", "sequence", sqlite_where=text(ALARM), postgresql_where=text(ALARM)),
    Index("confirmations_key", "gate", "cursor", sqlite_where=text("key IS NOT NULL"), postgresql_where=text("key IS NOT NULL")),
    sqlite_autoincrement=True,
)
CONFLICTS = Table(
    "confirmation_conflicts",
    METADATA,
    Column("gate", String(64), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", String(64), primary_key=True),
    Column("received_at", String(27), nullable=False),
    Column("content", Text, nullable=False),
)
MOST_BETWEEN: Final = 10_000  # records from a passage's first to its last; a person rules on it within minutes
MOST_CONFLICTS: Final = 10  # kept per key: enough to look into, and no way to fill the disk
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A confirmation byte for byte as it came, with its link, if the gate gave it one."""

    confirmation: Confirmation
    body: bytes
    link: Link | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a confirmation. `conflict`: refused, because the key holds another one."""

    repeated: bool
    conflict: bool
    chain: ChainState
    missing_pictures: tuple[str, ...]


def missing(connection: Connection, confirmation: Confirmation) -> tuple[str, ...]:
    """Pictures of the confirmation that the platform does not have, each once."""
    return _missing_of(connection, [confirmation])[confirmation.sequence]


def _missing_of(connection: Connection, confirmations: Iterable[Confirmation]) -> dict[int, tuple[str, ...]]:
    """Of each, by its number."""
    wanted = {one.sequence: dict.fromkeys(picture.sha256 for picture in one.pictures) for one in confirmations}
    there = sizes(connection, {sha256 for of_one in wanted.values() for sha256 in of_one})
    return {number: tuple(sha256 for sha256 in of_one if sha256 not in there) for number, of_one in wanted.items()}


def take(connection: Connection, arrived: Iterable[Arrived], now: datetime) -> tuple[list[Taken], int]:
    """Keep confirmations of one gate in their order, each judged by itself: new ones, those that are here, and conflicts.

    Gives what became of each, and how many orders are late by them that were not known to be.
    """
    taken, late = [], 0
    for run in _runs(arrived):
        of_run, late_by_it = _take_run(connection, run, now)
        taken += of_run
        late += late_by_it
    return taken, late


def _runs(arrived: Iterable[Arrived]) -> Iterator[list[Arrived]]:
    """One after another as they come, so that no two of a run are the same record or of the same passage."""
    run: list[Arrived] = []
    names: set[int | str] = set()
    for one in arrived:
        ours: set[int | str] = {one.confirmation.sequence, one.confirmation.passage_id}
        if names & ours or len(run) == bulk.AT_ONCE:
            yield run
            run, names = [], set()
        run.append(one)
        names |= ours
    if run:
        yield run


def _take_run(connection: Connection, run: list[Arrived], now: datetime) -> tuple[list[Taken], int]:
    gate = run[0].confirmation.gate
    query = select(CONFIRMATIONS.c.sequence, CONFIRMATIONS.c.content, CONFIRMATIONS.c.chain).where(CONFIRMATIONS.c.gate == gate)
    here = bulk.found(connection, query, CONFIRMATIONS.c.sequence, [one.confirmation.sequence for one in run])
    known = {row.sequence: row for row in here}
    new = [one for one in run if one.confirmation.sequence not in known]
    chains = _judged(connection, gate, new) if new else {}
    late = _add(connection, gate, new, chains, now) if new else 0
    lacks = _missing_of(connection, [one.confirmation for one in run])
    taken = []
    for one in run:
        number = one.confirmation.sequence
        if number in chains:
            taken.append(Taken(False, conflict=False, chain=chains[number], missing_pictures=lacks[number]))
        else:
            taken.append(_again(connection, one.confirmation, known[number], lacks[number], now))
    return taken, late


def _again(connection: Connection, confirmation: Confirmation, known: Row[Any], lacks: tuple[str, ...], now: datetime) -> Taken:
    """Its number was confirmed before: by this very record, or by another one."""
    chain = ChainState(known.chain)
    # Compared as written by this version, so that a record stored by an older one is still the same record.
    if Confirmation.model_validate_json(known.content).model_dump_json() != confirmation.model_dump_json():
        _note_conflict(connection, confirmation, now)
        return Taken(repeated=False, conflict=True, chain=chain, missing_pictures=())
    return Taken(repeated=True, conflict=False, chain=chain, missing_pictures=lacks)


def _judged(connection: Connection, gate: str, new: Iterable[Arrived]) -> dict[int, ChainState]:
    """What the gate's chain says of each, by its number, when those that come before it are there."""
    of_gate = CONFIRMATIONS.c.gate == gate
    signed = select(CONFIRMATIONS.c.key).where(of_gate, CONFIRMATIONS.c.key.is_not(None)).order_by(CONFIRMATIONS.c.cursor).limit(1)
    key = evidence_key(connection, gate)
    first = connection.execute(signed if key is None else signed.where(CONFIRMATIONS.c.key == key)).scalar()
    key, has_signed = key or first, first is not None
    query = select(CONFIRMATIONS.c.sequence, CONFIRMATIONS.c.link, CONFIRMATIONS.c.signed_body).where(of_gate)
    rows = bulk.found(connection, query, CONFIRMATIONS.c.sequence, [one.confirmation.sequence - 1 for one in new])
    here: dict[int, tuple[Link | None, bytes]] = {
        row.sequence: (Link.model_validate_json(row.link), row.signed_body.encode()) if row.link else (None, b"") for row in rows
    }
    chains = {}
    for one in new:
        number = one.confirmation.sequence
        link, body = here.get(number - 1, (None, b""))
        chains[number] = judge(number, one.body, one.link, Before(key, has_signed, number - 1 in here, link, body))
        proved = _proved_key(one.link, chains[number])
        key = key or proved
        has_signed = has_signed or (proved is not None and proved == key)
        here[number] = (one.link, one.body if one.link else b"")
    return chains


def _proved_key(link: Link | None, chain: ChainState) -> str | None:
    """The key with which a record is signed for certain."""
    return link.key if link and chain is not ChainState.BAD_SIGNATURE else None


def _row(arrived: Arrived, chain: ChainState, now: datetime) -> dict[str, Any]:
    confirmation, link = arrived.confirmation, arrived.link
    return {
        "gate": confirmation.gate,
        "sequence": confirmation.sequence,
        "passage_id": confirmation.passage_id,
        "outcome": confirmation.outcome.value,
        "decided_at": timestamp(confirmation.decided_at),
        "received_at": timestamp(now),
        "content": confirmation.model_dump_json(),
        "chain": chain.value,
        "link": link.model_dump_json() if link else None,
        "signed_body": arrived.body.decode() if link else None,
        "key": _proved_key(link, chain),
    }


def _add(connection: Connection, gate: str, new: Collection[Arrived], chains: Mapping[int, ChainState], now: datetime) -> int:
    """Gives how many orders are late by them that were not known to be."""
    for number, chain in chains.items():
        if chain.is_alarm:
            logger.error("evidence chain: %s in gate %s sequence %d", chain.value, gate, number)
    bulk.add(connection, CONFIRMATIONS, [_row(one, chains[one.confirmation.sequence], now) for one in new])
    confirmations = [one.confirmation for one in new]
    late = _mark_orders(connection, gate, confirmations)
    tell(connection, Kind.CONFIRMATION, now, [partial(_news, connection, confirmation, now) for confirmation in confirmations])
    return late


def _news(connection: Connection, confirmation: Confirmation, now: datetime, firm: str | None) -> ConfirmationEvent | None:
    """What a firm may be told of a confirmation; nothing where it concerns no order of the firm. None: Customs."""
    orders = confirmation.orders if firm is None else own_named(connection, confirmation.gate, confirmation.sequence, firm)
    if firm is not None and not orders:
        return None
    news = ConfirmationNews(
        gate=confirmation.gate,
        sequence=confirmation.sequence,
        lane=confirmation.lane,
        lane_title=confirmation.lane_title,
        outcome=confirmation.outcome,
        decided_at=confirmation.decided_at,
        orders=orders,
    )
    return ConfirmationEvent(timestamp=now, data=news)


def _mark_orders(connection: Connection, gate: str, confirmations: Collection[Confirmation]) -> int:
    """Orders bear what holds of each passage: its latest confirmation, which is a person's ruling where there is one.

    No two of `confirmations` are of the same passage.
    """
    numbers = _sequences_of_all(connection, gate, [one.passage_id for one in confirmations])
    latest = [one for one in confirmations if one.sequence == max(numbers[one.passage_id])]
    replaced = [number for one in latest for number in numbers[one.passage_id] if number != one.sequence]
    unmark(connection, gate, replaced)
    life_store.withdraw(connection, [passage_record(gate, number) for number in replaced])
    mark_confirmed(connection, [(number, _marked(one)) for one in latest for number in dict.fromkeys(one.orders)])
    said: dict[str, list[Event]] = {}
    for one in latest:
        for number, event in events_of(one):
            said.setdefault(number, []).append(event)
    life_store.record_all(connection, said)
    return settle_late(connection, departures.forget(connection, gate, replaced) | departures.see(connection, latest))


def _marked(confirmation: Confirmation) -> OrderConfirmation:
    """What an order says of it."""
    ruling = confirmation.ruling
    return OrderConfirmation(
        gate=confirmation.gate,
        sequence=confirmation.sequence,
        lane=confirmation.lane,
        lane_title=confirmation.lane_title,
        outcome=confirmation.outcome,
        decided_at=ruling.at if ruling else confirmation.decided_at,
    )


def sequences_of(connection: Connection, confirmation: Confirmation) -> tuple[int, ...]:
    """Under which numbers the gate has confirmed this passage, in their order: the lane's verdict, then a person's ruling."""
    numbers = _sequences_of_all(connection, confirmation.gate, [confirmation.passage_id])
    return tuple(sorted(numbers[confirmation.passage_id]))


def _sequences_of_all(connection: Connection, gate: str, passages: Collection[str]) -> dict[str, list[int]]:
    """The same of many passages, in no order."""
    query = select(CONFIRMATIONS.c.passage_id, CONFIRMATIONS.c.sequence).where(CONFIRMATIONS.c.gate == gate)
    numbers: dict[str, list[int]] = {passage: [] for passage in passages}
    for row in bulk.found(connection, query, CONFIRMATIONS.c.passage_id, passages):
        numbers[row.passage_id].append(row.sequence)
    return numbers


def _note_conflict(connection: Connection, confirmation: Confirmation, now: datetime) -> None:
    content = confirmation.model_dump_json()
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    key = (CONFLICTS.c.gate == confirmation.gate) & (CONFLICTS.c.sequence == confirmation.sequence)
    known = set(connection.execute(select(CONFLICTS.c.sha256).where(key)).scalars())
    logger.error(
        "conflict: gate %s sequence %d came again with other content (%s)", confirmation.gate, confirmation.sequence, sha256
    )
    if sha256 not in known and len(known) < MOST_CONFLICTS:
        values = {"gate": confirmation.gate, "sequence": confirmation.sequence, "sha256": sha256}
        connection.execute(CONFLICTS.insert().values(**values, received_at=timestamp(now), content=content))


def _conflicts(connection: Connection, row: RowMapping) -> tuple[Conflict, ...]:
    query = select(CONFLICTS).where(CONFLICTS.c.gate == row["gate"], CONFLICTS.c.sequence == row["sequence"])
    found = connection.execute(query.order_by(CONFLICTS.c.received_at, CONFLICTS.c.sha256)).mappings()
    return tuple(Conflict(received_at=one["received_at"], sha256=one["sha256"]) for one in found)


def _states(connection: Connection, rows: Iterable[RowMapping]) -> tuple[ConfirmationState, ...]:
    found = []
    for row in rows:
        confirmation = Confirmation.model_validate_json(row["content"])
        found.append(
            ConfirmationState(
                cursor=row["cursor"],
                received_at=row["received_at"],
                confirmation=confirmation,
                missing_pictures=missing(connection, confirmation),
                conflicts=_conflicts(connection, row),
                chain=ChainState(row["chain"]),
                link=Link.model_validate_json(row["link"]) if row["link"] else None,
            )
        )
    return tuple(found)


def _concerning(firm: str | None) -> ColumnElement[bool]:
    """Confirmations that name an order of the firm; all of them where None asks."""
    return true() if firm is None else exists(confirms_order_of(firm, CONFIRMATIONS.c.gate, CONFIRMATIONS.c.sequence))


def find(connection: Connection, gate: str, sequence: int, firm: str | None = None) -> ConfirmationState:
    """Raises NotFoundError, also where it concerns no order of `firm` (BAN)."""
    query = select(CONFIRMATIONS).where(CONFIRMATIONS.c.gate == gate, CONFIRMATIONS.c.sequence == sequence, _concerning(firm))
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFoundError("There is no such confirmation here.")
    return _states(connection, [row])[0]


def latest_of(connection: Connection, gate: str, passage_id: str) -> ConfirmationState | None:
    """What holds of a passage; None while nothing of it has arrived."""
    ours = select(CONFIRMATIONS).where(CONFIRMATIONS.c.gate == gate, CONFIRMATIONS.c.passage_id == passage_id)
    row = connection.execute(ours.order_by(CONFIRMATIONS.c.sequence.desc()).limit(1)).mappings().first()
    return _states(connection, [row])[0] if row else None


def signed_records(connection: Connection, gate: str, passage_id: str) -> tuple[SignedRecord, ...]:
    """The passage's records, and between the first and the last what other passages' there are, those without body.

    Raises NotFoundError where nobody signed one of them, or they stand too far apart for a file.
    """
    of_gate, sequence = CONFIRMATIONS.c.gate == gate, CONFIRMATIONS.c.sequence
    ends = select(func.min(sequence), func.max(sequence)).where(of_gate, CONFIRMATIONS.c.passage_id == passage_id)
    first, last = connection.execute(ends).one()
    if first is None:
        raise NotFoundError("There is no such passage here.")
    columns = (sequence, CONFIRMATIONS.c.passage_id, CONFIRMATIONS.c.link, CONFIRMATIONS.c.signed_body)
    between = select(*columns).where(of_gate, sequence.between(first, last)).order_by(sequence).limit(MOST_BETWEEN + 1)
    rows = connection.execute(between).all()
    if len(rows) > MOST_BETWEEN or any(row.link is None for row in rows):
        raise NotFoundError("There is no evidence file of this passage: not all of its records are signed, or they are too many.")
    return tuple(_signed(row.sequence, row.link, row.signed_body.encode(), row.passage_id == passage_id) for row in rows)


def _signed(sequence: int, link: str, body: bytes, shown: bool) -> SignedRecord:
    return SignedRecord(sequence, Link.model_validate_json(link), body_sha256(body), body if shown else None)


def page(connection: Connection, after: int, limit: int, newest: bool, firm: str | None = None) -> ConfirmationPage:
    """Confirmations in order of arrival, behind `after` in the chosen direction (0: from its start)."""
    cursor: Any = CONFIRMATIONS.c.cursor
    query = select(CONFIRMATIONS).where(_concerning(firm)).order_by(cursor.desc() if newest else cursor).limit(limit + 1)
    if after:
        query = query.where(cursor < after if newest else cursor > after)
    rows = connection.execute(query).mappings().all()
    items = _states(connection, rows[:limit])
    return ConfirmationPage(items=items, cursor=items[-1].cursor if items else after, more=len(rows) > limit)


def latest_passages(
    connection: Connection, before: tuple[str, int] | None, limit: int, firm: str | None = None
) -> tuple[ConfirmationState, ...]:
    """By the time of decision, newest first, as people read them: a gate that was cut off hands its own in late.

    Of each passage the latest confirmation only, so that a person's ruling stands on the line of what the lane had referred.
    `before` is the decision time (as `timestamp` writes it) and the cursor of the last one already shown.
    """
    decided, cursor = CONFIRMATIONS.c.decided_at, CONFIRMATIONS.c.cursor
    later = CONFIRMATIONS.alias("later")
    same = (later.c.gate == CONFIRMATIONS.c.gate) & (later.c.passage_id == CONFIRMATIONS.c.passage_id)
    overruled = exists().where(same, later.c.sequence > CONFIRMATIONS.c.sequence)
    query = select(CONFIRMATIONS).where(~overruled, _concerning(firm)).order_by(decided.desc(), cursor.desc()).limit(limit)
    if before:
        query = query.where(or_(decided < before[0], (decided == before[0]) & (cursor < before[1])))
    return _states(connection, connection.execute(query).mappings().all())
