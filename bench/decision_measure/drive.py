"""A trip through a real lane: what its devices would emit, when, until the vehicle leaves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Final

from bench.decision_measure.sights import container_frames, plate_frames
from bench.decision_measure.trips import NOW, Seal, Trip
from gateway.lane.actions import Close, FindOrders
from gateway.lane.machine import LaneMachine
from gateway.lane.play import commits_in, play
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import (
    CLOCK,
    DeviceState,
    Observation,
    OrdersFound,
    PassiveSealRead,
    PassRead,
    Presence,
    SealRejected,
    Tick,
    VehicleSealHeard,
)
from gateway.model.passage import Passage
from gateway.ocr.reads import FoundContainer, FoundPlate
from gateway.orders.matching import find_among

FRAME: Final = (1920, 1080)
RULES: Final = LaneRules(both_ends=True)  # two cameras read box numbers, before and behind
LEAVES_S: Final = 20.0  # a driver who gets no green gives up; the lanes' patience is 15
FRONT_FROM_S: Final = 0.4  # when a camera gives its first read
REAR_FROM_S: Final = 0.8
READ_EVERY_S: Final = 0.6
AGAIN_EVERY_S: Final = 4.0
PASS_MISSED: Final = 0.007  # of the passes are never read
CHIP_MISSED: Final = 0.026  # of the e-seals: Kaohsiung measured 97.4 % read
SEAL_UNHEARD: Final = 0.005  # of the vehicle seals: asleep, or drowned out
NEXT_LANE: Final = 0.15  # of the passages have a truck beside them whose vehicle seal is heard here, more weakly
STRAY_TAG: Final = 0.015  # of the passages have a pass or an e-seal of the next lane read as this lane's


@dataclass(frozen=True, slots=True)
class Driven:
    """What became of a trip: the record as it was decided, and as it was closed."""

    decided: Passage
    closed: Passage


def drive(trip: Trip, rng: Random, passage_id: str) -> Driven:
    """The lane decides as it does at a gate; orders are looked up the way its cache looks them up."""
    machine = LaneMachine("out-1", RULES, lambda _: passage_id)

    def look_up(wanted: FindOrders, at: datetime) -> OrdersFound:
        known = trip.orders if at >= NOW + timedelta(seconds=trip.order_late_s) else ()
        found = find_among(known, wanted.containers, wanted.plates, wanted.driving_licences)
        return OrdersFound(device="orders", at=at, orders=found, cache_age_s=1.0)

    actions = list(play(machine, sorted(_emitted(trip, rng), key=lambda seen: seen.at), look_up))
    return Driven(next(commits_in(actions)), next(action.passage for action in actions if isinstance(action, Close)))


def _emitted(trip: Trip, rng: Random) -> Iterator[Observation]:
    """All that the devices would say; what the lane no longer asks for once it has decided changes nothing there."""
    for device in trip.lost:
        yield DeviceState(device=device, at=NOW - timedelta(seconds=60), working=False, detail="no answer")
    yield Presence(device="loop", at=NOW, occupied=True)
    yield from (Tick(device=CLOCK, at=NOW + timedelta(seconds=0.25 * n)) for n in range(1, round(LEAVES_S * 4)))
    for device, emitted in (("front", _front), ("rear", _rear), ("uhf", _tags), ("ble", _radio)):
        if device not in trip.lost:
            yield from emitted(trip, rng, trip.late.get(device, 0.0))
    yield Presence(device="loop", at=NOW + timedelta(seconds=LEAVES_S), occupied=False)


def _front(trip: Trip, rng: Random, late_s: float) -> Iterator[Observation]:
    yield from _shown("front", FRONT_FROM_S + late_s, plate_frames(rng, trip.plate))
    for number, size_type in trip.boxes[:1]:
        yield from _shown("front", FRONT_FROM_S + late_s, container_frames(rng, number, size_type))


def _rear(trip: Trip, rng: Random, late_s: float) -> Iterator[Observation]:
    yield from _shown("rear", REAR_FROM_S + late_s, plate_frames(rng, trip.trailer))
    for number, size_type in trip.boxes[-1:]:
        yield from _shown("rear", REAR_FROM_S + late_s, container_frames(rng, number, size_type))


def _shown(device: str, from_s: float, frames: Sequence[FoundContainer | FoundPlate | None]) -> Iterator[Observation]:
    """The frames while the truck rolls in, then the last one again from time to time: a live lane looks again every second."""
    for index, found in enumerate(frames):
        if found:
            yield found.observation(device, NOW + timedelta(seconds=from_s + READ_EVERY_S * index), FRAME)
    last = frames[-1] if frames else None
    again = from_s + READ_EVERY_S * len(frames)
    while last and again < LEAVES_S:
        yield last.observation(device, NOW + timedelta(seconds=again), FRAME)
        again += AGAIN_EVERY_S


def _tags(trip: Trip, rng: Random, late_s: float) -> Iterator[Observation]:
    if trip.has_pass and rng.random() >= PASS_MISSED:
        holder = "某司機" if trip.licence else None
        held = PassRead(device="uhf", at=NOW, technology="uhf", uid="e0", rssi=-55, holder=holder, driving_licence=trip.licence)
        yield from _repeated(held, 0.2 + late_s)
    for index, number in enumerate(trip.chips):
        if rng.random() >= CHIP_MISSED:
            yield from _repeated(PassiveSealRead(device="uhf", at=NOW, epc=f"e2{index:02d}", rssi=-58, number=number), 0.3 + late_s)
    if rng.random() < STRAY_TAG:
        stray = PassiveSealRead(device="uhf", at=NOW, epc="e2ff", rssi=-68, number=f"WLS{rng.randrange(10_000_000):07d}")
        yield from _repeated(stray, 0.5)
    if rng.random() < STRAY_TAG:
        other = PassRead(device="uhf", at=NOW, technology="uhf", uid="e9", rssi=-68, holder="鄰道", driving_licence="Z100000000")
        yield from _repeated(other, 0.6)


def _radio(trip: Trip, rng: Random, late_s: float) -> Iterator[Observation]:
    for index, seal in enumerate(trip.seals):
        if rng.random() >= SEAL_UNHEARD:
            yield from _frames(seal, rng, -2.0 + late_s + 0.07 * index)
    if rng.random() < NEXT_LANE:
        yield from _frames(Seal(f"VS{rng.randrange(1_000_000):06d}", elsewhere=True), rng, -2.0)


def _frames(seal: Seal, rng: Random, from_s: float) -> Iterator[Observation]:
    """A seal's frames, twice a second. In the next lane it is heard there far more strongly than here."""
    here, there = (rng.gauss(-80, 4), rng.gauss(-58, 3)) if seal.elsewhere else (rng.gauss(-58, 3), rng.gauss(-80, 4))
    counter = count(rng.randrange(1000, 100_000))
    seconds = from_s
    while seconds < LEAVES_S:
        at = NOW + timedelta(seconds=seconds)
        if seal.forged:
            yield SealRejected(device="ble", at=at, address="C0:FF:EE", number=seal.number, why="forged")
        else:
            yield VehicleSealHeard(
                device="ble",
                at=at,
                number=seal.number,
                rssi=round(max(-120.0, here + rng.gauss(0, 2)), 1),
                elsewhere_rssi=round(there + rng.gauss(0, 2), 1) if rng.random() < 0.9 else None,
                inserted=seal.inserted,
                locked=seal.locked,
                task_active=True,
                cable_cut=seal.cable_cut,
                shell_opened=seal.shell_opened,
                opened_while_sealed=seal.opens_after_s is not None and seconds >= seal.opens_after_s,
                motor_stuck=seal.motor_stuck,
                battery_percent=80,
                counter=next(counter),
            )
        seconds += 0.5


def _repeated(seen: PassRead | PassiveSealRead, from_s: float) -> Iterator[Observation]:
    """A tag in the field is read over and over."""
    seconds = from_s
    while seconds < LEAVES_S:
        yield seen.model_copy(update={"at": NOW + timedelta(seconds=seconds)})
        seconds += 0.7
