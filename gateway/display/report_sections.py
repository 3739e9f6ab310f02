"""What the report says of one passage: its frames, its evidence per character, its timeline and its timings. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.display.facts import Facts, facts_of
from gateway.display.replay_notes import FrameNote
from gateway.display.report_timeline import Moment, moments_of
from gateway.model.answer import ContainerAnswer, PlateAnswer
from gateway.model.observation import ContainerRead, OrdersFound, PlateRead, Quad
from gateway.model.passage import Passage
from gateway.model.transport_order import TransportOrder

CANDIDATES: Final = 3  # candidates shown per character
HEATS: Final = 10  # steps of the heat table: 0 to 10 tenths of probability


@dataclass(frozen=True, slots=True)
class Cell:
    """One candidate of one character; `heat` is its probability in tenths."""

    character: str
    probability: float

    @property
    def heat(self) -> int:
        return round(self.probability * HEATS)


@dataclass(frozen=True, slots=True)
class Evidence:
    """How one number was reached. `rows` holds one row per rank, one cell per character (None: no such candidate)."""

    answer: ContainerAnswer | PlateAnswer
    is_box: bool
    rows: tuple[tuple[Cell | None, ...], ...]


@dataclass(frozen=True, slots=True)
class FrameRead:
    kind: str
    text: str
    number: str
    accepted: bool
    confidence: float | None
    box: Quad | None


@dataclass(frozen=True, slots=True)
class FrameSection:
    """One frame that was used, with what was read in it. `index` and `read_ms` are known for noted frames only."""

    camera: str
    at: datetime
    index: int | None
    read_ms: float | None
    reads: tuple[FrameRead, ...]
    picture: str
    frame_size: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class PassageSection:
    passage: Passage
    orders: tuple[TransportOrder, ...]
    facts: Facts
    evidence: tuple[Evidence, ...]
    frames: tuple[FrameSection, ...]
    looked_at: int
    moments: tuple[Moment, ...]
    latency_ms: float | None


@dataclass(frozen=True, slots=True)
class Timings:
    """Over the whole replay, milliseconds; None where nothing was measured."""

    frames: int
    read_p50_ms: float | None
    read_p95_ms: float | None
    latency_p50_ms: float | None
    latency_max_ms: float | None


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that `share` (0 to 1) of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def timings_of(frames: Sequence[FrameNote], latency_ms: dict[str, float]) -> Timings:
    reads = [frame.read_ms for frame in frames]
    latencies = list(latency_ms.values())
    return Timings(
        frames=len(frames),
        read_p50_ms=percentile(reads, 0.5),
        read_p95_ms=percentile(reads, 0.95),
        latency_p50_ms=percentile(latencies, 0.5),
        latency_max_ms=max(latencies, default=None),
    )


def section_of(passage: Passage, frames: Sequence[FrameNote], latency_ms: float | None) -> PassageSection:
    """Everything the report says of one passage; `frames` are those of the whole replay."""
    orders = _orders(passage)
    mine = [frame for frame in frames if _belongs(frame.at, passage)]
    used = [_noted_frame(frame) for frame in mine if frame.reads] if mine else list(_recorded_frames(passage))
    answers: tuple[ContainerAnswer | PlateAnswer, ...] = (*passage.answer.containers, *passage.answer.plates)
    return PassageSection(
        passage=passage,
        orders=orders,
        facts=facts_of(passage, orders),
        evidence=tuple(_evidence(answer) for answer in answers),
        frames=tuple(sorted(used, key=lambda frame: (frame.at, frame.camera))),
        looked_at=len(mine) or len(used),
        moments=moments_of(passage),
        latency_ms=latency_ms,
    )


def pictures_of(sections: Iterable[PassageSection]) -> tuple[str, ...]:
    """Every picture that the sections show, once."""
    wanted: dict[str, None] = {}
    for section in sections:
        facts = section.facts
        shots = [box.shot for box in facts.boxes] + [
            facts.tractor.shot,
            facts.trailer.shot if facts.trailer else None,
            *facts.shots,
        ]
        for shot in shots:
            if shot:
                wanted |= dict.fromkeys((shot.picture, shot.crop))
        wanted |= dict.fromkeys(frame.picture for frame in section.frames)
    return tuple(sha for sha in wanted if sha)


def _orders(passage: Passage) -> tuple[TransportOrder, ...]:
    """The orders that the verdict names, as the lane knew them; all it knew when it names none."""
    known = {order.order_number: order for seen in passage.observations if isinstance(seen, OrdersFound) for order in seen.orders}
    if passage.verdict and passage.verdict.orders:
        return tuple(known[number] for number in passage.verdict.orders if number in known)
    return tuple(known.values())


def _belongs(at: datetime, passage: Passage) -> bool:
    ends = passage.closed_at or (passage.verdict.decided_at if passage.verdict else None)
    begins = passage.opened_at - timedelta(seconds=passage.rules.lookback_s)
    return begins <= at and (ends is None or at <= ends)


def _evidence(answer: ContainerAnswer | PlateAnswer) -> Evidence:
    deepest = min(CANDIDATES, max((len(position) for position in answer.characters), default=0))
    rows = tuple(
        tuple(
            Cell(position[rank].character, position[rank].probability) if rank < len(position) else None
            for position in answer.characters
        )
        for rank in range(deepest)
    )
    return Evidence(answer, isinstance(answer, ContainerAnswer), rows)


def _noted_frame(frame: FrameNote) -> FrameSection:
    reads = tuple(FrameRead(r.kind, r.text, r.number, r.accepted, r.confidence, r.box) for r in frame.reads)
    return FrameSection(frame.camera, frame.at, frame.index, frame.read_ms, reads, frame.picture, frame.frame_size)


def _recorded_frames(passage: Passage) -> Iterable[FrameSection]:
    """Without notes, the frames that the passage's own record tells of."""
    frames: dict[tuple[datetime, str, str], list[ContainerRead | PlateRead]] = {}
    for seen in passage.observations:
        if isinstance(seen, ContainerRead | PlateRead):
            frames.setdefault((seen.at, seen.device, seen.picture), []).append(seen)
    for (at, camera, picture), reads in frames.items():
        found = tuple(
            FrameRead(
                "plate" if isinstance(read, PlateRead) else "container",
                read.text if isinstance(read, PlateRead) else read.number,
                read.number,
                read.accepted,
                read.confidence,
                read.box,
            )
            for read in reads
        )
        yield FrameSection(camera, at, None, None, found, picture, reads[0].frame_size)
