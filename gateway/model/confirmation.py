"""From a decided passage to the confirmation that goes to the platform. Pure."""

from gateway.model.errors import ModelError
from gateway.model.observation import ContainerRead, PassiveSealRead, PassRead, PlateRead, VehicleSealHeard, View
from gateway.model.passage import Passage
from gateway.model.sealing import sealing_of
from gateway.model.wire import Confirmation, PictureRef


class UndecidedError(ModelError):
    """A passage without a verdict cannot be confirmed."""


def _pictures(passage: Passage) -> tuple[PictureRef, ...]:
    """Pictures that the answer rests on, and views kept for the record; each once, in order of time."""
    sights = [sight for box in passage.answer.containers for sight in box.sights]
    sights += [sight for plate in passage.answer.plates for sight in plate.sights]
    relied = {sight.picture for sight in sights} | {sight.crop for sight in sights}
    found: dict[str, PictureRef] = {}
    for seen in passage.observations:
        if isinstance(seen, View):
            found.setdefault(seen.picture, PictureRef(sha256=seen.picture, device=seen.device, at=seen.at, role="frame"))
        elif isinstance(seen, ContainerRead | PlateRead):
            if seen.picture in relied and seen.picture:
                found.setdefault(seen.picture, PictureRef(sha256=seen.picture, device=seen.device, at=seen.at, role="frame"))
            if seen.crop in relied and seen.crop:
                found.setdefault(seen.crop, PictureRef(sha256=seen.crop, device=seen.device, at=seen.at, role="crop"))
    return tuple(found.values())


def confirm(passage: Passage, gate: str, sequence: int, lane_title: str) -> Confirmation:
    """The confirmation of a decided passage: of each pass and seal the last word counts. Raises UndecidedError."""
    if passage.verdict is None:
        raise UndecidedError(f"passage {passage.passage_id} has no verdict")
    passes = {(seen.technology, seen.uid): seen for seen in passage.observations if isinstance(seen, PassRead)}
    chips = {seen.epc: seen for seen in passage.observations if isinstance(seen, PassiveSealRead)}
    seals = {seen.number: seen for seen in passage.observations if isinstance(seen, VehicleSealHeard)}
    return Confirmation(
        gate=gate,
        sequence=sequence,
        passage_id=passage.passage_id,
        lane=passage.lane,
        lane_title=lane_title,
        direction=passage.rules.direction,
        opened_at=passage.opened_at,
        decided_at=passage.verdict.decided_at,
        answer=passage.answer,
        verdict=passage.verdict,
        ruling=passage.ruling,
        weighed=passage.weighed,
        withdrawn=passage.withdrawn,
        sealing=sealing_of(passage, gate, lane_title),
        passes=tuple(passes.values()),
        passive_seals=tuple(chips.values()),
        vehicle_seals=tuple(seals.values()),
        manual_openings=passage.manual_openings,
        pictures=_pictures(passage),
    )
