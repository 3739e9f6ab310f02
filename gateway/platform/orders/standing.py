"""How orders stand, in the database: instructions and cancellations are kept as messages, and what follows goes down the feed.

An order's subjects (its box, its declarations, its vehicle) are kept apart: by them an instruction finds the orders that it is
about, an order the instructions that came before it, and what a lane has seen leaving the orders that may be meant. The standing
itself lives in the feed: what the gates are sent is what there is.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Column, Connection, Index, Row, String, Table, Text, select

from gateway.model.transport_order import TransportOrder
from gateway.model.wire import OrderStandingEntry
from gateway.platform import bulk
from gateway.platform.bodies import field_problems
from gateway.platform.database import CURSOR, METADATA, timestamp
from gateway.platform.errors import ConflictError, InvalidError
from gateway.platform.feed.store import FEED, current, publish
from gateway.platform.orders.instruction import INSTRUCTION, Instruction
from gateway.platform.orders.messages import KeptCancellation, KeptInstruction
from gateway.platform.orders.needs import HOLDS, Needs, Subject, changed, concerns, needs_of, subject_of

SUBJECTS = Table(
    "order_subjects",
    METADATA,
    Column("order_number", String(20), primary_key=True),
    Column("kind", String(11), primary_key=True),
    Column("value", String(20), primary_key=True),
    Column("first_at", String(27), nullable=False),
    Column("last_at", String(27), nullable=False),
    Index("order_subjects_value", "value", "kind"),
)
INSTRUCTIONS = Table(
    "instructions",
    METADATA,
    Column("cursor", CURSOR, primary_key=True, autoincrement=True),
    Column("message_id", String(20), nullable=False, unique=True),
    Column("container", String(17)),
    Column("declaration", String(20)),
    Column("received_at", String(27), nullable=False),
    Column("replaced_by", String(20)),
    Column("content", Text, nullable=False),
    Column("message_code", String(5), nullable=False, server_default=""),
    Index("instructions_message_code", "message_code", "cursor"),
    Index("instructions_received_at", "received_at"),
    Index("instructions_container", "container", "received_at"),
    Index("instructions_declaration", "declaration", "received_at"),
    sqlite_autoincrement=True,
)
CANCELLATIONS = Table(
    "order_cancellations",
    METADATA,
    Column("message_id", String(20), primary_key=True),
    Column("order_number", String(20), nullable=False, unique=True),
    Column("received_at", String(27), nullable=False),
    Column("reason", Text, nullable=False),
)
CONTAINER: Final = "container"
DECLARATION: Final = "declaration"
PLATE: Final = "plate"


@dataclass(frozen=True, slots=True)
class Instructed:
    """What became of an instruction: whether it was here already, and the open orders that it is about."""

    repeated: bool
    order_numbers: tuple[str, ...]


def amend(connection: Connection, order_number: str, change: Callable[[OrderStandingEntry], OrderStandingEntry]) -> None:
    """Send the gates how an order stands from now on, where `change` makes it another. What it leaves alone stays."""
    blank = OrderStandingEntry(order_number=order_number)
    known = current(connection, order_number, blank)
    before = OrderStandingEntry.model_validate_json(known[1]) if known else blank
    after = change(before)
    if after != before:
        publish(connection, order_number, after)


def standings(connection: Connection, numbers: Iterable[str]) -> dict[str, OrderStandingEntry]:
    """How each of these orders stands; one of which nothing but its own message is known is open and needs nothing more."""
    found = {number: OrderStandingEntry(order_number=number) for number in numbers}
    query = select(FEED.c.key, FEED.c.entry).where(FEED.c.kind == "order_standing")
    said = bulk.found(connection, query, FEED.c.key, found)
    return found | {row.key: OrderStandingEntry.model_validate_json(row.entry) for row in said}


# Subjects -----------------------------------------------------------------------------------------------------------------


def _subjects(connection: Connection, numbers: Collection[str]) -> dict[str, Subject]:
    rows: dict[str, list[Row[Any]]] = {}
    for row in bulk.found(connection, select(SUBJECTS), SUBJECTS.c.order_number, numbers):
        rows.setdefault(row.order_number, []).append(row)
    return {number: _subject(of_one) for number, of_one in rows.items()}


def issued_between(connection: Connection, numbers: Collection[str], after: datetime, until: datetime) -> set[str]:
    """Orders of one of these boxes or plates whose first message came after `after`, but not after `until`."""
    meant = SUBJECTS.c.kind.in_((CONTAINER, PLATE))
    query = select(SUBJECTS.c.order_number).where(
        meant, SUBJECTS.c.first_at > timestamp(after), SUBJECTS.c.first_at <= timestamp(until)
    )
    return {row.order_number for row in bulk.found(connection, query, SUBJECTS.c.value, numbers)}


def _subject(rows: list[Row[Any]]) -> Subject:
    return Subject(
        next((row.value for row in rows if row.kind == CONTAINER), None),
        next((row.value for row in rows if row.kind == PLATE), ""),
        frozenset(row.value for row in rows if row.kind == DECLARATION),
        datetime.fromisoformat(rows[0].first_at),
        datetime.fromisoformat(rows[0].last_at),
    )


def _rows_of(order_number: str, subject: Subject) -> list[dict[str, str]]:
    about = [(DECLARATION, one) for one in sorted(subject.declarations)]
    about += [(PLATE, subject.plate)] if subject.plate else []
    about += [(CONTAINER, subject.container)] if subject.container else []
    times = {"first_at": timestamp(subject.first_at), "last_at": timestamp(subject.last_at)}
    return [{"order_number": order_number, "kind": kind, "value": value, **times} for kind, value in about]


def orders_come(connection: Connection, orders: Sequence[TransportOrder], now: datetime) -> None:
    """Messages of different orders are taken: what was instructed of their boxes and declarations holds for them from now on.

    Goes into the feed before the orders do, so that no gate has an order and not yet what it needs.
    """
    known = _subjects(connection, [order.order_number for order in orders])
    subjects = {
        one.order_number: subject_of(one, known[one.order_number].first_at if one.order_number in known else now, now)
        for one in orders
    }
    bulk.remove(connection, SUBJECTS.delete(), SUBJECTS.c.order_number, known)
    bulk.add(connection, SUBJECTS, [row for number, subject in subjects.items() for row in _rows_of(number, subject)])
    said = _said_of(connection, [*known.values(), *subjects.values()])
    for number, subject in subjects.items():
        before = _needs(said, known[number]) if number in known else Needs()
        after = _needs(said, subject)
        if before != after:
            amend(connection, number, partial(changed, before=before, after=after))


# Instructions -------------------------------------------------------------------------------------------------------------


def kept(row: Row[Any]) -> KeptInstruction:
    return KeptInstruction(
        received_at=row.received_at, replaced_by=row.replaced_by, instruction=INSTRUCTION.validate_json(row.content)
    )


def _said_of(connection: Connection, subjects: Collection[Subject]) -> list[KeptInstruction]:
    """Instructions about these boxes and declarations in the order of their arrival, replaced ones as well."""
    if not subjects:
        return []
    query = select(INSTRUCTIONS).where(INSTRUCTIONS.c.received_at >= timestamp(min(one.first_at for one in subjects) - HOLDS))
    boxes = {one.container for one in subjects if one.container}
    declarations = {one for subject in subjects for one in subject.declarations}
    of_boxes = bulk.found(connection, query, INSTRUCTIONS.c.container, boxes)
    of_cargo = bulk.found(connection, query.where(INSTRUCTIONS.c.container.is_(None)), INSTRUCTIONS.c.declaration, declarations)
    return [kept(row) for row in sorted([*of_boxes, *of_cargo], key=attrgetter("cursor"))]


def _about_it(said: Iterable[KeptInstruction], subject: Subject) -> list[KeptInstruction]:
    return [one for one in said if concerns(one.instruction, one.received_at, subject)]


def _needs(said: Iterable[KeptInstruction], subject: Subject) -> Needs:
    return needs_of(one.instruction for one in _about_it(said, subject) if one.replaced_by is None)


def instructions_of(connection: Connection, order_number: str) -> tuple[KeptInstruction, ...]:
    """What was instructed of an order in its latest version, oldest first."""
    subject = _subjects(connection, [order_number]).get(order_number)
    return tuple(_about_it(_said_of(connection, [subject]), subject)) if subject else ()


def find_instruction(connection: Connection, message_id: str) -> KeptInstruction | None:
    row = connection.execute(select(INSTRUCTIONS).where(INSTRUCTIONS.c.message_id == message_id)).first()
    return kept(row) if row else None


def _about(connection: Connection, kept: KeptInstruction) -> dict[str, Subject]:
    """The orders that an instruction is about."""
    one, at = kept.instruction, kept.received_at
    kind, value = (CONTAINER, one.container) if one.container else (DECLARATION, one.declaration)
    query = select(SUBJECTS.c.order_number).where(
        SUBJECTS.c.kind == kind,
        SUBJECTS.c.value == value,
        SUBJECTS.c.first_at <= timestamp(at + HOLDS),
        SUBJECTS.c.last_at >= timestamp(at - HOLDS),
    )
    found = _subjects(connection, connection.execute(query).scalars().all())
    return {number: subject for number, subject in found.items() if concerns(one, at, subject)}


def orders_of(connection: Connection, kept: KeptInstruction) -> tuple[str, ...]:
    """The orders that an instruction is about, whatever has become of them, by number."""
    return tuple(sorted(_about(connection, kept)))


def _replaced(connection: Connection, instruction: Instruction) -> KeptInstruction | None:
    """The message that it stands in place of. Raises InvalidError for one not here, ConflictError for one replaced."""
    if instruction.replaces is None:
        return None
    kept = find_instruction(connection, instruction.replaces)
    if kept is None:
        wrong = [("replaces", f"message {instruction.replaces} is not here")]
        raise InvalidError("The message stands in place of one that is not here; nothing was stored.", field_problems(wrong))
    if kept.replaced_by is not None:
        raise ConflictError(f"Message {instruction.replaces} was replaced before, by {kept.replaced_by}.")
    return kept


def instruct(connection: Connection, instruction: Instruction, now: datetime) -> Instructed:
    """Keep an instruction and tell the gates of every order that it is about, but for those that were cancelled.

    Raises ConflictError where its id is taken by other content, and what `_replaced` raises.
    """
    arrived = KeptInstruction(received_at=now, instruction=instruction, replaced_by=None)
    known = find_instruction(connection, instruction.message_id)
    if known is not None and known.instruction != instruction:
        raise ConflictError(f"Message {instruction.message_id} was received before with other content.")
    if known is not None:
        return Instructed(True, tuple(sorted(_open(connection, _about(connection, known)))))
    replaced = _replaced(connection, instruction)
    meant = _about(connection, arrived)
    touched = meant | (_about(connection, replaced) if replaced else {})
    said = _said_of(connection, touched.values())
    before = {number: _needs(said, subject) for number, subject in touched.items()}
    _add(connection, arrived)
    said = _said_of(connection, touched.values())
    for number in _not_cancelled(connection, touched):  # a closed order may be opened again, and needs then what it needs
        amend(connection, number, partial(changed, before=before[number], after=_needs(said, touched[number])))
    return Instructed(False, tuple(sorted(_open(connection, meant))))


def _open(connection: Connection, numbers: Iterable[str]) -> list[str]:
    return [number for number, one in standings(connection, numbers).items() if one.state == "open"]


def _not_cancelled(connection: Connection, numbers: Iterable[str]) -> list[str]:
    return [number for number, one in standings(connection, numbers).items() if one.state != "cancelled"]


def _add(connection: Connection, arrived: KeptInstruction) -> None:
    one = arrived.instruction
    connection.execute(
        INSTRUCTIONS.insert().values(
            message_id=one.message_id,
            container=one.container,
            declaration=one.declaration,
            received_at=timestamp(arrived.received_at),
            content=one.model_dump_json(),
            message_code=one.message_code,
        )
    )
    if one.replaces is not None:
        replaced = INSTRUCTIONS.update().where(INSTRUCTIONS.c.message_id == one.replaces)
        connection.execute(replaced.values(replaced_by=one.message_id))


# Cancellations ------------------------------------------------------------------------------------------------------------


def cancellations(connection: Connection, numbers: Iterable[str]) -> dict[str, KeptCancellation]:
    """Those of these orders that were cancelled, with the message that did it."""
    query = select(CANCELLATIONS).where(CANCELLATIONS.c.order_number.in_(tuple(numbers)))
    return {row["order_number"]: KeptCancellation.model_validate(dict(row)) for row in connection.execute(query).mappings()}


def cancellation(connection: Connection, message_id: str) -> KeptCancellation | None:
    row = connection.execute(select(CANCELLATIONS).where(CANCELLATIONS.c.message_id == message_id)).mappings().first()
    return KeptCancellation.model_validate(dict(row)) if row else None


def keep_cancellation(connection: Connection, kept: KeptCancellation) -> None:
    connection.execute(CANCELLATIONS.insert().values(kept.model_dump() | {"received_at": timestamp(kept.received_at)}))
    amend(connection, kept.order_number, lambda standing: standing.model_copy(update={"state": "cancelled"}))
