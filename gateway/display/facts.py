"""What a person wants to know of a passage: boxes, plates, driver, seals, pictures, each beside what was expected. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.decision.evidence import seals_here
from gateway.look.claims import box_claims
from gateway.look.ruling_form import Shot
from gateway.model.answer import ContainerAnswer, PlateAnswer, PlateRole, Sight
from gateway.model.observation import ContainerRead, PassiveSealRead, PassRead, PlateRead, VehicleSealHeard, View
from gateway.model.passage import Passage
from gateway.model.seal import PASSIVE_E_SEAL, VEHICLE_SEAL
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Check, CheckResult, Subject

EMPTY_VEHICLE: Final = "E"  # load kind of the CN message
MOST_SHOTS: Final = 4
_SEVERITY: Final = (CheckResult.OK, CheckResult.NOTED, CheckResult.UNSURE, CheckResult.MISSING, CheckResult.DIFFERS)


@dataclass(frozen=True, slots=True)
class BoxFact:
    """One box: what was read of it and what the order says. Without `answer` it was expected and not read."""

    answer: ContainerAnswer | None
    expected: str
    size_type: str
    result: CheckResult | None
    shot: Shot | None

    @property
    def differs(self) -> bool:
        return bool(self.answer and self.expected and self.expected != self.answer.number)


@dataclass(frozen=True, slots=True)
class PlateFact:
    answer: PlateAnswer | None
    role: PlateRole
    expected: str  # empty where the order's plate is this one, or says nothing about it
    shot: Shot | None


@dataclass(frozen=True, slots=True)
class SealFact:
    """A seal of an order, or one that is here and in no order (`kind` is then the kind that was heard)."""

    kind: str
    number: str
    heard: VehicleSealHeard | None = None
    chip: PassiveSealRead | None = None
    in_order: bool = True


@dataclass(frozen=True, slots=True)
class Summary:
    """The worst result of all checks of one subject."""

    subject: Subject
    result: CheckResult


@dataclass(frozen=True, slots=True)
class Facts:
    boxes: tuple[BoxFact, ...]
    tractor: PlateFact
    trailer: PlateFact | None
    passes: tuple[PassRead, ...]
    orders: tuple[TransportOrder, ...]
    seals: tuple[SealFact, ...]
    shots: tuple[Shot, ...]
    summary: tuple[Summary, ...]
    empty_vehicle: bool

    @property
    def driver(self) -> str:
        return self.orders[0].vehicle.driver if self.orders else ""


def facts_of(passage: Passage, orders: Sequence[TransportOrder]) -> Facts:
    """Everything to show of one passage, decided or not."""
    checks = passage.verdict.checks if passage.verdict else ()
    sizes = _frame_sizes(passage)
    boxes = _boxes(passage, checks, orders, sizes)
    return Facts(
        boxes=boxes,
        tractor=_tractor(passage, checks, orders, sizes),
        trailer=_trailer(passage, sizes),
        passes=_passes(passage),
        orders=tuple(orders),
        seals=_seals(passage, orders),
        shots=_shots(passage, sizes),
        summary=_summary(checks),
        empty_vehicle=not boxes and bool(orders) and all(order.load_kind == EMPTY_VEHICLE for order in orders),
    )


def _frame_sizes(passage: Passage) -> dict[str, tuple[int, int]]:
    return {
        seen.picture: seen.frame_size
        for seen in passage.observations
        if isinstance(seen, ContainerRead | PlateRead | View) and seen.picture
    }


def _shot(sights: Sequence[Sight], sizes: dict[str, tuple[int, int]]) -> Shot | None:
    """The best sight of which a picture was kept."""
    sight = next((sight for sight in sights if sight.picture or sight.crop), None)
    if sight is None:
        return None
    return Shot(sight.device, sight.picture or sight.crop, sight.crop, sight.box, sizes.get(sight.picture))


def _boxes(
    passage: Passage, checks: Sequence[Check], orders: Sequence[TransportOrder], sizes: dict[str, tuple[int, int]]
) -> tuple[BoxFact, ...]:
    return tuple(
        BoxFact(
            claim.answer,
            claim.expected,
            (claim.answer.size_type if claim.answer else None) or _size(claim.expected, orders),
            claim.result,
            _shot(claim.answer.sights, sizes) if claim.answer else None,
        )
        for claim in box_claims(passage.answer.containers, checks)
    )


def _size(number: str, orders: Sequence[TransportOrder]) -> str:
    boxes = (order.container for order in orders if order.container)
    return next((box.size_type or "" for box in boxes if box.number == number), "")


def _tractor(
    passage: Passage, checks: Sequence[Check], orders: Sequence[TransportOrder], sizes: dict[str, tuple[int, int]]
) -> PlateFact:
    answer = passage.answer.plate(PlateRole.TRACTOR) or passage.answer.plate(PlateRole.UNKNOWN)
    wrong = any(check.subject is Subject.PLATE and check.result is not CheckResult.OK for check in checks)
    expected = orders[0].vehicle.plate_value if orders and wrong else ""
    return PlateFact(answer, PlateRole.TRACTOR, expected, _shot(answer.sights, sizes) if answer else None)


def _trailer(passage: Passage, sizes: dict[str, tuple[int, int]]) -> PlateFact | None:
    answer = passage.answer.plate(PlateRole.TRAILER)
    return PlateFact(answer, PlateRole.TRAILER, "", _shot(answer.sights, sizes)) if answer else None


def _passes(passage: Passage) -> tuple[PassRead, ...]:
    """Of each pass the last word."""
    return tuple({(seen.technology, seen.uid): seen for seen in passage.observations if isinstance(seen, PassRead)}.values())


def _seals(passage: Passage, orders: Sequence[TransportOrder]) -> tuple[SealFact, ...]:
    """The orders' seals with what was heard of each, then those in no order. Seals of the next lane are not here."""
    frames = [seen for seen in passage.observations if isinstance(seen, VehicleSealHeard)]
    heard = seals_here(frames, passage.rules.seal_rssi_dbm)
    chips = {seen.number or seen.epc: seen for seen in passage.observations if isinstance(seen, PassiveSealRead)}
    named = [(seal.kind, seal.number) for order in orders for seal in order.seals]
    expected = [SealFact(kind, number, heard.get(number), chips.get(number)) for kind, number in named]
    numbers = {number for _, number in named}
    strange = [SealFact(VEHICLE_SEAL, n, heard=seen, in_order=False) for n, seen in heard.items() if n not in numbers]
    strange += [SealFact(PASSIVE_E_SEAL, n, chip=seen, in_order=False) for n, seen in chips.items() if n not in numbers]
    return tuple(expected + strange)


def _shots(passage: Passage, sizes: dict[str, tuple[int, int]]) -> tuple[Shot, ...]:
    """Whole frames, each once: the best one of every box and plate, then views kept for the record, the newest first."""
    sights = [sight for box in passage.answer.containers for sight in box.sights[:1]]
    sights += [sight for plate in passage.answer.plates for sight in plate.sights[:1]]
    shots = [Shot(s.device, s.picture, "", s.box, sizes.get(s.picture)) for s in sights if s.picture]
    views = (seen for seen in reversed(passage.observations) if isinstance(seen, View))
    shots += [Shot(view.device, view.picture, frame_size=view.frame_size) for view in views]
    once: dict[str, Shot] = {}
    for shot in shots:
        once.setdefault(shot.picture, shot)
    return tuple(once.values())[:MOST_SHOTS]


def _summary(checks: Sequence[Check]) -> tuple[Summary, ...]:
    worst: dict[Subject, CheckResult] = {}
    for check in checks:
        worst[check.subject] = max(check.result, worst.get(check.subject, CheckResult.OK), key=_SEVERITY.index)
    return tuple(Summary(subject, result) for subject, result in worst.items())
