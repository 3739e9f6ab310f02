"""One order out of a gate's store, read beside the running service: nothing is locked, nothing is written."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from gateway.model.transport_order import TransportOrder
from gateway.model.wire import REGISTER_ENTRY, OrderStandingEntry
from gateway.orders.errors import StoredOrderError
from gateway.store.connection import connect, naming


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order as the gate has it, and the notes of work instructions (N5170) and release conditions that came for it."""

    order: TransportOrder
    notes: tuple[str, ...] = ()
    release_conditions: tuple[str, ...] = ()


def stored_order(folder: Path, number: str) -> StoredOrder:
    """Raises StoreError for a folder that is no gate's store, StoredOrderError for an order that is not there or unreadable."""
    path = folder / "gate.sqlite3"
    with naming(path), closing(connect(path, read_only=True)) as connection:
        row = connection.execute("SELECT body FROM transport_order WHERE order_number = ?", (number,)).fetchone()
        said = connection.execute("SELECT body FROM register_entry WHERE kind = 'order_standing' AND key = ?", (number,)).fetchone()
    if row is None:
        raise StoredOrderError(f"{path}: there is no order {number}")
    try:
        entry = REGISTER_ENTRY.validate_json(said["body"]) if said else None
        order = TransportOrder.model_validate_json(row["body"])
    except ValidationError:
        raise StoredOrderError(f"{path}: the stored order {number} cannot be read") from None
    if not isinstance(entry, OrderStandingEntry):
        return StoredOrder(order)
    return StoredOrder(order, entry.notes, entry.release_conditions)
