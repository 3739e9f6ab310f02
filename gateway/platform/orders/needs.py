"""What instructions make of an order's needs. Pure.

Nothing is published on how these messages work together. Ours: notes and conditions add up until a message is replaced; EX asks for
an inspection; a release after it says that it is done; AK, AP and RE change nothing that a gate decides by. An instruction and an
order belong together when they arrive within HOLDS of one another, whichever comes first: boxes come back with another cargo.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.model.order_standing import Inspection
from gateway.model.transport_order import TransportOrder
from gateway.model.wire import OrderStandingEntry
from gateway.platform.orders.instruction import CustomsReply, Instruction, ReleaseNotice, WorkInstruction

HOLDS: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an order is about, by which others speak of it: instructions of its box or declarations, lanes of its box or vehicle.

    `plate`: without separators. `first_at`, `last_at`: when its first and its latest message came.
    """

    container: str | None
    plate: str
    declarations: frozenset[str]
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Needs:
    """`asked_by`: the message that said the last of the inspection; empty: none did."""

    notes: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    inspection: Inspection = "none"
    asked_by: str = ""


def subject_of(order: TransportOrder, first_at: datetime, last_at: datetime) -> Subject:
    box = order.container.number if order.container else None
    declarations = frozenset(one.declaration for one in order.cargo if one.declaration)
    return Subject(box, order.vehicle.plate_value, declarations, first_at, last_at)


def concerns(instruction: Instruction, received_at: datetime, subject: Subject) -> bool:
    """Whether it is about this order's box, unless both name declarations and these differ; without a box, its declaration."""
    if not subject.first_at - HOLDS <= received_at <= subject.last_at + HOLDS:
        return False
    if instruction.container is None:
        return instruction.declaration in subject.declarations
    same_cargo = instruction.declaration is None or not subject.declarations or instruction.declaration in subject.declarations
    return instruction.container == subject.container and same_cargo


def needs_of(instructions: Iterable[Instruction]) -> Needs:
    """Of instructions in force, in the order of their arrival."""
    notes: set[str] = set()
    conditions: set[str] = set()
    inspection: Inspection = "none"
    asked_by = ""
    for one in instructions:
        match one:
            case WorkInstruction():
                notes.update(one.notes)
            case CustomsReply(reply="EX"):
                inspection, asked_by = "required", one.message_id
            case ReleaseNotice():
                conditions.update(one.release_conditions)
                if inspection == "required":
                    inspection, asked_by = "done", one.message_id
            case CustomsReply():
                pass
    return Needs(frozenset(notes), frozenset(conditions), inspection, asked_by)


def changed(standing: OrderStandingEntry, before: Needs, after: Needs) -> OrderStandingEntry:
    """The standing with `after` in place of `before`. What others said of the order (POST /api/registry) stays."""
    inspected = standing.inspection
    if (before.inspection, before.asked_by) != (after.inspection, after.asked_by):
        inspected = after.inspection
    return standing.model_copy(
        update={
            "notes": tuple(sorted(set(standing.notes) - before.notes | after.notes)),
            "release_conditions": tuple(sorted(set(standing.release_conditions) - before.conditions | after.conditions)),
            "inspection": inspected,
        }
    )
