"""What a person decides on a passage that waits for one: whether the lane takes it, and what it makes of it. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.decision.evidence import Evidence, gather
from gateway.decision.same_number import CONTAINER_APART, PLATE_APART, edit_distance
from gateway.decision.verdict import decide
from gateway.lane.transitions import State
from gateway.model.answer import Answer
from gateway.model.container_number import ContainerNumber
from gateway.model.container_number import normalise as normalise_container
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import Candidate, ContainerRead, Correction, Observation, PlateRead, Quad, Ruling
from gateway.model.plate import Plate
from gateway.model.plate import normalise as normalise_plate
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome, Verdict

NOWHERE: Final[Quad] = ((0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0))  # a person points at no place in the picture
APART: Final = {"container": CONTAINER_APART, "plate": PLATE_APART}


class RulingAnswer(StrEnum):
    """What became of a ruling. Only one that was taken is on the passage's record."""

    TAKEN = "taken"  # it is being stored, and the light follows it
    NO_SUCH_PASSAGE = "no_such_passage"  # that vehicle has left the lane
    NOT_WAITING = "not_waiting"  # the lane has not decided yet, or has let the vehicle go by itself
    ALREADY_RULED = "already_ruled"  # somebody else was first
    EXPIRED = "expired"
    NOT_ALLOWED = "not_allowed"  # the lane stopped this vehicle, and this person may not release it
    OUT_OF_SERVICE = "out_of_service"  # the lane was shut down before it could take it


_BEFORE: Final = {
    State.REFERRED: RulingAnswer.TAKEN,
    State.STOPPED: RulingAnswer.TAKEN,
    State.LAPSED: RulingAnswer.TAKEN,
    State.RULING_COMMITTING: RulingAnswer.ALREADY_RULED,
    State.RULING_UNSTORED: RulingAnswer.ALREADY_RULED,
    State.RELEASED: RulingAnswer.ALREADY_RULED,
    State.REFUSED: RulingAnswer.ALREADY_RULED,
}


def answer_to(ruling: Ruling, passage_id: str, state: State, now: datetime) -> RulingAnswer:
    """Whether the lane may take a ruling in this state at this time, before it weighs it. `passage_id`: who is in the lane."""
    if ruling.passage_id != passage_id or state is State.LEFT_COMMITTING:
        return RulingAnswer.NO_SUCH_PASSAGE
    answer = _BEFORE.get(state, RulingAnswer.NOT_WAITING)
    if answer is RulingAnswer.TAKEN and now >= ruling.expires_at:
        return RulingAnswer.EXPIRED
    return answer


def goes_beyond_rights(ruling: Ruling, state: State, weighed: Verdict) -> bool:
    """Whether an approval would release what the lane stopped, or would stop by what the person has read."""
    stopped = state is State.STOPPED or weighed.outcome is Outcome.STOP
    return ruling.approved and stopped and not ruling.may_release_stopped


def evidence_with(ruling: Ruling, observations: Sequence[Observation], answer: Answer, rules: LaneRules) -> Evidence:
    """The passage's evidence as a person sees it: numbers corrected, and the order that was picked put before all others."""
    evidence = gather(_corrected(ruling, observations, answer), rules.seal_rssi_dbm)
    return replace(evidence, orders=_picked(ruling.order, evidence))


def weigh(ruling: Ruling, at: datetime, observations: Sequence[Observation], answer: Answer, rules: LaneRules) -> Verdict:
    """What the lane decides anew with a ruling. The reasons that are left are those that an approval waives."""
    return decide(evidence_with(ruling, observations, answer, rules), at, rules).verdict


def _corrected(ruling: Ruling, observations: Sequence[Observation], answer: Answer) -> list[Observation]:
    """What a person read takes the place of the reads that it corrects: however many they are, they were wrong."""
    kept = list(observations)
    for correction in ruling.corrections:
        kept = [seen for seen in kept if not _is_of(seen, correction, answer)]
    return [*kept, *(_read_by(ruling, correction) for correction in ruling.corrections)]


def _is_of(seen: Observation, correction: Correction, answer: Answer) -> bool:
    """Whether a read is a look at the number that is corrected. What the readers took for another number stays."""
    if not isinstance(seen, ContainerRead | PlateRead) or not seen.kind.startswith(correction.subject):
        return False
    found = answer.containers if correction.subject == "container" else answer.plates
    numbers = [one.number for one in found]
    if correction.read not in numbers:
        return edit_distance(seen.number, correction.read or correction.corrected) <= APART[correction.subject]
    return min(numbers, key=lambda number: (edit_distance(seen.number, number), numbers.index(number))) == correction.read


def _read_by(ruling: Ruling, correction: Correction) -> ContainerRead | PlateRead:
    """A correction as a read: sure, and by the device at which the person sat."""
    if correction.subject == "container":
        number = normalise_container(correction.corrected)
        return ContainerRead(
            device=ruling.device,
            at=ruling.at,
            number=number,
            confidence=1.0,
            accepted=True,
            characters=tuple((Candidate(character=character, probability=1.0),) for character in number),
            box=NOWHERE,
            frame_size=(0, 0),
            picture=correction.picture,
            check_digit_valid=ContainerNumber(number).check_digit_valid,
        )
    number = normalise_plate(correction.corrected)
    return PlateRead(
        device=ruling.device,
        at=ruling.at,
        number=number,
        text=Plate(number).text,
        confidence=1.0,
        accepted=True,
        characters=tuple((Candidate(character=character, probability=1.0),) for character in number),
        box=NOWHERE,
        frame_size=(0, 0),
        picture=correction.picture,
    )


def _picked(order_number: str, evidence: Evidence) -> tuple[TransportOrder, ...]:
    """The order that was picked, and that of another box on the same vehicle; all others are out of the question."""
    picked = next((order for order in evidence.orders if order.order_number == order_number), None)
    if picked is None:
        return evidence.orders
    own = picked.container.number if picked.container else ""
    beside = {box.number for box in evidence.answer.containers if box.accepted and box.number != own}
    return (picked, *(order for order in evidence.orders if order.container and order.container.number in beside))
