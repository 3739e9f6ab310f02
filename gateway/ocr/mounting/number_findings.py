"""Findings about the numbers that were read: their lettering, how often they were read, and whether the frames agree. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from gateway.ocr.mounting.findings import Advice, Finding, judged
from gateway.ocr.mounting.limits import LIMITS, Criterion, Result
from gateway.ocr.mounting.looks import FrameLook, NumberLook, Subject

SAME_NUMBER_APART: Final = 3  # characters in which a misread number differs from the right one
SAME_VEHICLE_S: Final = 5.0  # a longer time without any read is a lane without a vehicle
# Edges along a line by edges across it: 0.8 in sharp pictures. Beyond these, motion drew them out one way.
DRAWN_ALONG: Final = 1.4
DRAWN_ACROSS: Final = 0.43
BLEACHED: Final = 0.2  # share of full white from which lost contrast is blamed on too much light
DARK: Final = 70  # grey level of the lighter of ink and ground up to which lost contrast is blamed on too little

Sight = tuple[FrameLook, NumberLook]


def all_sights(looks: Sequence[FrameLook]) -> Iterator[Sight]:
    return ((look, number) for look in looks for number in look.numbers)


def number_findings(subject: Subject, looks: Sequence[FrameLook], timed: bool) -> Iterator[Finding]:
    """Nothing where no number of this kind was read. `timed`: the frames follow each other; else they are single pictures."""
    sights = sights_of(looks, subject)
    if sights:
        yield from _of_lettering(subject, sights)
        yield _frames_read(subject, looks, timed)
        yield _agreement(subject, sights)


def sights_of(looks: Sequence[FrameLook], subject: Subject) -> list[Sight]:
    """Where numbers of a kind were seen; once some were relied on, only they and their misreadings: others are not the truck's."""
    sights = [sight for sight in all_sights(looks) if sight[1].subject is subject]
    relied_on = {number.number for _, number in sights if number.accepted}
    if not relied_on:
        return sights
    return [sight for sight in sights if any(_apart(sight[1].number, other) <= SAME_NUMBER_APART for other in relied_on)]


def _apart(one: str, other: str) -> int:
    """In how many characters two numbers differ; of different lengths, in all."""
    return sum(a != b for a, b in zip(one, other, strict=True)) if len(one) == len(other) else max(len(one), len(other))


_MEASURES: Final[dict[Criterion, Callable[[NumberLook], float | None]]] = {
    Criterion.CHARACTER_HEIGHT: lambda number: number.lettering.height,
    Criterion.ROTATION: lambda number: abs(number.lettering.rotation),
    Criterion.SLANT: lambda number: _absolute(number.lettering.slant),
    Criterion.SLIMNESS: lambda number: number.lettering.slimness,
    Criterion.SHARPNESS: lambda number: _share(number.lettering.edge, number.lettering.height),
    Criterion.CONTRAST: lambda number: number.lettering.contrast,
    Criterion.CLIPPING: lambda number: number.lettering.clipped,
}
_ADVICE: Final[dict[Criterion, Advice]] = {
    Criterion.CHARACTER_HEIGHT: Advice.ZOOM_IN,
    Criterion.ROTATION: Advice.LEVEL,
    Criterion.SLANT: Advice.FACE_THE_NUMBER,
    Criterion.SLIMNESS: Advice.FACE_THE_NUMBER,
    Criterion.CLIPPING: Advice.LESS_EXPOSURE,
}


def _absolute(value: float | None) -> float | None:
    return None if value is None else abs(value)


def _share(part: float | None, whole: float | None) -> float | None:
    return None if part is None or whole is None else part / whole


def _of_lettering(subject: Subject, sights: Sequence[Sight]) -> Iterator[Finding]:
    """By the median of all sights: a truck that comes nearer is small at first, and one bad frame is no bad camera."""
    for criterion, measure in _MEASURES.items():
        measured = [(value, look, number) for look, number in sights if (value := measure(number)) is not None]
        limit = LIMITS[criterion]
        if not measured:
            yield Finding(criterion, subject, None, limit, Result.UNKNOWN)
            continue
        value = median(value for value, _, _ in measured)
        _, look, number = max(measured, key=lambda item: limit.badness(item[0]))
        yield judged(criterion, subject, value, limit, _lettering_advice(criterion, number), look, number.quad)


def _lettering_advice(criterion: Criterion, worst: NumberLook) -> Advice:
    lettering = worst.lettering
    if criterion is Criterion.SHARPNESS and lettering.edge_along and lettering.edge_across:
        still = DRAWN_ACROSS <= lettering.edge_along / lettering.edge_across <= DRAWN_ALONG
        return Advice.FOCUS if still else Advice.SHORTER_EXPOSURE
    if criterion is Criterion.CONTRAST and lettering.ink is not None and lettering.ground is not None:
        if lettering.clipped >= BLEACHED:
            return Advice.LESS_EXPOSURE
        return Advice.MORE_LIGHT if max(lettering.ink, lettering.ground) <= DARK else Advice.CLEAN_AND_SHADE
    return _ADVICE[criterion]


def _frames_read(subject: Subject, looks: Sequence[FrameLook], timed: bool) -> Finding:
    """Of the frames in which a number was in view, the share in which one was relied on. Single pictures all count."""
    read = [any(number.subject is subject and number.accepted for number in look.numbers) for look in looks]
    inview = _in_view(looks, subject) if timed else [True] * len(looks)
    value = sum(read) / max(sum(inview), 1)
    missed = next((look for look, seen, was_read in zip(looks, inview, read, strict=True) if seen and not was_read), None)
    found = next((number.quad for number in missed.numbers if number.subject is subject), None) if missed else None
    return judged(Criterion.FRAMES_READ, subject, value, LIMITS[Criterion.FRAMES_READ], Advice.MEND_THE_REST, missed, found)


def _in_view(looks: Sequence[FrameLook], subject: Subject) -> list[bool]:
    """Frames with a number of this kind, and those between two such that are close enough to show the same vehicle."""
    seen = [index for index, look in enumerate(looks) if any(number.subject is subject for number in look.numbers)]
    inview = [False] * len(looks)
    for index in seen:
        inview[index] = True
    for first, second in pairwise(seen):
        if looks[second].at_s - looks[first].at_s <= SAME_VEHICLE_S:
            inview[first:second] = [True] * (second - first)
    return inview


def _agreement(subject: Subject, sights: Sequence[Sight]) -> Finding:
    """The share of sights that show the number which most of those like it show."""
    counts = Counter(number.number for _, number in sights)
    dissenting = [(look, number) for look, number in sights if _is_outvoted(number.number, counts)]
    value = 1 - len(dissenting) / len(sights)
    look, number = dissenting[0] if dissenting else (None, None)
    quad = number.quad if number else None
    return judged(Criterion.AGREEMENT, subject, value, LIMITS[Criterion.AGREEMENT], Advice.MEND_THE_REST, look, quad)


def _is_outvoted(number: str, counts: Counter[str]) -> bool:
    return any(count > counts[number] and 0 < _apart(number, other) <= SAME_NUMBER_APART for other, count in counts.items())
