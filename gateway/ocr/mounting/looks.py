"""What one frame of a camera says about its mounting: the numbers read in it, each measured, and the picture itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

import numpy as np

from gateway.model.device import KeepPicture
from gateway.model.observation import Quad
from gateway.ocr.cameras.camera import Camera
from gateway.ocr.eye import Reads
from gateway.ocr.frame import Frame, Image
from gateway.ocr.mounting.lettering import Lettering, measure
from gateway.ocr.mounting.picture import PictureLook, measure_picture
from gateway.ocr.picture import encode_jpeg
from gateway.ocr.reads import FoundContainer, FoundPlate

Only = Literal["containers", "plates"]
LIKELY: Final = 0.5  # confidence from which a number that is not relied on is still worth measuring


class Subject(StrEnum):
    """What a criterion is about."""

    CONTAINERS = "containers"
    PLATES = "plates"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class NumberLook:
    """One number in one frame. `text` is as people write it; lengths are pixels of the frame."""

    subject: Subject
    number: str
    text: str
    accepted: bool
    confidence: float
    quad: Quad
    lettering: Lettering


@dataclass(frozen=True, slots=True)
class FrameLook:
    """One frame that was read. `at_s` counts from the first frame; `picture` is the SHA-256 of its JPEG, "" where not kept."""

    index: int
    at_s: float
    size: tuple[int, int]
    numbers: tuple[NumberLook, ...]
    picture_look: PictureLook
    picture: str


class Looker:
    """Reads frames and measures them. Keeps nothing but what `keep` keeps."""

    def __init__(self, config: Camera, reader: Reads, keep: KeepPicture) -> None:
        self._region = config.region
        self._only: Only | None = config.reads[0].value if len(set(config.reads)) == 1 else None
        self._reader = reader
        self._keep = keep

    def look(self, frame: Frame, at_s: float) -> FrameLook:
        """Read the lane's region of a frame, whether or not something moves in it: whoever checks a camera wants it looked at."""
        left, top, right, bottom = self._region.pixels(*frame.size)
        region = np.ascontiguousarray(frame.image[top:bottom, left:right])
        reads = self._reader.read(region, self._only, (left, top))
        every: tuple[FoundContainer | FoundPlate, ...] = (*reads.containers, *reads.plates)
        numbers = [_measured(frame.image, found) for found in every if found.accepted or found.confidence >= LIKELY]
        picture = self._keep(encode_jpeg(frame.image))
        return FrameLook(frame.index, at_s, frame.size, tuple(numbers), measure_picture(region), picture)


def _measured(image: Image, found: FoundContainer | FoundPlate) -> NumberLook:
    subject = Subject.CONTAINERS if isinstance(found, FoundContainer) else Subject.PLATES
    return NumberLook(
        subject=subject,
        number=found.number,
        text=found.number if isinstance(found, FoundContainer) else found.text,
        accepted=found.accepted,
        confidence=found.confidence,
        quad=found.box,
        lettering=measure(image, found.box, len(found.number)),
    )
