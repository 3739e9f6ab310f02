"""Fusing the reads of many frames and cameras into one answer: one number per box, one per plate.

Deterministic: the same reads, in any order, give the same answer. The order cache is never asked here: what the pictures
do not support is not in the answer.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import is_
from typing import Final, TypeVar

from gateway.decision.joint_evidence import joint_positions
from gateway.decision.same_number import container_apart, edit_distance, grouped, plate_apart, weight
from gateway.model.answer import Alternative, Answer, ContainerAnswer, PlateAnswer, PlateRole, Sight
from gateway.model.container_number import ContainerNumber
from gateway.model.number_evidence import likeliest
from gateway.model.observation import Candidate, ContainerRead, PlateRead, Position, TextRead
from gateway.model.plate import Plate, VehicleClass

MAX_CONTAINERS: Final = 2  # two 20-foot boxes
MAX_PLATES: Final = 4
MAX_SIGHTS: Final = 4
MAX_ALTERNATIVES: Final = 5
LEAST_ALTERNATIVE: Final = 0.0001
CONTAINER_SURE: Final = 0.98
PLATE_SURE: Final = 0.9
SINGLE_SURE: Final = 0.95  # a read surer than this and yet not accepted was set aside by its reader: too far away
AGREEING: Final = 3  # reads of the same number, none accepted by itself, that together may be
OPPOSING: Final = 0.3  # a read of another number, as sure as this, speaks against a number
LEAST_SHARE: Final = 0.12  # of the best number's support; what has less and stands alone is a misread
CERTAIN: Final = 0.9999
REMEMBERED: Final = 64  # groups of reads: a handful in each lane of a site

Read = TypeVar("Read", bound=TextRead)

ROLES: Final = {
    VehicleClass.TRACTOR: PlateRole.TRACTOR,
    VehicleClass.HEAVY_GOODS: PlateRole.TRACTOR,
    VehicleClass.TRAILER: PlateRole.TRAILER,
}


class _Looks(tuple[Read, ...]):
    """Reads of one number as the key of what they say together. A lane weighs its evidence with every observation, and most
    of them add nothing to this number: the same reads, told by identity, are not fused again."""

    __slots__ = ()

    def __hash__(self) -> int:
        return hash(tuple(map(id, self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Looks) and len(self) == len(other) and all(map(is_, self, other))


def fuse(reads: Iterable[ContainerRead | PlateRead]) -> Answer:
    """All that the reads say together, surest first."""
    every = list(reads)
    boxes = [read for read in every if isinstance(read, ContainerRead) and len(read.characters) == len(read.number) == 11]
    plates = [read for read in every if isinstance(read, PlateRead) and len(read.characters) == len(read.number) > 0]
    containers = [answer for group in _worth_keeping(grouped(boxes, container_apart)) if (answer := _container(_Looks(group)))]
    fused = [_plate(_Looks(group)) for group in _worth_keeping(grouped(plates, plate_apart))]
    return Answer(
        containers=tuple(sorted(containers, key=_surest))[:MAX_CONTAINERS], plates=tuple(sorted(fused, key=_surest))[:MAX_PLATES]
    )


def _surest(answer: ContainerAnswer | PlateAnswer) -> tuple[bool, float, str]:
    return (not answer.accepted, -answer.confidence * answer.reads, answer.number)


def _worth_keeping(groups: list[list[Read]]) -> list[list[Read]]:
    """One-off misreads next to a well supported number are left out."""
    support = [sum(map(weight, group)) for group in groups]
    most = max(support, default=0.0)
    return [group for group, own in zip(groups, support, strict=True) if own >= LEAST_SHARE * most]


@lru_cache(maxsize=REMEMBERED)
def _container(reads: _Looks[ContainerRead]) -> ContainerAnswer | None:
    positions = joint_positions(reads)
    ranked = likeliest(positions, MAX_ALTERNATIVES + 1)
    if not ranked:
        return None
    number, probability = ranked[0]
    promised = _promised(reads, number)
    probability = min(max(probability, promised), CERTAIN)
    valid = ContainerNumber(number).check_digit_valid
    return ContainerAnswer(
        number=number,
        confidence=round(probability, 4),
        accepted=valid and (promised > 0 or (probability >= CONTAINER_SURE and _relied_on(reads, number))),
        check_digit_valid=valid,
        size_type=_size_type(reads),
        characters=_led_by(positions, number),
        alternatives=_alternatives(ranked[1:]),
        sights=_sights(reads, number),
        reads=len(reads),
    )


@lru_cache(maxsize=REMEMBERED)
def _plate(reads: _Looks[PlateRead]) -> PlateAnswer:
    length = len(_best_supported(reads))
    positions = joint_positions([read for read in reads if len(read.number) == length])
    number = "".join(position[0].character for position in positions)
    promised = _promised(reads, number)
    probability = min(max(_product(positions), promised), CERTAIN)
    text = next((read.text for read in sorted(reads, key=_best_first) if read.number == number), Plate(number).text)
    return PlateAnswer(
        number=number,
        text=text,
        role=ROLES.get(Plate(number).vehicle_class, PlateRole.UNKNOWN),
        confidence=round(probability, 4),
        accepted=promised > 0 or (probability >= PLATE_SURE and any(read.accepted and read.number == number for read in reads)),
        characters=positions,
        alternatives=_alternatives(_runners_up(positions, number)),
        sights=_sights(reads, number),
        reads=len(reads),
    )


def _promised(reads: Sequence[TextRead], number: str) -> float:
    """How sure the surest reader that accepted this very number was, or 0 where a read speaks against it: what several looks at
    one picture say together is more than the positions of any of them."""
    if any(read.number != number and read.confidence >= OPPOSING for read in reads):
        return 0.0
    return max((read.confidence for read in reads if read.accepted and read.number == number), default=0.0)


def _relied_on(reads: Sequence[ContainerRead], number: str) -> bool:
    """Whether a reader accepted this very number, or enough unsure reads agree on it, check digit included."""
    same = [read for read in reads if read.number == number]
    unsure = [read for read in same if read.confidence < SINGLE_SURE and read.check_digit_seen]
    return any(read.accepted for read in same) or len(unsure) >= AGREEING


def _best_supported(reads: Sequence[TextRead]) -> str:
    support: dict[str, float] = {}
    for read in reads:
        support[read.number] = support.get(read.number, 0.0) + weight(read)
    return min(support, key=lambda number: (-support[number], number))


def _product(positions: Sequence[Position]) -> float:
    product = 1.0
    for position in positions:
        product *= position[0].probability
    return product


def _runners_up(positions: Sequence[Position], number: str) -> list[tuple[str, float]]:
    """Numbers that differ from the best in one character."""
    whole = _product(positions)
    found = [
        (number[:place] + candidate.character + number[place + 1 :], whole * candidate.probability / position[0].probability)
        for place, position in enumerate(positions)
        for candidate in position[1:]
    ]
    return sorted(found, key=lambda scored: (-scored[1], scored[0]))[:MAX_ALTERNATIVES]


def _alternatives(ranked: Sequence[tuple[str, float]]) -> tuple[Alternative, ...]:
    return tuple(
        Alternative(number=number, probability=round(probability, 6))
        for number, probability in ranked
        if probability >= LEAST_ALTERNATIVE
    )


def _led_by(positions: Sequence[Position], number: str) -> tuple[Position, ...]:
    """Every position with the answer's own character first, even where the check digit chose a runner-up."""
    led = []
    for character, position in zip(number, positions, strict=True):
        own = [candidate for candidate in position if candidate.character == character]
        others = [candidate for candidate in position if candidate.character != character]
        led.append((*(own or [Candidate(character=character, probability=0.0)]), *others))
    return tuple(led)


def _size_type(reads: Sequence[ContainerRead]) -> str | None:
    support: dict[str, float] = {}
    for read in reads:
        if read.size_type:
            support[read.size_type] = support.get(read.size_type, 0.0) + weight(read)
    return min(support, key=lambda code: (-support[code], code), default=None)


def _best_first(read: TextRead) -> tuple[bool, float, str]:
    return (not read.accepted, -read.confidence, read.model_dump_json())


def _sights(reads: Sequence[TextRead], number: str) -> tuple[Sight, ...]:
    """Where the number can be seen best: exact reads first, then the nearest; of each device its best one before all others."""
    ordered = sorted(reads, key=lambda read: (edit_distance(read.number, number), *_best_first(read)))
    leading = {read.device: read for read in reversed(ordered)}.values()
    ordered.sort(key=lambda read: not any(read is one for one in leading))
    return tuple(Sight(device=read.device, picture=read.picture, crop=read.crop, box=read.box) for read in ordered[:MAX_SIGHTS])
