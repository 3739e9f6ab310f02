"""What stands in the lane, and what the orders say of it: in order, or with one thing wrong (seldom two)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from bench.decision_measure.numbers import container, near_plate, sister, tractor, trailer, twin
from gateway.model.clock import TAIPEI
from gateway.model.transport_order import TransportOrder, parse_order
from gateway.model.verdict import Outcome

NOW: Final = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
FORTY: Final = "45G1"
TWENTY: Final = "22G1"
PASS: Final = frozenset({Outcome.PASS})
REFER: Final = frozenset({Outcome.REFER})
STOP: Final = frozenset({Outcome.STOP})
KEEP: Final = frozenset({Outcome.REFER, Outcome.STOP})  # must not leave; who decides it may depend on what else was read


@dataclass(frozen=True, slots=True)
class Seal:
    """A vehicle seal within earshot."""

    number: str
    inserted: bool = True
    locked: bool = True
    cable_cut: bool = False
    shell_opened: bool = False
    motor_stuck: bool = False
    elsewhere: bool = False  # it is in the next lane
    forged: bool = False  # its frames carry a wrong authentication tag
    opens_after_s: float | None = None  # it is opened so long after the truck has reached the loop


@dataclass(frozen=True, slots=True)
class Trip:
    """The truth. `orders` are those in the gate's cache, `carried` the numbers of those that this vehicle rightly carries."""

    kind: str
    boxes: tuple[tuple[str, str], ...]  # number, size and type; the front one first
    plate: str
    trailer: str
    licence: str | None  # of the pass that is held out; None: the register does not know the pass
    chips: tuple[str | None, ...]  # printed numbers of the e-seals on the doors; None: unknown to the register
    seals: tuple[Seal, ...]
    orders: tuple[TransportOrder, ...]
    carried: frozenset[str]
    expected: frozenset[Outcome] = PASS
    has_pass: bool = True
    lost: tuple[str, ...] = ()  # devices of the lane that are out of order
    order_late_s: float = 0.0  # when the order reaches the gate, after the vehicle
    late: dict[str, float] = field(default_factory=dict)  # by device: how much later than usual it has its evidence


def _licence(rng: Random) -> str:
    return f"{rng.choice('ABCDEFGH')}{rng.choice('12')}{rng.randrange(100_000_000):08d}"


def _order(rng: Random, box: tuple[str, str] | None, plate: str, licence: str, seals: list[tuple[str, str]]) -> TransportOrder:
    """An order that departs about now."""
    departs = NOW + timedelta(minutes=rng.randrange(-240, 90))
    return _order_at(rng, departs, box, plate, licence, seals)


def _order_at(
    rng: Random, departs: datetime, box: tuple[str, str] | None, plate: str, licence: str, seals: list[tuple[str, str]]
) -> TransportOrder:
    serial = rng.randrange(100_000)
    message: dict[str, Any] = {
        "message_id": f"0459525720261123{rng.randrange(10_000):04d}",
        "order_number": f"BD151104595257{serial:05d}",
        "application_kind": "1",
        "operation_kind": rng.choice("1234"),
        "load_kind": "A" if box else "E",
        "origin": "017A1150",
        "destination": "KELW230W",
        "vehicle": {
            "kind": "1",
            "plate": plate,
            "driving_licence": licence,
            "driver": "王小明",
            "count": "1",
            "departure_time": departs.astimezone(TAIPEI).strftime("%Y-%m-%dT%H:%M:%S"),
        },
        "seals": [{"kind": kind, "number": number} for kind, number in seals],
    }
    if box:
        message["container"] = {"number": box[0], "size_type": box[1]}
    return parse_order(message).order


def _seal_numbers(rng: Random) -> tuple[str, str]:
    return f"WLS{rng.randrange(10_000_000):07d}", f"VS{rng.randrange(1_000_000):06d}"


