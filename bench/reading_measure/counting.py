"""Figures of what was read. A miss counts; no picture is left out."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.reading_measure.corpus import Picture, bare
from bench.reading_measure.records import ReadNumber, Record
from gateway.decision.fusion import fuse


@dataclass(frozen=True, slots=True)
class Truth:
    """What a picture, or a passage, is labelled with. `partial`: more than that may be read and is not wrong."""

    numbers: frozenset[str]
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What an engine made of it: all numbers, and those that it relies on. No time where it could not be read."""

    every: frozenset[str] = frozenset()
    relied: frozenset[str] = frozenset()
    elapsed_ms: float | None = None


@dataclass(slots=True)
class Figures:
    """Counted over pictures, or over passages."""

    units: int = 0
    labelled: int = 0
    found: int = 0
    accepted: int = 0
    wrong: int = 0
    whole: int = 0
    unread: int = 0
    times: list[float] = field(default_factory=list)

    def add(self, truth: Truth, reading: Reading) -> None:
        extra = frozenset() if truth.partial else reading.relied - truth.numbers
        self.units += 1
        self.labelled += len(truth.numbers)
        self.found += len(truth.numbers & reading.every)
        self.accepted += len(truth.numbers & reading.relied)
        self.wrong += len(extra)
        self.whole += is_whole(truth, reading)
        if reading.elapsed_ms is None:
            self.unread += 1
        else:
            self.times.append(reading.elapsed_ms)

    @property
    def median_ms(self) -> float | None:
        return statistics.median(self.times) if self.times else None

    @property
    def p95_ms(self) -> float | None:
        return sorted(self.times)[int(len(self.times) * 0.95)] if self.times else None

    def as_json(self) -> dict[str, int | float | None]:
        """Shares of the labelled numbers and of the units (0 to 1), counts, milliseconds."""
        return {
            "units": self.units,
            "numbers": self.labelled,
            "whole": share(self.whole, self.units),
            "accepted": share(self.accepted, self.labelled),
            "found": share(self.found, self.labelled),
            "wrong": self.wrong,
            "unread": self.unread,
            "ms_median": _rounded(self.median_ms),
            "ms_p95": _rounded(self.p95_ms),
        }


def is_whole(truth: Truth, reading: Reading) -> bool:
    """Whether every labelled number was accepted, and nothing else."""
    return truth.numbers <= reading.relied and (truth.partial or reading.relied <= truth.numbers)


def share(part: int, whole: int) -> float:
    return round(part / max(whole, 1), 4)


def _rounded(ms: float | None) -> float | None:
    return None if ms is None else round(ms, 1)


def truth_of(picture: Picture) -> Truth:
    return Truth(picture.numbers, picture.partial)


def numbers_in(record: Record, kind: str) -> tuple[ReadNumber, ...]:
    """What of a record this kind measures."""
    return record.containers if kind == "containers" else record.plates


def reading_of(record: Record | None, kind: str) -> Reading:
    """A picture's reading; without a record, or with one of a failure, nothing was read."""
    if record is None:
        return Reading()
    return _reading(((found.number, found.accepted) for found in numbers_in(record, kind)), record.elapsed_ms)


def _reading(numbers: Iterable[tuple[str, bool]], elapsed_ms: float | None) -> Reading:
    every = [(bare(number), accepted) for number, accepted in numbers]
    return Reading(
        frozenset(number for number, _ in every), frozenset(number for number, accepted in every if accepted), elapsed_ms
    )


def by_picture(pictures: Iterable[Picture], records: Mapping[Path, Record]) -> Figures:
    figures = Figures()
    for picture in pictures:
        figures.add(truth_of(picture), reading_of(records.get(picture.path), picture.kind))
    return figures


def by_passage(pictures: Iterable[Picture], records: Mapping[Path, Record]) -> Figures:
    """Container numbers of whole passages: pictures of one truck, whose reads are fused as a lane fuses them.

    An engine that gives bare text has nothing to fuse: what it reads in any picture of the passage counts.
    """
    passages: dict[str, list[Picture]] = {}
    for picture in pictures:
        if picture.kind == "containers" and picture.passage:
            passages.setdefault(picture.passage, []).append(picture)
    figures = Figures()
    for ours in passages.values():
        truth = Truth(frozenset().union(*(picture.numbers for picture in ours)), any(picture.partial for picture in ours))
        figures.add(truth, _together([record for picture in ours if (record := records.get(picture.path))]))
    return figures


def _together(records: Sequence[Record]) -> Reading:
    times = [record.elapsed_ms for record in records if record.elapsed_ms is not None]
    elapsed_ms = sum(times) if times else None
    if any(record.observations is not None for record in records):
        answer = fuse(seen for record in records for seen in record.observations or ())
        return _reading(((found.number, found.accepted) for found in answer.containers), elapsed_ms)
    return _reading(((found.number, found.accepted) for record in records for found in record.containers), elapsed_ms)
