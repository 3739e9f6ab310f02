"""Observations as a lane's devices would emit them, for tests: a truck that is in order, and how to spoil it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.model.observation import (
    Candidate,
    ContainerRead,
    Observation,
    OrdersFound,
    PassiveSealRead,
    PassRead,
    PlateRead,
    Position,
    Presence,
    Quad,
    Tick,
    VehicleSealHeard,
)
from gateway.model.transport_order import TransportOrder, parse_order

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
BOX = "TEMU9221353"
PLATE = "KLA1235"
QUAD: Quad = ((10, 10), (200, 10), (200, 60), (10, 60))
PICTURE = "ab" * 32
CROP = "cd" * 32


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def order(**changes: Any) -> TransportOrder:
    """An order for BOX and PLATE with both seals, leaving at NOW. `vehicle` and `container` changes are merged."""
    message: dict[str, Any] = {
        "message_id": "04595257202611230001",
        "order_number": "BD15110459525700001",
        "application_kind": "1",
        "operation_kind": "4",
        "load_kind": "A",
        "origin": "017A1150",
        "destination": "KELW230W",
        "container": {"number": BOX, "size_type": "45G1"},
        "vehicle": {
            "kind": "1",
            "plate": "KLA-1235",
            "driving_licence": "A123456789",
            "driver": "王小明",
            "count": "1",
            "departure_time": "2026-11-23T12:00:00",
        },
        "seals": [{"kind": "5", "number": "E-WLS8854668"}, {"kind": "8", "number": "VS000123"}],
    }
    vehicle = {**message["vehicle"], **changes.pop("vehicle", {})}
    return parse_order({**message, "vehicle": vehicle, **changes}).order


def empty_vehicle(**changes: Any) -> TransportOrder:
    return order(load_kind="E", container=None, seals=[], **changes)


def second_order(**changes: Any) -> TransportOrder:
    """The other 20-foot box of the same trip."""
    return order(
        message_id="04595257202611230002",
        order_number="BD15110459525700002",
        container={"number": "CSQU3054383", "size_type": "22G1"},
        seals=[{"kind": "7", "number": "OWN0001"}],
        **changes,
    )


def positions(text: str, probability: float = 0.99) -> tuple[Position, ...]:
    return tuple((Candidate(character=c, probability=probability),) for c in text)


def box_read(number: str = BOX, seconds: float = 0.5, accepted: bool = True, **changes: Any) -> ContainerRead:
    values: dict[str, Any] = {
        "device": "rear",
        "at": at(seconds),
        "number": number,
        "confidence": 0.99 if accepted else 0.5,
        "accepted": accepted,
        "characters": positions(number, 0.99 if accepted else 0.9),
        "box": QUAD,
        "frame_size": (1280, 720),
        "picture": PICTURE,
        "crop": CROP,
        "check_digit_valid": True,
        "size_type": "45G1",
    }
    return ContainerRead(**{**values, **changes})


def plate_read(number: str = PLATE, seconds: float = 0.4, accepted: bool = True, **changes: Any) -> PlateRead:
    values: dict[str, Any] = {
        "device": "front",
        "at": at(seconds),
        "number": number,
        "text": number,
        "confidence": 0.99 if accepted else 0.5,
        "accepted": accepted,
        "characters": positions(number, 0.99 if accepted else 0.9),
        "box": QUAD,
        "frame_size": (1280, 720),
        "picture": PICTURE,
        "crop": CROP,
    }
    return PlateRead(**{**values, **changes})


def pass_read(licence: str | None = "A123456789", seconds: float = 0.1, uid: str = "a0") -> PassRead:
    return PassRead(
        device="uhf",
        at=at(seconds),
        technology="uhf",
        uid=uid,
        rssi=-50,
        holder="王小明" if licence else None,
        driving_licence=licence,
    )


def chip(number: str | None = "WLS8854668", seconds: float = 0.2, epc: str = "e200") -> PassiveSealRead:
    return PassiveSealRead(device="uhf", at=at(seconds), epc=epc, rssi=-55, number=number)


def seal(seconds: float = 0.3, **changes: Any) -> VehicleSealHeard:
    values: dict[str, Any] = {
        "device": "ble",
        "at": at(seconds),
        "number": "VS000123",
        "rssi": -60,
        "inserted": True,
        "locked": True,
        "battery_percent": 90,
        "counter": 7,
    }
    return VehicleSealHeard(**{**values, **changes})


def found(*orders: TransportOrder, seconds: float = 0.6) -> OrdersFound:
    return OrdersFound(device="orders", at=at(seconds), orders=orders, cache_age_s=1.0)


def came(seconds: float = 0.0) -> Presence:
    return Presence(device="loop", at=at(seconds), occupied=True)


def left(seconds: float) -> Presence:
    return Presence(device="loop", at=at(seconds), occupied=False)


def tick(seconds: float) -> Tick:
    return Tick(device="clock", at=at(seconds))


def in_order(*orders: TransportOrder) -> list[Observation]:
    """Everything that a truck in order shows, in the order in which it comes, and last the orders found for it."""
    return [came(), pass_read(), chip(), seal(), plate_read(), box_read(), found(*(orders or (order(),)))]
