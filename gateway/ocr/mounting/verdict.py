"""The verdict on a camera at its mounting, from everything that was seen while it was watched. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from gateway.ocr.cameras.camera import Camera
from gateway.ocr.mounting.findings import Advice, Finding, judged
from gateway.ocr.mounting.limits import LETTER_MM, LIMITS, Criterion, Result, limit_of
from gateway.ocr.mounting.looks import FrameLook, Subject
from gateway.ocr.mounting.number_findings import all_sights, number_findings, sights_of
from gateway.ocr.mounting.picture import PictureLook
from gateway.ocr.mounting.watching import Stream


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """A number that was read: in how many frames, and in how many of them it was relied on."""

    subject: Subject
    text: str
    frames: int
    accepted: int


@dataclass(frozen=True, slots=True)
class MountingVerdict:
    """Whether a camera suffices, and why not."""

    findings: tuple[Finding, ...]
    numbers: tuple[ReadNumber, ...]  # those read most often first
    unread: tuple[Subject, ...]  # what the lane file wants read of this camera, and no frame showed
    frames: int  # looked at
    picture_size: tuple[int, int]
    region: tuple[int, int, int, int]  # the lane's part of it: left, top, right, bottom
    arrivals_s: tuple[float, ...]  # of every picture, since the first; empty where pictures tell no time
    seconds: float  # from the first picture to the last; 0 where pictures tell no time
    typical: FrameLook  # a frame to show where nothing is wrong
    failure: str = ""  # why the camera stopped before its time

    @property
    def suffices(self) -> bool:
        """Something was read, nothing fails, and the camera kept going."""
        return bool(self.numbers) and not self.failure and not any(found.result is Result.FAILS for found in self.findings)

    @property
    def view_mm(self) -> float | None:
        """How wide the lane's part of the picture is at the box number, at most: ISO 6346 letters are 100 mm high or more."""
        for found in self.findings:
            if (found.criterion, found.subject) == (Criterion.CHARACTER_HEIGHT, Subject.CONTAINERS) and found.value:
                return (self.region[2] - self.region[0]) * LETTER_MM / found.value
        return None


def judge(looks: Sequence[FrameLook], stream: Stream, config: Camera) -> MountingVerdict:
    """`looks`: at least one frame of the camera that `config` describes."""
    findings = [
        *number_findings(Subject.CONTAINERS, looks, stream.timed),
        *number_findings(Subject.PLATES, looks, stream.timed),
    ]
    measured = any(number.lettering.contrast is not None for _, number in all_sights(looks))
    region = config.region.pixels(*looks[-1].size)
    findings += _of_stream(stream, config.frames_per_second, region[2] - region[0])
    findings += _of_pictures(looks, [Criterion.COMPRESSION] if measured else list(_PICTURE_MEASURES))
    numbers = tuple(_numbers(looks))
    wanted = [Subject(kind.value) for kind in config.reads]
    return MountingVerdict(
        findings=tuple(findings),
        numbers=numbers,
        unread=tuple(subject for subject in wanted if not any(number.subject is subject for number in numbers)),
        frames=len(looks),
        picture_size=looks[-1].size,
        region=region,
        arrivals_s=tuple(at - stream.arrivals[0] for at in stream.arrivals) if stream.timed else (),
        seconds=stream.seconds if stream.timed else 0.0,
        typical=max(looks, key=lambda look: (sum(number.accepted for number in look.numbers), look.at_s)),
        failure=stream.failure.cause if stream.failure else "",
    )


def _numbers(looks: Sequence[FrameLook]) -> Iterator[ReadNumber]:
    sights = [number for subject in Subject for _, number in sights_of(looks, subject)]
    frames = Counter((number.subject, number.text) for number in sights)
    accepted = Counter((number.subject, number.text) for number in sights if number.accepted)
    for (subject, text), count in frames.most_common():
        yield ReadNumber(subject, text, count, accepted[subject, text])


_ADVICE: Final[dict[Criterion, Advice]] = {
    Criterion.PICTURE_WIDTH: Advice.MORE_PIXELS,
    Criterion.FRAME_RATE: Advice.RAISE_FRAME_RATE,
    Criterion.LONGEST_GAP: Advice.CHECK_NETWORK,
    Criterion.BROKEN_PICTURES: Advice.CHECK_NETWORK,
    Criterion.COMPRESSION: Advice.LOWER_COMPRESSION,
    Criterion.BRIGHTNESS: Advice.MORE_LIGHT,
    Criterion.GLARE: Advice.LESS_EXPOSURE,
    Criterion.FOCUS: Advice.FOCUS,
}


def _of_stream(stream: Stream, frames_per_second: float, region_width: int) -> Iterator[Finding]:
    """What the stream tells, read or not."""
    gaps = [later - earlier for earlier, later in pairwise(stream.arrivals)] if stream.timed else []
    span = sum(gaps)
    values: list[tuple[Criterion, float | None]] = [
        (Criterion.PICTURE_WIDTH, float(region_width)),
        (Criterion.FRAME_RATE, len(gaps) / span if span > 0 else None),
        (Criterion.LONGEST_GAP, max(gaps, default=None)),
        (Criterion.BROKEN_PICTURES, stream.broken / stream.looked_at if stream.looked_at else None),
    ]
    for criterion, value in values:
        yield judged(criterion, Subject.PICTURE, value, limit_of(criterion, frames_per_second), _ADVICE[criterion])


_PICTURE_MEASURES: Final[dict[Criterion, Callable[[PictureLook], float | None]]] = {
    Criterion.COMPRESSION: lambda look: look.blockiness,
    Criterion.BRIGHTNESS: lambda look: look.brightness,
    Criterion.GLARE: lambda look: look.glare,
    Criterion.FOCUS: lambda look: look.focus,
}


def _of_pictures(looks: Sequence[FrameLook], criteria: Sequence[Criterion]) -> Iterator[Finding]:
    """Light and focus of the whole picture are asked for only where no lettering tells of them, and better."""
    for criterion in criteria:
        measured = [(value, look) for look in looks if (value := _PICTURE_MEASURES[criterion](look.picture_look)) is not None]
        limit = LIMITS[criterion]
        if not measured:
            yield Finding(criterion, Subject.PICTURE, None, limit, Result.UNKNOWN)
            continue
        _, worst = max(measured, key=lambda item: limit.badness(item[0]))
        yield judged(criterion, Subject.PICTURE, median(value for value, _ in measured), limit, _ADVICE[criterion], worst)