def one_box(rng: Random) -> Trip:
    """One box in order: two thirds 40 feet; an e-seal, a vehicle seal, or both (dual track)."""
    box = (container(rng), FORTY if rng.random() < 0.67 else TWENTY)
    plate, licence = tractor(rng), _licence(rng)
    e_seal, vehicle_seal = _seal_numbers(rng)
    sealed = rng.choices(["5", "8", "58"], [3, 3, 4])[0]
    named = [("5", e_seal)] * ("5" in sealed) + [("8", vehicle_seal)] * ("8" in sealed)
    order = _order(rng, box, plate, licence, named)
    trip = Trip(
        kind="in order",
        boxes=(box,),
        plate=plate,
        trailer=trailer(rng),
        licence=licence,
        chips=(e_seal,) if "5" in sealed else (),
        seals=(Seal(vehicle_seal),) if "8" in sealed else (),
        orders=(order,),
        carried=frozenset({order.order_number}),
    )
    if rng.random() < 0.2:  # yesterday's trip of the same truck and driver is still in the cache
        old = _order_at(rng, NOW - timedelta(hours=rng.uniform(14, 30)), (container(rng), FORTY), plate, licence, [("5", "WLS1")])
        trip = replace(trip, orders=(*trip.orders, old))
    if rng.random() < 0.05:  # and its next one, which may be used already
        after = _order_at(rng, NOW + timedelta(minutes=100), (container(rng), FORTY), plate, licence, [("8", "VS1")])
        trip = replace(trip, orders=(*trip.orders, after))
    return trip


def two_boxes(rng: Random) -> Trip:
    """Two 20-foot boxes, an order each, sealed alike."""
    plate, licence = tractor(rng), _licence(rng)
    boxes = ((container(rng), TWENTY), (container(rng), TWENTY))
    departs = NOW + timedelta(minutes=rng.randrange(-120, 60))
    seals = [_seal_numbers(rng)[1] for _ in boxes]
    orders = tuple(_order_at(rng, departs, box, plate, licence, [("8", seal)]) for box, seal in zip(boxes, seals, strict=True))
    return Trip(
        kind="two boxes in order",
        boxes=boxes,
        plate=plate,
        trailer=trailer(rng),
        licence=licence,
        chips=(),
        seals=tuple(Seal(seal) for seal in seals),
        orders=orders,
        carried=frozenset(order.order_number for order in orders),
    )


def empty_vehicle(rng: Random) -> Trip:
    plate, licence = tractor(rng), _licence(rng)
    order = _order(rng, None, plate, licence, [])
    return Trip("empty vehicle in order", (), plate, trailer(rng), licence, (), (), (order,), frozenset({order.order_number}))


# Faults: each takes a trip that is in order and spoils it -----------------------------------------------------------------


def _with_seals(trip: Trip, e_seal: bool) -> bool:
    return bool(trip.chips) if e_seal else bool(trip.seals)


def _spoil_seal(trip: Trip, **changes: Any) -> Trip:
    return replace(trip, seals=(replace(trip.seals[0], **changes), *trip.seals[1:]))


def another_box(rng: Random, trip: Trip) -> Trip:
    return replace(trip, boxes=((container(rng), trip.boxes[0][1]), *trip.boxes[1:]), expected=KEEP)


def sister_box(rng: Random, trip: Trip) -> Trip:
    return replace(trip, boxes=((sister(rng, trip.boxes[0][0]), trip.boxes[0][1]), *trip.boxes[1:]), expected=KEEP)


def twin_box(rng: Random, trip: Trip) -> Trip:
    return replace(trip, boxes=((twin(rng, trip.boxes[0][0]), trip.boxes[0][1]), *trip.boxes[1:]), expected=KEEP)


def swapped_box(rng: Random, trip: Trip) -> Trip:
    """Two trucks have taken each other's box: both boxes have orders, for the other truck and driver."""
    other = one_box(rng)
    return replace(trip, boxes=other.boxes, orders=(*trip.orders, *other.orders), expected=KEEP)


def swapped_box_and_seals(rng: Random, trip: Trip) -> Trip:
    """The other truck's box with the seals that belong on it."""
    other = one_box(rng)
    return replace(
        trip, boxes=other.boxes, chips=other.chips, seals=other.seals, orders=(*trip.orders, *other.orders), expected=KEEP
    )


def no_e_seal(rng: Random, trip: Trip) -> Trip:
    return replace(trip, chips=(), expected=REFER)


def wrong_e_seal(rng: Random, trip: Trip) -> Trip:
    return replace(trip, chips=(_seal_numbers(rng)[0],), expected=STOP)


def unknown_e_seal(rng: Random, trip: Trip) -> Trip:
    return replace(trip, chips=(None,), expected=REFER)


def no_vehicle_seal(rng: Random, trip: Trip) -> Trip:
    return replace(trip, seals=trip.seals[1:], expected=REFER)


def wrong_vehicle_seal(rng: Random, trip: Trip) -> Trip:
    return replace(_spoil_seal(trip, number=_seal_numbers(rng)[1]), expected=KEEP)


def seal_in_the_next_lane(rng: Random, trip: Trip) -> Trip:
    return replace(_spoil_seal(trip, elsewhere=True), expected=REFER)


def not_locked(rng: Random, trip: Trip) -> Trip:
    return replace(_spoil_seal(trip, locked=False), expected=REFER)


def not_inserted(rng: Random, trip: Trip) -> Trip:
    return replace(_spoil_seal(trip, inserted=False, locked=False), expected=REFER)


def tampered(rng: Random, trip: Trip) -> Trip:
    return replace(_spoil_seal(trip, **{rng.choice(["cable_cut", "shell_opened"]): True}), expected=STOP)


def opened_early_in_the_lane(rng: Random, trip: Trip) -> Trip:
    """Cut within earshot, before the loop is reached: what a seal says only after the verdict is the alarms' affair."""
    return replace(_spoil_seal(trip, opens_after_s=rng.uniform(-1.4, -0.5)), expected=STOP)


def motor_stuck(rng: Random, trip: Trip) -> Trip:
    return replace(_spoil_seal(trip, motor_stuck=True), expected=REFER)


def forged_seal(rng: Random, trip: Trip) -> Trip:
    return replace(_spoil_seal(trip, forged=True), expected=KEEP)


def another_driver(rng: Random, trip: Trip) -> Trip:
    return replace(trip, licence=_licence(rng), expected=REFER)


def unknown_pass(rng: Random, trip: Trip) -> Trip:
    return replace(trip, licence=None, expected=REFER)


def no_pass(rng: Random, trip: Trip) -> Trip:
    return replace(trip, has_pass=False, expected=REFER)


def another_vehicle(rng: Random, trip: Trip) -> Trip:
    return replace(trip, plate=tractor(rng), expected=REFER)


def near_vehicle(rng: Random, trip: Trip) -> Trip:
    return replace(trip, plate=near_plate(rng, trip.plate), expected=REFER)


def _moved(trip: Trip, hours: float) -> Trip:
    def moved(order: TransportOrder) -> TransportOrder:
        departs = order.vehicle.departure_time + timedelta(hours=hours)
        return order.model_copy(update={"vehicle": order.vehicle.model_copy(update={"departure_time": departs})})

    orders = tuple(moved(order) if order.order_number in trip.carried else order for order in trip.orders)
    return replace(trip, orders=orders, carried=frozenset(), expected=KEEP)


def expired(rng: Random, trip: Trip) -> Trip:
    return _moved(trip, -rng.uniform(16, 72))


def too_early(rng: Random, trip: Trip) -> Trip:
    return _moved(trip, rng.uniform(7, 72))


def no_order(rng: Random, trip: Trip) -> Trip:
    kept = tuple(order for order in trip.orders if order.order_number not in trip.carried)
    return replace(trip, orders=kept, carried=frozenset(), expected=KEEP)


def box_on_an_empty_vehicle(rng: Random, trip: Trip) -> Trip:
    return replace(trip, boxes=((container(rng), FORTY),), expected=KEEP)


def second_box_missing(rng: Random, trip: Trip) -> Trip:
    """Two orders, and one of the boxes was left behind."""
    return replace(trip, boxes=trip.boxes[:1], expected=KEEP)


def second_box_not_ordered(rng: Random, trip: Trip) -> Trip:
    """Beside a 20-foot box in order rides another one that no order names."""
    return replace(trip, boxes=(*trip.boxes, (container(rng), TWENTY)), expected=KEEP)


def _small(trip: Trip) -> bool:
    return len(trip.boxes) == 1 and trip.boxes[0][1] == TWENTY


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of passage: how often (its share of all weights), from which trip, and what is wrong with it."""

    name: str
    weight: int
    base: Callable[[Random], Trip]
    fault: Callable[[Random, Trip], Trip] | None = None
    suits: Callable[[Trip], bool] = lambda _: True


def _e_sealed(trip: Trip) -> bool:
    return _with_seals(trip, e_seal=True)


def _vehicle_sealed(trip: Trip) -> bool:
    return _with_seals(trip, e_seal=False)


KINDS: Final = (
    Kind("one box, in order", 450, one_box),
    Kind("two boxes, in order", 60, two_boxes),
    Kind("empty vehicle, in order", 30, empty_vehicle),
    Kind("another box", 30, one_box, another_box),
    Kind("box of the same owner, one digit off", 20, one_box, sister_box),
    Kind("box whose number the check digit cannot tell", 5, one_box, twin_box),
    Kind("boxes of two trucks swapped", 30, one_box, swapped_box),
    Kind("the same, with their seals", 20, one_box, swapped_box_and_seals),
    Kind("one of two boxes another", 10, two_boxes, another_box),
    Kind("one of two boxes missing", 10, two_boxes, second_box_missing),
    Kind("a second box that no order names", 10, one_box, second_box_not_ordered, _small),
    Kind("a box on an empty vehicle's order", 10, empty_vehicle, box_on_an_empty_vehicle),
    Kind("e-seal missing", 30, one_box, no_e_seal, _e_sealed),
    Kind("another e-seal", 25, one_box, wrong_e_seal, _e_sealed),
    Kind("e-seal unknown to the register", 10, one_box, unknown_e_seal, _e_sealed),
    Kind("vehicle seal missing", 25, one_box, no_vehicle_seal, _vehicle_sealed),
    Kind("another vehicle seal", 20, one_box, wrong_vehicle_seal, _vehicle_sealed),
    Kind("vehicle seal on the truck in the next lane", 15, one_box, seal_in_the_next_lane, _vehicle_sealed),
    Kind("vehicle seal inserted, not locked", 30, one_box, not_locked, _vehicle_sealed),
    Kind("vehicle seal not inserted", 10, one_box, not_inserted, _vehicle_sealed),
    Kind("vehicle seal tampered with", 15, one_box, tampered, _vehicle_sealed),
    Kind("vehicle seal opened as it enters the lane", 5, one_box, opened_early_in_the_lane, _vehicle_sealed),
    Kind("vehicle seal's motor stuck", 5, one_box, motor_stuck, _vehicle_sealed),
    Kind("vehicle seal forged", 10, one_box, forged_seal, _vehicle_sealed),
    Kind("another driver", 25, one_box, another_driver),
    Kind("port pass unknown", 10, one_box, unknown_pass),
    Kind("no port pass", 10, one_box, no_pass),
    Kind("another vehicle", 15, one_box, another_vehicle),
    Kind("another vehicle, one digit off", 10, one_box, near_vehicle),
    Kind("order expired", 25, one_box, expired),
    Kind("order not valid yet", 10, one_box, too_early),
    Kind("no order", 20, one_box, no_order),
)

SECOND_FAULT: Final = 0.1  # of the passages with one fault have another
LATE: Final = 0.1  # of the passages have a device whose evidence comes 2 to 9 s late
ORDER_LATE: Final = 0.02  # of the orders reach the gate 1 to 8 s after the vehicle
LOST: Final = 0.01  # of the passages have a device out of order


def trip(rng: Random) -> Trip:
    """One passage, drawn at the rates of `KINDS`."""
    kind = rng.choices(KINDS, [kind.weight for kind in KINDS])[0]
    made = kind.base(rng)
    while not kind.suits(made):
        made = kind.base(rng)
    if kind.fault:
        made = kind.fault(rng, made)
        if rng.random() < SECOND_FAULT and kind.base is one_box:
            # Never the same one twice: the twin of a twin is the box itself.
            others = [other for other in KINDS if other.fault and other is not kind and other.base is one_box]
            more = rng.choice([other for other in others if other.suits(made)])
            if more.fault:
                made = replace(more.fault(rng, made), expected=KEEP)
    devices = ("front", "rear", "uhf", "ble")
    return replace(
        made,
        kind=kind.name,
        late={rng.choice(devices): rng.uniform(2, 9)} if rng.random() < LATE else {},
        order_late_s=rng.uniform(1, 8) if rng.random() < ORDER_LATE else 0.0,
        lost=(rng.choice(devices),) if rng.random() < LOST else (),
    )
