"""What a clerk is likely to fill in: vehicles with their drivers, places and sizes, out of the orders that he may see.

The one seam for where suggestions come from: registers of vehicles and drivers can be joined in `suggest`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from gateway.model.transport_order import TransportOrder, Vehicle
from gateway.platform.orders import store
from gateway.platform.orders.parties import issuer
from gateway.platform.orders.search import Range

LATEST: Final = 200  # orders: about a day of a busy depot


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Each list begins with what was used last. `latest`: the last order, whose codes the next one likely shares."""

    vehicles: tuple[Vehicle, ...] = ()
    places: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    offices: tuple[str, ...] = ()
    latest: TransportOrder | None = None


def suggest(connection: Connection, firm: str | None) -> Suggestions:
    """For a viewer of `firm` (BAN; None: Customs)."""
    page = store.page(connection, Range(0, LATEST, True), firm=firm)
    return from_orders([state.order for state in page.items], firm)


def from_orders(orders: Iterable[TransportOrder], firm: str | None) -> Suggestions:
    """Out of orders, the newest first; codes and offices only out of those that the firm issued itself."""
    orders = tuple(orders)
    own = [order for order in orders if firm in {None, issuer(order)}]
    vehicles: dict[str, Vehicle] = {}
    for order in orders:
        vehicles.setdefault(order.vehicle.plate_value, order.vehicle)
    return Suggestions(
        vehicles=tuple(vehicles.values()),
        places=_distinct(place for order in orders for place in (order.destination, order.origin)),
        sizes=_distinct(order.container.size_type for order in orders if order.container and order.container.size_type),
        offices=_distinct(order.order_number[:2] for order in own if issuer(order)),
        latest=own[0] if own else None,
    )


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
