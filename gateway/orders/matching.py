"""How an order is looked for: exactly, by normalised box number, plate or driving licence. Pure.

One definition for the cache's columns and for orders that come from a file.
"""

import unicodedata
from collections.abc import Collection, Iterable

from gateway.model.container_number import normalise as normalise_container
from gateway.model.plate import normalise as normalise_plate
from gateway.model.transport_order import TransportOrder


def normalise_licence(text: str) -> str:
    """Upper case, NFKC, no surrounding space: as an order's own licence is read."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def containers_of(numbers: Collection[str]) -> frozenset[str]:
    return frozenset(filter(None, map(normalise_container, numbers)))


def plates_of(plates: Collection[str]) -> frozenset[str]:
    return frozenset(filter(None, map(normalise_plate, plates)))


def licences_of(licences: Collection[str]) -> frozenset[str]:
    return frozenset(filter(None, map(normalise_licence, licences)))


def find_among(
    orders: Iterable[TransportOrder], containers: Collection[str], plates: Collection[str], driving_licences: Collection[str]
) -> tuple[TransportOrder, ...]:
    """Orders that name one of these boxes, plates or licences, by order number."""
    boxes, vehicles, drivers = containers_of(containers), plates_of(plates), licences_of(driving_licences)
    found = {
        order.order_number: order
        for order in orders
        if (order.container is not None and order.container.number in boxes)
        or order.vehicle.plate_value in vehicles
        or order.vehicle.driving_licence in drivers
    }
    return tuple(found[number] for number in sorted(found))
