"""Placards: pictures that cost next to nothing to draw and to read, for rehearsing everything of a gate but its reading.

A truck's placard says in black and white squares what a camera would see of it: numbers, size codes and plates. It travels as
any picture does, so a camera that freezes or breaks off shows an old placard, or none. And like any picture it has its camera's
noise: no two are the same, or the gate would take the camera for a frozen one.
"""

import zlib
from typing import Final, Literal

import cv2
import numpy as np

from gateway.model.observation import Candidate, Position, Quad
from gateway.model.plate import Plate
from gateway.ocr.frame import Image
from gateway.ocr.reads import FoundContainer, FoundPlate, ImageReads
from gateway.simulator.scene import TruckLook, View

WIDTH, HEIGHT = 480, 270  # pixels of a picture
COLUMNS, ROWS, CELL = 40, 15, 10  # 600 bits: two boxes and a plate take 60 bytes
LEFT, TOP = (WIDTH - COLUMNS * CELL) // 2, (HEIGHT - ROWS * CELL) // 2
JPEG_QUALITY: Final = 90
GROUND, PAPER, INK = 96, 240, 16
CHECKSUM: Final = 4  # bytes
CERTAIN: Final = 0.99
# Grey levels up and down, in patches of a cell so that no JPEG smooths them away; the gate calls a scene the same within 5.
NOISE: Final = 1

BOX, PLATE = "box", "plate"

_QUAD: Final[Quad] = (
    (LEFT, TOP),
    (LEFT + COLUMNS * CELL, TOP),
    (LEFT + COLUMNS * CELL, TOP + ROWS * CELL),
    (LEFT, TOP + ROWS * CELL),
)


def placard(view: View, truck: TruckLook | None, noise_seed: int) -> bytes:
    """What a camera with this view sees, as JPEG: the bare ground where no truck is. Another `noise_seed`, another picture."""
    picture = np.full((HEIGHT, WIDTH), GROUND, np.uint8)
    if truck is not None:
        text = "\n".join(_lines(view, truck)).encode("ascii")
        data = bytes([len(text)]) + text + zlib.crc32(text).to_bytes(CHECKSUM, "big")
        bits = np.unpackbits(np.frombuffer(data.ljust(COLUMNS * ROWS // 8, b"\0"), np.uint8)).reshape(ROWS, COLUMNS)
        squares = np.where(bits, INK, PAPER).astype(np.uint8).repeat(CELL, axis=0).repeat(CELL, axis=1)
        picture[TOP - CELL : TOP + ROWS * CELL + CELL, LEFT - CELL : LEFT + COLUMNS * CELL + CELL] = PAPER
        picture[TOP : TOP + ROWS * CELL, LEFT : LEFT + COLUMNS * CELL] = squares
    noise = np.random.default_rng(noise_seed).integers(0, 2 * NOISE, (HEIGHT // CELL, WIDTH // CELL), np.uint8, endpoint=True)
    picture += noise.repeat(CELL, axis=0).repeat(CELL, axis=1) - NOISE  # unsigned: below nothing it wraps, and adds up right
    _, encoded = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return bytes(encoded)


def _lines(view: View, truck: TruckLook) -> list[str]:
    """From the front the tractor's plate, from behind the trailer's; boxes from behind and from the side."""
    plates = {View.FRONT: truck.tractor_plate, View.REAR: truck.trailer_plate, View.SIDE: None}
    boxes = [] if view is View.FRONT else [f"{BOX} {box.number} {box.size_type}" for box in truck.boxes]
    plate = plates[view]
    return [*boxes, *([f"{PLATE} {Plate.parse(plate).value}"] if plate else [])]


class PlacardReader:
    """Reads placards as `gateway.ocr.reader.Reader` reads pictures of trucks; sees nothing in any other picture."""

    def read(
        self,
        image: Image,
        only: Literal["containers", "plates"] | None = None,
        offset: tuple[float, float] = (0.0, 0.0),
        patient: bool = True,
    ) -> ImageReads:
        """All that the placard says. The picture is whole: a simulated camera has no region, so `offset` is nothing."""
        lines = [line.split(" ") for line in _text(image).splitlines()]
        boxes = tuple(_container(line[1], line[2]) for line in lines if line[0] == BOX)
        plates = tuple(_plate(line[1]) for line in lines if line[0] == PLATE)
        return ImageReads(boxes if only != "plates" else (), plates if only != "containers" else ())


def _text(image: Image) -> str:
    if image.shape[:2] != (HEIGHT, WIDTH):
        return ""
    middles = image[TOP + CELL // 2 : TOP + ROWS * CELL : CELL, LEFT + CELL // 2 : LEFT + COLUMNS * CELL : CELL, 1]
    data = np.packbits(middles < (PAPER + INK) // 2).tobytes()
    text, checksum = data[1 : 1 + data[0]], data[1 + data[0] : 1 + data[0] + CHECKSUM]
    whole = len(checksum) == CHECKSUM and zlib.crc32(text) == int.from_bytes(checksum, "big")
    return text.decode("ascii", "replace") if whole else ""


def _container(number: str, size_type: str) -> FoundContainer:
    return FoundContainer(number, CERTAIN, True, True, True, size_type, _characters(number), _QUAD)


def _plate(text: str) -> FoundPlate:
    plate = Plate.parse(text)
    return FoundPlate(plate.value, plate.text, CERTAIN, True, _characters(plate.value), _QUAD)


def _characters(text: str) -> tuple[Position, ...]:
    return tuple((Candidate(character=character, probability=CERTAIN),) for character in text)
