"""Pictures drawn for the tests of the screen, kept as the gate's store keeps them: rear doors of boxes, fronts of tractors."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from gateway.model.container_number import ContainerNumber
from gateway.model.observation import Quad

SIZE: Final = (1280, 720)
BOX_QUAD: Final[Quad] = ((700.0, 150.0), (1060.0, 158.0), (1058.0, 214.0), (698.0, 206.0))
PLATE_QUAD: Final[Quad] = ((560.0, 600.0), (720.0, 602.0), (720.0, 650.0), (560.0, 648.0))


@dataclass(frozen=True)
class Album:
    """Pictures named by their SHA-256, as the gate's store keeps them."""

    folder: Path

    def keep(self, jpeg: bytes) -> str:
        sha = hashlib.sha256(jpeg).hexdigest()
        (self.folder / f"{sha}.jpg").write_bytes(jpeg)
        return sha

    def path(self, sha: str) -> Path | None:
        return self.folder / f"{sha}.jpg"

    def read(self, sha: str) -> bytes:
        return (self.folder / f"{sha}.jpg").read_bytes()

    def rear(self, number: str, colour: tuple[int, int, int], plate: str = "HA-76") -> tuple[str, str, str]:
        """The rear doors of a box: the whole frame, the crop of the number and the crop of the plate."""
        frame, number_crop, plate_crop = (self.keep(jpeg) for jpeg in draw_rear(number, colour, plate))
        return frame, number_crop, plate_crop

    def front(self, plate: str) -> tuple[str, str]:
        """The tractor from the front: the whole frame and the crop of the plate."""
        frame, plate_crop = (self.keep(jpeg) for jpeg in draw_front(plate))
        return frame, plate_crop


def _jpeg(picture: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> bytes:
    return cv2.imencode(".jpg", picture)[1].tobytes()


@cache
def draw_rear(number: str, colour: tuple[int, int, int], plate: str) -> tuple[bytes, ...]:
    frame = np.full((SIZE[1], SIZE[0], 3), (150, 170, 178), np.uint8)
    cv2.rectangle(frame, (0, 560), (1280, 720), (96, 104, 110), -1)
    cv2.rectangle(frame, (210, 60), (1100, 570), colour, -1)
    for x in range(230, 1100, 36):
        cv2.line(frame, (x, 60), (x, 570), tuple(int(c * 0.86) for c in colour), 6)
    for x in (330, 560, 640, 900):
        cv2.line(frame, (x, 60), (x, 570), (200, 200, 205), 7)
    cv2.putText(frame, ContainerNumber(number).grouped, (700, 196), cv2.FONT_HERSHEY_DUPLEX, 1.25, (240, 240, 240), 3)
    cv2.rectangle(frame, (430, 590), (850, 660), (30, 30, 34), -1)
    cv2.rectangle(frame, (560, 598), (720, 652), (235, 238, 238), -1)
    cv2.putText(frame, plate, (572, 640), cv2.FONT_HERSHEY_DUPLEX, 1.2, (20, 60, 20), 3)
    return _jpeg(frame), _jpeg(frame[146:220, 690:1070].copy()), _jpeg(frame[594:656, 552:728].copy())


@cache
def draw_front(plate: str) -> tuple[bytes, ...]:
    frame = np.full((SIZE[1], SIZE[0], 3), (172, 186, 190), np.uint8)
    cv2.rectangle(frame, (0, 600), (1280, 720), (96, 104, 110), -1)
    cv2.rectangle(frame, (360, 80), (920, 640), (40, 96, 42), -1)
    cv2.rectangle(frame, (400, 130), (880, 340), (66, 60, 52), -1)
    cv2.rectangle(frame, (420, 420), (860, 560), (34, 74, 36), -1)
    cv2.rectangle(frame, (550, 590), (730, 652), (235, 238, 238), -1)
    cv2.putText(frame, plate, (560, 636), cv2.FONT_HERSHEY_DUPLEX, 1.1, (20, 60, 20), 3)
    return _jpeg(frame), _jpeg(frame[586:656, 544:736].copy())
