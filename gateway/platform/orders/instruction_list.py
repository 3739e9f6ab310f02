"""The instructions of all orders as people look through them: the latest first, by kind, by order and by when they came."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from gateway.platform.database import timestamp
from gateway.platform.errors import NotFoundError
from gateway.platform.orders.messages import KeptInstruction
from gateway.platform.orders.standing import INSTRUCTIONS, find_instruction, instructions_of, kept, orders_of
from gateway.platform.orders.store import PARTIES


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for. Empty and None ask for nothing; `until` is not included."""

    message_code: str = ""
    order_number: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, one: KeptInstruction) -> bool:
        """Leaves `order_number` aside."""
        at = one.received_at
        after, before = self.since is None or self.since <= at, self.until is None or at < self.until
        return after and before and self.message_code in {"", one.instruction.message_code}


@dataclass(frozen=True, slots=True)
class Listed:
    """Instructions, the latest first, and the cursor behind which older ones follow; 0: these are all."""

    items: tuple[KeptInstruction, ...]
    older: int = 0


def page(connection: Connection, asked: Asked, before: int, limit: int) -> Listed:
    """`before`: the cursor of the last one already shown; 0: from the latest. Those of one order are few, and all come at once."""
    if asked.order_number:
        of_order = instructions_of(connection, asked.order_number)
        return Listed(tuple(one for one in reversed(of_order) if asked.fits(one)))
    cursor, received = INSTRUCTIONS.c.cursor, INSTRUCTIONS.c.received_at
    query = select(INSTRUCTIONS).order_by(cursor.desc()).limit(limit + 1)
    if before:
        query = query.where(cursor < before)
    if asked.message_code:
        query = query.where(INSTRUCTIONS.c.message_code == asked.message_code)
    if asked.since:
        query = query.where(received >= timestamp(asked.since))
    if asked.until:
        query = query.where(received < timestamp(asked.until))
    rows = connection.execute(query).all()
    return Listed(tuple(map(kept, rows[:limit])), rows[limit - 1].cursor if len(rows) > limit else 0)


def find(connection: Connection, message_id: str, firm: str | None) -> tuple[KeptInstruction, tuple[str, ...]]:
    """An instruction and the orders that it is about, of these only those of `firm` (BAN; None: all).

    Raises NotFoundError, for a firm also where it is about none of its orders.
    """
    found = find_instruction(connection, message_id)
    if found is None:
        raise NotFoundError("There is no such instruction here.")
    numbers = orders_of(connection, found)
    if firm is not None:
        theirs = select(PARTIES.c.order_number).where(PARTIES.c.ban == firm, PARTIES.c.order_number.in_(numbers))
        numbers = tuple(sorted(set(connection.execute(theirs).scalars())))
    if firm is not None and not numbers:
        raise NotFoundError("There is no such instruction here.")
    return found, numbers
