"""How orders stand, in the database: instructions and cancellations are kept as messages, and what follows goes down the feed.

An order's subjects (its box, its declarations) are kept apart, so that an instruction finds the orders that it is about, and an
order the instructions that came before it. The standing itself lives in the feed: what the gates are sent is what there is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Column, Connection, Index, Row, String, Table, Text, and_, or_, select

from gateway.model.transport_order import TransportOrder
from gateway.model.wire import OrderStandingEntry
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
    query = select(FEED.c.key, FEED.c.entry).where(FEED.c.kind == "order_standing", FEED.c.key.in_(found))
    return found | {row.key: OrderStandingEntry.model_validate_json(row.entry) for row in connection.execute(query)}


# Subjects -----------------------------------------------------------------------------------------------------------------


def _subjects(connection: Connection, numbers: Iterable[str]) -> dict[str, Subject]:
    rows: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(select(SUBJECTS).where(SUBJECTS.c.order_number.in_(tuple(numbers)))):
        rows.setdefault(row.order_number, []).append(row)
    return {number: _subject(of_one) for number, of_one in rows.items()}


def _subject(rows: list[Row[Any]]) -> Subject:
    return Subject(
        next((row.value for row in rows if row.kind == CONTAINER), None),
        frozenset(row.value for row in rows if row.kind == DECLARATION),
        datetime.fromisoformat(rows[0].first_at),
        datetime.fromisoformat(rows[0].last_at),
    )


def _keep_subject(connection: Connection, order_number: str, subject: Subject) -> None:
    about = [(DECLARATION, one) for one in sorted(subject.declarations)]
    about += [(CONTAINER, subject.container)] if subject.container else []
    times = {"first_at": timestamp(subject.first_at), "last_at": timestamp(subject.last_at)}
    rows = [{"order_number": order_number, "kind": kind, "value": value, **times} for kind, value in about]
    if rows:
        connection.execute(SUBJECTS.insert(), rows)


def order_came(connection: Connection, order: TransportOrder, now: datetime) -> None:
    """A message of an order is taken: what was instructed of its box and declarations holds for it from now on.

    Goes into the feed before the order does, so that no gate has the order and not yet what it needs.
    """
    number = order.order_number
    known = _subjects(connection, [number]).get(number)
    subject = subject_of(order, known.first_at if known else now, now)
    before = _needs(connection, known) if known else Needs()
    if known:
        connection.execute(SUBJECTS.delete().where(SUBJECTS.c.order_number == number))
    _keep_subject(connection, number, subject)
    after = _needs(connection, subject)
    if before != after:
        amend(connection, number, partial(changed, before=before, after=after))


# Instructions -------------------------------------------------------------------------------------------------------------


def _kept(row: Row[Any]) -> KeptInstruction:
    return KeptInstruction(
        received_at=row.received_at, replaced_by=row.replaced_by, instruction=INSTRUCTION.validate_json(row.content)
    )


def _said_of(connection: Connection, subject: Subject) -> list[KeptInstruction]:
    """Instructions about the subject in the order of their arrival, replaced ones as well."""
    box, declaration = INSTRUCTIONS.c.container, INSTRUCTIONS.c.declaration
    of_cargo = and_(box.is_(None), declaration.in_(sorted(subject.declarations)))
    about = or_(box == subject.container, of_cargo) if subject.container else of_cargo
    query = select(INSTRUCTIONS).where(about, INSTRUCTIONS.c.received_at >= timestamp(subject.first_at - HOLDS))
    found = map(_kept, connection.execute(query.order_by(INSTRUCTIONS.c.cursor)))
    return [one for one in found if concerns(one.instruction, one.received_at, subject)]


def _needs(connection: Connection, subject: Subject) -> Needs:
    return needs_of(one.instruction for one in _said_of(connection, subject) if one.replaced_by is None)


def instructions_of(connection: Connection, order_number: str) -> tuple[KeptInstruction, ...]:
    """What was instructed of an order in its latest version, oldest first."""
    subject = _subjects(connection, [order_number]).get(order_number)
    return tuple(_said_of(connection, subject)) if subject else ()


def _find(connection: Connection, message_id: str) -> KeptInstruction | None:
    row = connection.execute(select(INSTRUCTIONS).where(INSTRUCTIONS.c.message_id == message_id)).first()
    return _kept(row) if row else None


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
    found = _subjects(connection, connection.execute(query).scalars())
    return {number: subject for number, subject in found.items() if concerns(one, at, subject)}


def _replaced(connection: Connection, instruction: Instruction) -> KeptInstruction | None:
    """The message that it stands in place of. Raises InvalidError for one not here, ConflictError for one replaced."""
    if instruction.replaces is None:
        return None
    kept = _find(connection, instruction.replaces)
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
    known = _find(connection, instruction.message_id)
    if known is not None and known.instruction != instruction:
        raise ConflictError(f"Message {instruction.message_id} was received before with other content.")
    if known is not None:
        return Instructed(True, tuple(sorted(_open(connection, _about(connection, known)))))
    replaced = _replaced(connection, instruction)
    meant = _about(connection, arrived)
    touched = meant | (_about(connection, replaced) if replaced else {})
    before = {number: _needs(connection, subject) for number, subject in touched.items()}
    _add(connection, arrived)
    for number in _not_cancelled(connection, touched):  # a closed order may be opened again, and needs then what it needs
        amend(connection, number, partial(changed, before=before[number], after=_needs(connection, touched[number])))
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
