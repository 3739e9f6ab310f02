"""What a clerk is likely to fill in: vehicles, drivers, places and sizes, out of the registers and the orders that he may see.

What the registers say comes first, what only orders say behind it. Whatever the registers' size, so many entries are read and no
more; a vehicle beyond them is suggested as soon as it is in an order.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, select

from gateway.model.plate import normalise
from gateway.model.transport_order import TransportOrder
from gateway.platform.orders import store
from gateway.platform.orders.parties import issuer
from gateway.platform.orders.search import Range
from gateway.platform.registry import kinds
from gateway.platform.registry import store as registry
from gateway.platform.registry.kinds import KINDS

LATEST: Final = 200  # orders: about a day of a busy depot
REGISTERED: Final = 500  # entries of each register
# What an order has room for; a longer name is not cut, it is left to the person.
_LONGEST_NUMBER, _LONGEST_NAME, _LONGEST_PLACE = 4, 40, 8


@dataclass(frozen=True, slots=True)
class KnownVehicle:
    """A plate, and what an order says of such a vehicle; empty where nothing is known."""

    plate: str
    kind: str = ""
    number: str = ""
    haulier_ban: str = ""
    haulier_name: str = ""
    driver: str = ""
    driving_licence: str = ""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """`drivers`: licences by name, empty where several have the name. `places`: names by code, empty where only orders know it.

    `latest`: the last order, whose codes the next one likely shares.
    """

    vehicles: tuple[KnownVehicle, ...]
    drivers: Mapping[str, str]
    places: Mapping[str, str]
    sizes: tuple[str, ...]
    offices: tuple[str, ...]
    latest: TransportOrder | None


def suggest(connection: Connection, firm: str | None) -> Suggestions:
    """For a viewer of `firm` (BAN; None: Customs)."""
    orders = [state.order for state in store.page(connection, Range(0, LATEST, True), firm=firm).items]
    places = _registered_places(connection)
    places |= {code: "" for order in orders for code in (order.destination, order.origin) if code not in places}
    own = [order for order in orders if firm in {None, issuer(order)}]  # codes and offices: only as the firm itself issues
    return Suggestions(
        vehicles=_vehicles(_registered_vehicles(connection, firm), orders),
        drivers=_drivers(_registered_drivers(connection, firm), orders),
        places=places,
        sizes=_distinct(order.container.size_type for order in orders if order.container and order.container.size_type),
        offices=_distinct(order.order_number[:2] for order in own if issuer(order)),
        latest=own[0] if own else None,
    )


def _vehicles(registered: Iterable[KnownVehicle], orders: Iterable[TransportOrder]) -> tuple[KnownVehicle, ...]:
    """The register says what a vehicle is, the latest order who drives it."""
    seen: dict[str, KnownVehicle] = {}
    for order in orders:
        vehicle = order.vehicle
        seen.setdefault(
            vehicle.plate_value,
            KnownVehicle(
                plate=vehicle.plate,
                kind=vehicle.kind,
                number=vehicle.number or "",
                haulier_ban=vehicle.haulier_ban or "",
                haulier_name=vehicle.haulier_name or "",
                driver=vehicle.driver,
                driving_licence=vehicle.driving_licence,
            ),
        )
    found = []
    for one in registered:
        driven = seen.pop(normalise(one.plate), None)
        by = {"driver": driven.driver, "driving_licence": driven.driving_licence} if driven else {}
        found.append(replace(one, **by))
    return (*found, *seen.values())


def _drivers(registered: Iterable[kinds.Driver], orders: Iterable[TransportOrder]) -> dict[str, str]:
    named: dict[str, set[str]] = {}
    for name, licence in (
        *((driver.name, driver.licence) for driver in registered),
        *((order.vehicle.driver, order.vehicle.driving_licence) for order in orders),
    ):
        named.setdefault(name, set()).add(licence)
    return {name: licences.pop() if len(licences) == 1 else "" for name, licences in named.items()}


def _registered_vehicles(connection: Connection, firm: str | None) -> list[KnownVehicle]:
    entries = [one.entry for one in registry.page(connection, KINDS["vehicle"], firm, REGISTERED).items]
    names = _names_of_firms(connection, {vehicle.firm for vehicle in entries})
    return [
        KnownVehicle(
            plate=vehicle.plate,
            kind=vehicle.kind,
            number=vehicle.number if len(vehicle.number) <= _LONGEST_NUMBER else "",
            haulier_ban=vehicle.firm,
            haulier_name=names.get(vehicle.firm, ""),
        )
        for vehicle in entries
    ]


def _names_of_firms(connection: Connection, bans: Iterable[str]) -> dict[str, str]:
    wanted = (registry.ENTRIES.c.kind == "firm") & registry.ENTRIES.c.key.in_(sorted(bans)) & ~registry.ENTRIES.c.removed
    rows = connection.execute(select(registry.ENTRIES.c.key, registry.ENTRIES.c.content).where(wanted))
    names = {ban: str(json.loads(content)["name"]) for ban, content in rows}
    return {ban: name for ban, name in names.items() if len(name) <= _LONGEST_NAME}


def _registered_drivers(connection: Connection, firm: str | None) -> list[kinds.Driver]:
    return [one.entry for one in registry.page(connection, KINDS["driver"], firm, REGISTERED).items]


def _registered_places(connection: Connection) -> dict[str, str]:
    """Everybody reads them all. Their fences, which make an entry large, are not looked at."""
    table = registry.ENTRIES
    query = select(table.c.key, table.c.content).where(table.c.kind == "place", ~table.c.removed)
    rows = connection.execute(query.order_by(table.c.key).limit(REGISTERED))
    return {code: str(json.loads(content)["name"]) for code, content in rows if len(code) <= _LONGEST_PLACE}


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
