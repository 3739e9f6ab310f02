"""What may still happen to a vehicle that has been let go: its seal is opened, a box appears, another vehicle takes its place.

One loop cannot tell two vehicles that touch. The cameras and the readers can: they see a plate, a box, a driver or an e-seal
that cannot be this vehicle's. Vehicle seals are left out: their radio reaches the vehicles that wait far behind.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from gateway.decision.evidence import Evidence
from gateway.decision.fusion import ROLES
from gateway.decision.matching import is_twenty_foot
from gateway.decision.same_number import container_apart, edit_distance, plate_apart
from gateway.lane.recent import RadioKey, key_of
from gateway.model.answer import PlateRole
from gateway.model.observation import (
    ContainerRead,
    Observation,
    PassiveSealRead,
    PassRead,
    PlateRead,
    SealRejected,
    VehicleSealHeard,
)
from gateway.model.plate import Plate


class Turn(Enum):
    """What an observation under green means."""

    WITHDRAWN = auto()  # this vehicle must not go after all
    FOLLOWED = auto()  # it is another vehicle's


@dataclass(frozen=True, slots=True)
class LetGo:
    """What was known of a vehicle at the moment in which it was let go."""

    plates: frozenset[str]
    tractor_known: bool
    boxes: frozenset[str]
    may_carry_more: bool  # boxes: it showed none, or one of twenty feet
    licences: frozenset[str]  # of the drivers in its orders
    locked: frozenset[str]  # vehicle seals of its orders that were inserted, locked and whole
    seals: frozenset[str]  # all seals of its orders
    heard: frozenset[RadioKey]  # passes, chips and seals that were there already

    @classmethod
    def of(cls, evidence: Evidence, orders: Iterable[str], heard: frozenset[RadioKey]) -> "LetGo":
        """`orders`: numbers of those that it leaves with."""
        numbers = frozenset(orders)
        own = [order for order in evidence.orders if order.order_number in numbers]
        seals = frozenset(seal.number for order in own for seal in order.seals)
        boxes = evidence.answer.containers
        by_order = {order.container.number: order.container.size_type for order in own if order.container}
        twenty = len(boxes) == 1 and is_twenty_foot(by_order.get(boxes[0].number, boxes[0].size_type))
        return cls(
            plates=frozenset(plate.number for plate in evidence.answer.plates),
            tractor_known=any(plate.accepted and plate.role is PlateRole.TRACTOR for plate in evidence.answer.plates),
            boxes=frozenset(box.number for box in boxes),
            may_carry_more=not boxes or twenty,
            licences=frozenset(order.vehicle.driving_licence for order in own),
            locked=frozenset(h.number for h in evidence.vehicle_seals if h.number in seals and not _is_open(h)),
            seals=seals,
            heard=heard,
        )

    def turn(self, seen: Observation) -> Turn | None:
        """What an observation changes; None: it fits this vehicle, or says nothing against it."""
        match seen:
            case VehicleSealHeard():
                return Turn.WITHDRAWN if seen.number in self.locked and _is_open(seen) else None
            case ContainerRead():
                return self._box(seen)
            case PlateRead():
                return Turn.FOLLOWED if self._is_another_tractor(seen) else None
            case PassRead() | PassiveSealRead():
                return Turn.FOLLOWED if key_of(seen) not in self.heard and self._is_a_stranger(seen) else None
            case _:
                return None

    def owns(self, seen: Observation) -> bool:
        """Whether it is a sign of this vehicle's own pass or seals."""
        match seen:
            case PassRead():
                return seen.driving_licence in self.licences
            case PassiveSealRead() | VehicleSealHeard() | SealRejected():
                return seen.number in self.seals
            case _:
                return False

    def _box(self, seen: ContainerRead) -> Turn | None:
        if not (seen.accepted and seen.check_digit_valid) or _is_near(seen.number, self.boxes, container_apart(seen.number)):
            return None
        return Turn.WITHDRAWN if self.may_carry_more else Turn.FOLLOWED

    def _is_another_tractor(self, seen: PlateRead) -> bool:
        """A rig shows two plates, but never two tractors'."""
        tractor = ROLES.get(Plate(seen.number).vehicle_class) is PlateRole.TRACTOR
        near = _is_near(seen.number, self.plates, plate_apart(seen.number))
        return self.tractor_known and seen.accepted and tractor and not near

    def _is_a_stranger(self, seen: PassRead | PassiveSealRead) -> bool:
        if isinstance(seen, PassRead):
            return bool(seen.driving_licence and self.licences) and seen.driving_licence not in self.licences
        return bool(seen.number and self.seals) and seen.number not in self.seals


def _is_open(heard: VehicleSealHeard) -> bool:
    return heard.tampered or not heard.inserted or not heard.locked


def _is_near(number: str, known: Iterable[str], apart: int) -> bool:
    return any(edit_distance(number, one) <= apart for one in known)
