"""A second look for the check digit. It is boxed on the steel, and text detectors often leave the box out of the line.

The line's last piece is read again with room on its right; where the box itself spoils the reading, the picture inside the
box is read alone.
"""

from collections.abc import Sequence
from typing import Final, cast

import cv2
import numpy as np

from gateway.ocr.container_grammar import NumberReading, read_number
from gateway.ocr.engine import TextEngine
from gateway.ocr.geometry import Image, cut, grown, part, size_of
from gateway.ocr.glyphs import Floats, Glyph
from gateway.ocr.lines import Chain, Line
from gateway.ocr.understanding import Sighting, doubted

ROOMS: Final = (1.6, 2.6, 0.9)  # room to the right, in text heights
ROOM_ABOVE: Final = (0.0, 0.12, 0.0)  # and above and below
FRAME_INSET: Final = 0.16  # of the box's size: its painted line
MAX_LINES: Final = 4  # lines a number may have for a second look to be worth it
LEAST_PROBABILITY: Final = 0.25


def worth_it(sighting: Sighting) -> bool:
    """Whether the number would be relied on if only its check digit were seen."""
    reading = sighting.reading
    unsure = not reading.check_digit_seen or reading.probability < 0.97
    return unsure and reading.probability >= LEAST_PROBABILITY and not sighting.chain.lines[-1].column


def with_what_follows(engine: TextEngine, image: Image, sighting: Sighting) -> Sighting:
    """A sure number, doubted where one more digit follows it: what was taken for its check digit may be its last digit but
    one, and something before it, a rod or a rib, no digit at all."""
    last = sighting.chain.lines[-1]
    if last.column:
        return sighting
    width, height = size_of(last.quad)
    longer = part(last.quad, 0.0, 1.0 + ROOMS[0] * height / max(width, 1.0))
    (seen,) = engine.read([cut(image, longer)])
    again = _again(sighting, Line(longer, seen))
    if again is None or again.reading.number == sighting.reading.number:
        return sighting
    if again.reading.check_digit_seen and again.reading.probability > sighting.reading.probability:
        return again
    return doubted(sighting, again.reading.probability)


def with_check_digit(engine: TextEngine, image: Image, sighting: Sighting) -> Sighting:
    """The sighting with its check digit, where a second look finds it; otherwise the sighting as it was."""
    best = sighting
    for last in _second_readings(engine, image, sighting.chain.lines[-1]):
        again = _again(sighting, last)
        if again is not None and _better(again.reading, best.reading):
            best = again
    return best


def _again(sighting: Sighting, last: Line) -> Sighting | None:
    """The number with its last piece as another look shows it."""
    lines = (*sighting.chain.lines[:-1], last)
    reading = read_number([glyph for line in lines for glyph in line.glyphs])
    return Sighting(reading, Chain(lines, sighting.chain.rows), sighting.size_type) if reading else None


def _better(new: NumberReading, old: NumberReading) -> bool:
    """A second look may add a check digit and make a number surer; it may not change the serial."""
    same = new.number[:10] == old.number[:10] or new.probability > old.probability
    return same and (new.check_digit_seen, new.probability) > (old.check_digit_seen, old.probability)


def _second_readings(engine: TextEngine, image: Image, last: Line) -> list[Line]:
    width, height = size_of(last.quad)
    quads = [
        grown(part(last.quad, 0.0, 1.0 + room * height / max(width, 1.0)), 0.0, above)
        for room, above in zip(ROOMS, ROOM_ABOVE, strict=True)
    ]
    inside = [cut(image, box) for box in _boxes(image, last.quad)]
    read = engine.read([*(cut(image, quad) for quad in quads), *inside])
    longer = [Line(quad, glyphs) for quad, glyphs in zip(quads, read[: len(quads)], strict=True)]
    for glyphs in read[len(quads) :]:
        digit = max(glyphs, key=lambda glyph: glyph.presence, default=None)
        if digit is not None:
            longer.append(Line(last.quad, (*_without_box(last.glyphs), digit)))
    return longer


def _without_box(glyphs: Sequence[Glyph]) -> tuple[Glyph, ...]:
    """The line without what was seen of the box."""
    kept = list(glyphs)
    while len(kept) > 6 and not kept[-1].best.isdigit():
        kept.pop()
    return tuple(kept)


def _boxes(image: Image, quad: Floats) -> list[Floats]:
    """The insides of frames about as tall as the text, right of the line's end or at it: at most two."""
    width, height = size_of(quad)
    start = max(0.0, 1.0 - 1.2 * height / max(width, 1.0))
    end = 1.0 + 2.6 * height / max(width, 1.0)
    zone = grown(part(quad, start, end), 0.0, 0.25)
    picture = cut(image, zone)
    scale = 64 / picture.shape[0]
    picture = cast(Image, cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC))
    found = sorted(_frames(picture), key=lambda frame: -frame[2] * frame[3])[:2]
    across, down = picture.shape[1], picture.shape[0]
    return [_inside(zone, frame, across, down) for frame in found]


def _frames(picture: Image) -> list[tuple[int, int, int, int]]:
    """Upright rectangles with a hole, left, top, width and height in pixels of the picture."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    found = []
    for kind in (cv2.THRESH_BINARY, cv2.THRESH_BINARY_INV):
        _, mask = cv2.threshold(grey, 0, 255, kind | cv2.THRESH_OTSU)
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            left, top, width, height = cv2.boundingRect(contour)
            filled = cv2.contourArea(contour) / max(width * height, 1)
            inside = left > 0 and top > 0 and left + width < picture.shape[1] and top + height < picture.shape[0]
            if inside and 30 <= height <= 60 and 0.4 <= width / height <= 1.2 and filled > 0.7:
                found.append((left, top, width, height))
    return found


def _inside(zone: Floats, frame: tuple[int, int, int, int], across: int, down: int) -> Floats:
    left, top, width, height = frame
    low_x, high_x = (left + FRAME_INSET * width) / across, (left + (1 - FRAME_INSET) * width) / across
    low_y, high_y = (top + FRAME_INSET * height) / down, (top + (1 - FRAME_INSET) * height) / down
    corners = [(low_x, low_y), (high_x, low_y), (high_x, high_y), (low_x, high_y)]
    return np.array([_within(zone, x, y) for x, y in corners], dtype=np.float32)


def _within(quad: Floats, x: float, y: float) -> Floats:
    upper = quad[0] + (quad[1] - quad[0]) * x
    lower = quad[3] + (quad[2] - quad[3]) * x
    return cast(Floats, upper + (lower - upper) * y)
