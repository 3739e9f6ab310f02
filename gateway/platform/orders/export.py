"""One order with its timeline as a file: JSON for programs, CSV for a spreadsheet, one line per event. Pure."""

import csv
import io
from typing import Final

from pydantic import BaseModel, ConfigDict

from gateway.platform.orders.following import Followed
from gateway.platform.orders.messages import OrderLife, OrderState

COLUMNS: Final = (
    *("order_number", "state", "late_s", "container", "plate", "driver", "origin", "destination", "departure_time"),
    *("event", "at", "who", "place", "record", "reason"),
)
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would reckon out


class OrderExport(BaseModel):
    """The order as `/api/orders/{order_number}` has it, and its life."""

    model_config = ConfigDict(frozen=True)

    order: OrderState
    life: OrderLife


def as_json(followed: Followed) -> str:
    state = followed.state
    life = OrderLife.of(state.order.order_number, followed.life, state.late_s)
    return OrderExport(order=state, life=life).model_dump_json(indent=1)


def as_csv(followed: Followed) -> str:
    """RFC 4180 with a byte order mark, by which spreadsheets know UTF-8. Times are RFC 3339, UTC."""
    order, written = followed.state.order, io.StringIO()
    lines = csv.writer(written)
    lines.writerow(COLUMNS)
    common = (
        order.order_number,
        followed.life.state.value,
        "" if followed.state.late_s is None else str(followed.state.late_s),
        order.container.number if order.container else "",
        order.vehicle.plate,
        order.vehicle.driver,
        order.origin,
        order.destination,
        order.vehicle.departure_time.isoformat(),
    )
    for event in followed.life.events:
        row = (*common, event.kind.value, event.at.isoformat(), event.who, event.place, event.record, event.reason)
        lines.writerow([_harmless(cell) for cell in row])
    return "\ufeff" + written.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell
