"""The trucks of a rehearsal: what each looks like, what it carries, which orders stand for it, and what the lane should say.

Everything is drawn from one seed, so that a rehearsal repeats exactly. All people, firms and numbers are invented.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from itertools import count, cycle
from operator import or_
from typing import Any, Final

from gateway.model.clock import TAIPEI
from gateway.model.plate import Plate
from gateway.model.reasons import Reason
from gateway.model.verdict import Outcome
from gateway.seal_reader.profile import SealFlag
from gateway.simulator.scene import Light, TruckLook, random_truck

BAN: Final = "04595257"  # invented; only its form matters
DRIVERS: Final = ("王小明", "陳美玲", "林志豪", "張家豪", "李淑芬", "黃俊傑", "吳怡君", "劉建宏")
COMPANIES: Final = "示範貨運"


@dataclass(frozen=True, slots=True)
class SealPlan:
    """A vehicle seal on the truck's doors, and what it says of itself."""

    serial: int
    number: str
    inserted: bool = True
    locked: bool = True
    cable_cut: bool = False

    @property
    def flags(self) -> SealFlag:
        """As the seal's own frame says it."""
        states = (
            (SealFlag.PLUG_INSERTED, self.inserted),
            (SealFlag.MOTOR_LOCKED, self.locked),
            (SealFlag.CABLE_CUT, self.cable_cut),
        )
        return SealFlag.TASK_ACTIVE | reduce(or_, (flag for flag, there in states if there), SealFlag(0))


@dataclass(frozen=True, slots=True)
class Driver:
    name: str
    licence: str
    pass_uid: str  # EPC of the port pass


@dataclass(frozen=True, slots=True)
class Visit:
    """One truck through a lane. `orders` are R12 messages as a depot sends them; `register` what the platform must know."""

    title: str
    truck: TruckLook
    light: Light
    driver: Driver
    presents: Driver | None
    chips: tuple[tuple[str, str], ...]  # passive e-seals on the truck: (epc, printed number)
    seals: tuple[SealPlan, ...]
    orders: tuple[dict[str, Any], ...]
    outcome: Outcome
    reasons: frozenset[Reason]

    def register(self) -> Iterator[dict[str, Any]]:
        """Register entries (JSON) of everything that this truck brings."""
        for person in {self.driver, *([self.presents] if self.presents else [])}:
            yield {
                "kind": "port_pass",
                "technology": "uhf",
                "uid": person.pass_uid,
                "holder": person.name,
                "driving_licence": person.licence,
            }
        for epc, number in self.chips:
            yield {"kind": "passive_seal", "epc": epc, "number": number}
        for seal in self.seals:
            yield {"kind": "vehicle_seal", "serial": seal.serial, "number": seal.number}


@dataclass(slots=True)
class _Draft:
    """A visit in the making: everything in order, until a plot spoils something."""

    rng: random.Random
    departs: datetime
    serial: int
    boxes: int = 1
    light: Light = Light.DAY
    truck: TruckLook = field(init=False)
    driver: Driver = field(init=False)
    presents: Driver | None = field(init=False)
    chips: list[tuple[str, str]] = field(init=False)
    seals: list[SealPlan] = field(init=False)
    orders: list[dict[str, Any]] = field(init=False)
    outcome: Outcome = Outcome.PASS
    reasons: frozenset[Reason] = frozenset()

    def __post_init__(self) -> None:
        self.truck = random_truck(self.rng, boxes=self.boxes)
        self.driver = self.presents = self.person(0)
        self.chips = [self.chip(i) for i in range(self.boxes)]
        self.seals = [SealPlan(self.serial * 10 + i, f"VS{self.serial * 10 + i:06d}") for i in range(self.boxes)]
        self.orders = [self.order(i) for i in range(self.boxes)] or [self.order(None)]

    def person(self, offset: int) -> Driver:
        name = DRIVERS[(self.serial + offset) % len(DRIVERS)]
        licence = f"{'ABCDEFGH'[(self.serial + offset) % 8]}1{(self.serial * 7919 + offset) % 100_000_000:08d}"
        return Driver(name, licence, f"a0{self.serial:08x}{offset:014x}")

    def chip(self, index: int) -> tuple[str, str]:
        number = self.serial * 10 + index
        return f"e2{number:022x}", f"WLS{number:07d}"

    def order(self, box: int | None) -> dict[str, Any]:
        """An R12 message for one box, or for the empty vehicle."""
        departs = self.departs.astimezone(TAIPEI)
        number = self.serial * 10 + (box or 0)
        message: dict[str, Any] = {
            "message_id": f"{BAN}{departs:%Y%m%d}{number % 10_000:04d}",
            "order_number": f"BD{(departs.year - 1911) % 100:02d}{departs:%m}{BAN}{number % 100_000:05d}",
            "message_code": "R12",
            "application_kind": "1",
            "operation_kind": "4",
            "load_kind": "E" if box is None else "A",
            "origin": "017A1150",
            "destination": "KHHW116A",
            "vehicle": {
                "kind": "1",
                "haulier_ban": BAN,
                "haulier_name": COMPANIES,
                "plate": Plate.parse(self.truck.tractor_plate or "").text,
                "driving_licence": self.driver.licence,
                "driver": self.driver.name,
                "count": "1",
                "departure_time": f"{departs:%Y-%m-%d T%H:%M:%S}",  # as in the guide's own sample
            },
        }
        if box is not None:
            look = self.truck.boxes[box]
            message["container"] = {"number": look.number, "size_type": look.size_type}
            message["cargo"] = [{"trade_kind": "E", "quantity": "1", "clearance_mode": "C1"}]
            message["seals"] = [
                {"kind": "5", "number": f"E-{self.chips[box][1]}"},
                {"kind": "8", "number": self.seals[box].number},
            ]
        return message

    def expect(self, outcome: Outcome, *reasons: Reason) -> None:
        self.outcome, self.reasons = outcome, frozenset(reasons)


def _another_box(draft: _Draft) -> None:
    """The order names a box that stands somewhere else."""
    elsewhere = random_truck(draft.rng, boxes=1).boxes[0]
    draft.orders[0]["container"]["number"] = elsewhere.number
    draft.expect(Outcome.STOP, Reason.BOX_DIFFERS)


def _another_plate(draft: _Draft) -> None:
    """The order names another tractor."""
    draft.orders[0]["vehicle"]["plate"] = Plate.parse(random_truck(draft.rng).tractor_plate or "").text
    draft.expect(Outcome.REFER, Reason.PLATE_DIFFERS)


def _seal_not_locked(draft: _Draft) -> None:
    draft.seals[0] = replace(draft.seals[0], locked=False)
    draft.expect(Outcome.REFER, Reason.VEHICLE_SEAL_NOT_LOCKED)


def _no_order(draft: _Draft) -> None:
    draft.orders = []
    draft.expect(Outcome.REFER, Reason.NO_ORDER)


def _another_e_seal(draft: _Draft) -> None:
    draft.chips[0] = draft.chip(9)
    draft.expect(Outcome.STOP, Reason.E_SEAL_DIFFERS)


def _another_driver(draft: _Draft) -> None:
    draft.presents = draft.person(3)
    draft.expect(Outcome.REFER, Reason.PASS_DIFFERS)


def _no_pass(draft: _Draft) -> None:
    """The driver forgets to present the pass."""
    draft.presents = None
    draft.expect(Outcome.REFER, Reason.PASS_UNREAD)


def _cable_cut(draft: _Draft) -> None:
    draft.seals[0] = replace(draft.seals[0], cable_cut=True)
    draft.expect(Outcome.STOP, Reason.VEHICLE_SEAL_TAMPERED)


def _seal_missing(draft: _Draft) -> None:
    draft.seals = []
    draft.expect(Outcome.REFER, Reason.VEHICLE_SEAL_MISSING)


def _out_of_date(draft: _Draft) -> None:
    draft.departs -= timedelta(days=3)
    draft.orders = [draft.order(0)]
    draft.expect(Outcome.REFER, Reason.ORDER_EXPIRED)


Spoil = Callable[[_Draft], None]

# What may be wrong with a truck, by the name that scenario files use.
SPOILS: Final[Mapping[str, Spoil]] = {
    "another_box": _another_box,
    "another_plate": _another_plate,
    "another_e_seal": _another_e_seal,
    "another_driver": _another_driver,
    "no_pass": _no_pass,
    "no_order": _no_order,
    "order_out_of_date": _out_of_date,
    "seal_not_locked": _seal_not_locked,
    "seal_missing": _seal_missing,
    "cable_cut": _cable_cut,
}


@dataclass(frozen=True, slots=True)
class Plot:
    """One kind of visit: everything in order, but for the `SPOILS` that `but` names."""

    title: str
    but: tuple[str, ...] = ()
    boxes: int = 1
    light: Light = Light.DAY


PLOTS: Final = (
    Plot("one box, all in order"),
    Plot("another box than the order's", ("another_box",)),
    Plot("two 20-foot boxes", boxes=2),
    Plot("seal inserted, not locked", ("seal_not_locked",)),
    Plot("empty vehicle", boxes=0),
    Plot("one box at night", light=Light.NIGHT),
    Plot("no order", ("no_order",)),
    Plot("another e-seal", ("another_e_seal",)),
    Plot("another driver's pass", ("another_driver",)),
    Plot("one box in the rain", light=Light.RAIN),
    Plot("seal's cable cut", ("cable_cut",)),
    Plot("vehicle seal not there", ("seal_missing",)),
    Plot("order out of date", ("order_out_of_date",)),
    Plot("one box at dusk", light=Light.DUSK),
)


def visit_of(plot: Plot, seed: int, serial: int, now: datetime) -> Visit:
    """The visit of one plot. `serial` tells its people, seals and orders from those of other visits."""
    draft = _Draft(random.Random(f"{seed}/{serial}"), now, serial, plot.boxes, plot.light)
    for name in plot.but:
        SPOILS[name](draft)
    return Visit(
        title=plot.title,
        truck=draft.truck,
        light=draft.light,
        driver=draft.driver,
        presents=draft.presents,
        chips=tuple(draft.chips),
        seals=tuple(draft.seals),
        orders=tuple(draft.orders),
        outcome=draft.outcome,
        reasons=draft.reasons,
    )


def visits(seed: int, now: datetime) -> Iterator[Visit]:
    """Visits without end: the plots in turn, each with a truck of its own. `now` is the departure time of the orders."""
    for serial, plot in zip(count(seed % 1000 * 100 + 1), cycle(PLOTS), strict=False):
        yield visit_of(plot, seed, serial, now)
