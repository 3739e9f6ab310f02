"""Pictures full of lettering: boxes' walls and doors, plates, and much that is no lettering at all, with maps of what is where.

Not gates, only their ingredients thrown together: a finder that knows nothing about the arrangement works on every lane.
"""

from dataclasses import dataclass
from typing import Final, cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from gateway.ocr.places import COLUMN, CORE, MAPS, NUMBER, ROW, SCALE
from training.lettering.phrases import DIGITS, container_row, marking, plate
from training.lettering.rendering import CAP, Direction, Grain, Grey, Lettering, levels, noise, worn

SIDE: Final = 512  # pixels
ROW_GAP: Final = 1.0  # in capitals' heights; what stands further apart is marked apart
COLUMN_GAP: Final = 1.3
LEAST_CAP: Final = 5.5  # pixels; smaller lettering is not asked for
LARGEST_CAP: Final = 80.0
LARGEST_PLATE: Final = 130.0  # a plate may fill the picture
UNREADABLE: Final = 6.5  # pixels; lettering below this may be found or not


@dataclass(frozen=True, slots=True)
class Scene:
    """`picture`: SIDE × SIDE grey. `maps`: MAPS × SIDE/2 × SIDE/2, 0 to 255; number-likeness 128 where nothing is asked."""

    picture: Grey
    maps: Grey
    counted: Grey  # 255 where the maps are to be learnt


@dataclass(frozen=True, slots=True)
class Row:
    """The exact corners of a row of capitals, 4 × 2 pixels clockwise from its own top left, and whether it is a plate's."""

    corners: NDArray[np.float64]
    plate: bool


class _Canvas:
    def __init__(self, rng: Generator) -> None:
        self.rng = rng
        self.picture = _background(rng)
        self.maps = np.zeros((MAPS, SIDE // SCALE, SIDE // SCALE), dtype=np.uint8)
        self.maps[NUMBER] = 128
        self.counted = np.full((SIDE // SCALE, SIDE // SCALE), 255, dtype=np.uint8)
        self.taken = np.zeros((SIDE, SIDE), dtype=np.uint8)
        self.rows: list[Row] = []

    def put(self, mask: Grain, frame: NDArray[np.float64], ink: float) -> None:
        """Blend a mask in. `frame`: 2 × 3, from the mask's pixels to the picture's."""
        corners = _moved(
            np.array([[0, 0], [mask.shape[1], 0], [mask.shape[1], mask.shape[0]], [0, mask.shape[0]]], dtype=np.float64), frame
        )
        low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
        high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 2, SIDE)
        if (high <= low).any():
            return
        shifted = frame.copy()
        shifted[:, 2] -= low
        scale = float(np.sqrt(abs(np.linalg.det(frame[:, :2]))))
        if scale < 0.8:
            mask = cv2.GaussianBlur(mask, (0, 0), 0.4 / scale).astype(np.float32)
        size = (int(high[0] - low[0]), int(high[1] - low[1]))
        seen = cv2.warpAffine(mask, shifted, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        zone = self.picture[low[1] : high[1], low[0] : high[0]]
        zone += (np.float32(ink) - zone) * seen

    def free(self, quad: NDArray[np.float64]) -> bool:
        shape = np.round(quad).astype(np.int32)
        left, top = np.maximum(shape.min(axis=0), 0)
        right, bottom = np.minimum(shape.max(axis=0) + 1, SIDE)
        return bool(right > left and bottom > top and not self.taken[top:bottom, left:right].any())

    def take(self, quad: NDArray[np.float64]) -> None:
        cv2.fillPoly(self.taken, [np.round(quad).astype(np.int32)], 1)

    def mark(self, quad: NDArray[np.float64], which: int, number: bool, cap: float) -> None:
        shape = [np.round(quad / SCALE * 16 - 8).astype(np.int32).reshape(-1, 1, 2)]
        cv2.fillPoly(self.maps[which], shape, 255, cv2.LINE_AA, 4)
        cv2.fillPoly(self.maps[NUMBER], shape, 255 if number else 0, cv2.LINE_8, 4)
        if cap < UNREADABLE:
            cv2.fillPoly(self.counted, shape, 0, cv2.LINE_8, 4)


def _moved(points: NDArray[np.float64], frame: NDArray[np.float64]) -> NDArray[np.float64]:
    return points @ frame[:, :2].T + frame[:, 2]


def _background(rng: Generator) -> Grain:
    """A patchwork of surfaces, with edges, rods, stripes, discs, gratings and noise."""
    picture = (rng.uniform(0.05, 0.9) + noise(rng, (SIDE, SIDE), rng.uniform(60, 250)) * rng.uniform(0.02, 0.25)).astype(np.float32)
    for _ in range(int(rng.integers(1, 7))):
        _panel(picture, rng)
    for _ in range(int(rng.integers(0, 16))):
        _thing(picture, rng)
    if rng.random() < 0.5:  # foliage, gravel, wet ground
        rough = noise(rng, (SIDE, SIDE), rng.uniform(1.5, 8)) * rng.uniform(0.05, 0.3)
        where = np.clip(noise(rng, (SIDE, SIDE), rng.uniform(60, 200)) * 2, 0, 1)
        picture += rough * where
    return np.clip(picture, 0, 1).astype(np.float32)


def _panel(picture: Grain, rng: Generator) -> None:
    centre = rng.uniform(0, SIDE, 2)
    size = np.exp(rng.uniform(np.log(60), np.log(700), 2))
    corners = (np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * size / 2 + centre + rng.normal(0, 0.06, (4, 2)) * size).astype(
        np.int32
    )
    mask = np.zeros((SIDE, SIDE), dtype=np.uint8)
    cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA)
    surface = np.full((SIDE, SIDE), rng.uniform(0.03, 0.95), dtype=np.float32)
    if rng.random() < 0.6:  # corrugation
        across = np.arange(SIDE, dtype=np.float32) + (np.arange(SIDE, dtype=np.float32) * rng.normal(0, 0.15))[:, None]
        wave = np.clip(np.sin(across / rng.uniform(1.2, 14)) * rng.uniform(1, 4), -1, 1)
        surface = surface * (1 + wave * np.float32(rng.uniform(0.03, 0.35))).astype(np.float32)
        if rng.random() < 0.25:
            surface = np.ascontiguousarray(surface.T)
    share = mask.astype(np.float32) / 255 * (1 if rng.random() < 0.8 else 0.5)
    picture += (surface - picture) * share


def _thing(picture: Grain, rng: Generator) -> None:
    shade = float(rng.uniform(0, 1))
    centre = rng.uniform(0, SIDE, 2)
    kind = int(rng.integers(7))
    thick = int(rng.integers(1, 14))
    if kind == 0:  # a rod or a cable
        angle = rng.normal(np.pi / 2, 0.1) if rng.random() < 0.6 else rng.uniform(0, np.pi)
        reach = np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(30, 600)
        cv2.line(picture, _point(centre - reach), _point(centre + reach), shade, thick, cv2.LINE_AA)
    elif kind == 1:  # a tyre, a lamp, a bolt
        radius = int(np.exp(rng.uniform(0.7, 4.4)))
        cv2.circle(picture, _point(centre), radius, shade, -1 if rng.random() < 0.5 else thick, cv2.LINE_AA)
    elif kind == 2:  # hazard stripes
        length, pitch = rng.uniform(40, 300), rng.uniform(6, 30)
        for at in np.arange(0, length, 2 * pitch):
            zone = np.array([[0, 0], [pitch, 0], [2 * pitch, pitch], [pitch, pitch]]) + centre + np.array([at, 0])
            cv2.fillPoly(picture, [zone.astype(np.int32)], shade, cv2.LINE_AA)
    elif kind == 3:  # a grating, a louvre, a fence, a bar code
        pitch, count = rng.uniform(2.5, 16), int(rng.integers(3, 30))
        tall = rng.uniform(6, 160)
        upright = rng.random() < 0.6
        for i in range(count):
            at = centre + (np.array([i * pitch, 0]) if upright else np.array([0, i * pitch]))
            end = at + (np.array([0, tall]) if upright else np.array([tall, 0]))
            cv2.line(picture, _point(at), _point(end), shade, max(1, int(pitch * rng.uniform(0.2, 0.7))), cv2.LINE_AA)
    elif kind == 4:  # a label or a window
        sides = np.exp(rng.uniform(1.8, 4.8, 2))
        cv2.rectangle(
            picture, _point(centre), _point(centre + sides), shade, -1 if rng.random() < 0.6 else max(1, thick // 3), cv2.LINE_AA
        )
    elif kind == 5:  # a warning triangle, an arrow
        size = rng.uniform(6, 60)
        shape = (np.array([[0, -1], [1, 0.8], [-1, 0.8]]) * size + centre).astype(np.int32)
        cv2.fillPoly(picture, [shape], shade, cv2.LINE_AA)
    else:  # branches, hoses, chains
        points = (centre + np.cumsum(rng.normal(0, rng.uniform(3, 25), (int(rng.integers(4, 30)), 2)), axis=0)).astype(np.int32)
        cv2.polylines(picture, [points], False, shade, max(1, thick // 3), cv2.LINE_AA)


def _point(values: NDArray[np.float64]) -> tuple[int, int]:
    return int(values[0]), int(values[1])


def _frame(rng: Generator, cap: float, centre: NDArray[np.float64], aslant: float = 0.2) -> NDArray[np.float64]:
    """From drawing pixels around (0, 0) to the picture: capitals `cap` high, turned, sheared and foreshortened a little.
    `aslant`: the share of what hangs or is seen far from level."""
    how = rng.random()
    turn = rng.normal(0, 0.4 if how < aslant / 5 else 0.17 if how < aslant else 0.05)
    lean = rng.normal(0, 0.3 if rng.random() < aslant / 2 else 0.12)
    across = np.exp(rng.normal(-0.12, 0.2))
    scale = cap / CAP
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = turned @ np.array([[across, lean], [0, 1]]) * scale
    return np.concatenate([matrix, centre[:, None]], axis=1)


def _groups(filled: NDArray[np.bool_], gap: float) -> list[tuple[int, int]]:
    """Stretches of ink along the line, with gaps up to `gap` pixels closed."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], filled.astype(np.int8), [0]])))
    runs: list[list[int]] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and start - runs[-1][1] <= gap:
            runs[-1][1] = end
        else:
            runs.append([start, end])
    return [(start, end) for start, end in runs]


def _rectangle(left: float, top: float, right: float, bottom: float) -> NDArray[np.float64]:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float64)


def _line(
    canvas: _Canvas,
    text: str,
    frame: NDArray[np.float64],
    ink: float,
    direction: Direction,
    number: bool,
    pressed: bool,
    *,
    scale: float = 1.0,
    panel: float | None = None,
) -> bool:
    """One line whose middle is the frame's origin; False where there is no room. `panel`: the brightness of a strip under it."""
    rng = canvas.rng
    mask, _ = Lettering(rng, direction).draw(text, pressed)
    height, width = mask.shape
    own = np.array([[scale, 0, -width / 2 * scale], [0, scale, -height / 2 * scale]])
    whole = frame[:, :2] @ own[:, :2], frame[:, :2] @ own[:, 2] + frame[:, 2]
    placed = np.concatenate([whole[0], whole[1][:, None]], axis=1)
    cap = CAP * float(np.sqrt(abs(np.linalg.det(placed[:, :2]))))
    along = mask.max(axis=1 if direction == "column" else 0) > 0.3
    if direction == "column":
        ink_across = np.flatnonzero(mask.max(axis=0) > 0.3)
        low, high = (float(ink_across[0]), float(ink_across[-1] + 1)) if len(ink_across) else (0.0, 1.0)
    else:
        low, high = height / 2 - CAP / 2, height / 2 + CAP / 2
    spread = (high - low) * (1 - CORE) / 2
    groups = _groups(along, CAP * (COLUMN_GAP if direction == "column" else ROW_GAP))
    boxes = [
        _rectangle(low, start, high, end) if direction == "column" else _rectangle(start, low, end, high) for start, end in groups
    ]
    margin = CAP * 0.3
    outer = [_moved(box + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * margin, placed) for box in boxes]
    if not outer or not all(canvas.free(quad) for quad in outer):
        return False
    if panel is not None:
        room = CAP * rng.uniform(0.1, 0.5, 2)
        left, top, right, bottom = (low, 0, high, height) if direction == "column" else (0, low, width, high)
        sheet = np.ones((round(bottom - top + 2 * room[1]), round(right - left + 2 * room[0])), dtype=np.float32)
        _put_at(canvas, sheet, placed, (left - room[0], top - room[1]), panel)
    canvas.put(worn(mask, rng), placed, ink)
    for quad in outer:
        canvas.take(quad)
    if direction == "row":
        canvas.rows.append(Row(_moved(_rectangle(groups[0][0], low, groups[-1][1], high), placed), pressed))
    inset = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * spread
    for box in boxes:
        short = (box[2, 1] - box[0, 1] if direction == "column" else box[1, 0] - box[0, 0]) < 3 * spread
        shrunk = box + (inset * (np.array([1, 0.3]) if direction == "column" else np.array([0.3, 1])) if short else inset)
        canvas.mark(_moved(shrunk, placed), COLUMN if direction == "column" else ROW, number, cap)
    return True


def _ink(canvas: _Canvas, centre: NDArray[np.float64]) -> float:
    """A brightness that can be told from what is there."""
    rng = canvas.rng
    x, y = np.clip(centre, 0, SIDE - 1).astype(int)
    there = float(np.median(canvas.picture[max(0, y - 12) : y + 13, max(0, x - 30) : x + 31]))
    apart = rng.uniform(0.15, 0.7)
    return float(np.clip(there + apart if there < rng.uniform(0.25, 0.75) else there - apart, 0.0, 1.0))


def _box_block(canvas: _Canvas) -> None:
    """A number with the size code and some weights below it, as on doors; in one row, in two, or down a column."""
    rng = canvas.rng
    cap = float(np.exp(rng.uniform(np.log(LEAST_CAP), np.log(LARGEST_CAP))))
    centre = rng.uniform(0.05 * SIDE, 0.95 * SIDE, 2)
    frame = _frame(rng, cap, centre)
    ink, panel = _ink(canvas, centre), None
    column = rng.random() < 0.45
    if rng.random() < (0.3 if column else 0.12):
        panel, ink = levels(rng)
    if column:
        _line(canvas, container_row(rng), frame, ink, "column", True, False, panel=panel)
        return
    if not _line(canvas, container_row(rng), frame, ink, "row", True, False, panel=panel):
        return
    below = 0.0
    for i in range(int(rng.integers(0, 9))):
        scale = 1.0 if i == 0 else float(rng.uniform(0.35, 0.7))
        below += CAP * (
            rng.uniform(1.5, 1.9) if i == 0 else scale * rng.uniform(1.4, 2.2) + (CAP * 0.01 if i > 1 else rng.uniform(0, 1.5))
        )
        here = frame.copy()
        here[:, 2] += frame[:, :2] @ np.array([rng.uniform(-1, 3) * CAP, below])
        text = container_row(rng) if i == 0 else marking(rng)
        _line(canvas, text, here, ink, "row", i == 0, False, scale=scale)


def _plate(canvas: _Canvas, close_up: bool = False) -> None:
    """A sheet with its lettering, its bolts, and the small print above and below. In a close-up it fills the picture."""
    rng = canvas.rng
    least = LARGEST_PLATE / 3 if close_up else LEAST_CAP
    cap = float(np.exp(rng.uniform(np.log(least), np.log(LARGEST_PLATE))))
    edge = 0.4 if close_up else 0.05
    centre = rng.uniform(edge * SIDE, (1 - edge) * SIDE, 2)
    frame = _frame(rng, cap, centre, aslant=0.5)
    text = plate(rng)
    tall, wide = CAP * rng.uniform(1.35, 2.2), CAP * (0.55 * len(text) + rng.uniform(0.3, 1.2))
    room = _moved(_rectangle(-wide / 2, -tall / 2, wide / 2, tall / 2), frame)
    if not canvas.free(room):
        return
    ground, ink = levels(rng)
    sheet = np.ones((max(2, round(tall)), max(2, round(wide))), dtype=np.float32)
    shift = CAP * rng.uniform(-0.12, 0.06)  # the lettering stands a little below the sheet's middle
    _put_at(canvas, sheet, frame, (-wide / 2, -tall / 2 + shift), ground)
    for _ in range(int(rng.integers(0, 3))):
        _small_print(canvas, frame, tall, wide, shift, ink)
    if rng.random() < 0.6:
        _bolts(canvas, frame, tall, wide, shift)
    _line(canvas, text, frame, ink, "row", True, True)


def _put_at(canvas: _Canvas, mask: Grain, frame: NDArray[np.float64], corner: tuple[float, float], ink: float) -> None:
    at = frame.copy()
    at[:, 2] += frame[:, :2] @ np.array(corner)
    canvas.put(mask, at, ink)


def _bolts(canvas: _Canvas, frame: NDArray[np.float64], tall: float, wide: float, shift: float) -> None:
    """Two heads or slots, near the upper or the lower edge, that may touch the lettering."""
    rng = canvas.rng
    size = max(3, round(CAP * rng.uniform(0.1, 0.3)))
    mask = np.zeros((size, round(size * rng.uniform(1, 2.5))), dtype=np.float32)
    cv2.ellipse(mask, (mask.shape[1] // 2, size // 2), (mask.shape[1] // 2, size // 2), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    down = (-tall / 2 if rng.random() < 0.7 else tall / 2 - 1.3 * size) + CAP * 0.05 + shift
    aside, shade = wide * rng.uniform(0.18, 0.36), float(rng.uniform(0, 1))
    for across in (-aside, aside):
        _put_at(canvas, mask, frame, (across - mask.shape[1] / 2, down), shade)


def _small_print(canvas: _Canvas, frame: NDArray[np.float64], tall: float, wide: float, shift: float, ink: float) -> None:
    """The town above the lettering, a dealer's name below it, a sticker in a corner: nothing that is asked for."""
    rng = canvas.rng
    size = CAP * rng.uniform(0.16, 0.36)
    mask = _ideographs(rng, int(rng.integers(2, 9)), size)
    above = bool(rng.random() < 0.6)
    down = (-tall / 2 if above else tall / 2 - size) + CAP * rng.uniform(-0.02, 0.06) + shift
    across = rng.uniform(-wide / 2, max(-wide / 2, wide / 2 - mask.shape[1]))
    _put_at(canvas, mask, frame, (across, down), ink if rng.random() < 0.7 else float(rng.uniform(0, 1)))


def _ideographs(rng: Generator, count: int, size: float, column: bool = False) -> Grain:
    """Characters of a script that numbers are not written in, as bundles of strokes in squares."""
    side = max(6, round(size))
    signs = []
    for _ in range(count):
        sign = np.zeros((side, side), dtype=np.float32)
        thick = max(1, round(side * rng.uniform(0.05, 0.14)))
        for _ in range(int(rng.integers(4, 11))):
            start = rng.uniform(0.06, 0.94, 2) * side
            kind, reach = rng.random(), rng.uniform(0.3, 0.9) * side
            way = (reach, 0.0) if kind < 0.45 else (0.0, reach) if kind < 0.75 else (rng.normal(0, 0.4) * reach, 0.7 * reach)
            cv2.line(sign, _point(start), _point(np.clip(start + np.array(way), 0, side - 1)), 1.0, thick, cv2.LINE_AA)
        signs.append(np.pad(sign, max(1, side // 12)))
    return np.concatenate(signs, axis=0 if column else 1)


def _signs(canvas: _Canvas) -> None:
    """What a haulier paints on his truck and a shop over its door, in another script: not to be found."""
    rng = canvas.rng
    centre = rng.uniform(0, SIDE, 2)
    mask = _ideographs(rng, int(rng.integers(1, 9)), CAP, column=bool(rng.random() < 0.3))
    frame = _frame(rng, float(np.exp(rng.uniform(np.log(LEAST_CAP), np.log(3 * LARGEST_CAP)))), centre)
    room = _moved(_rectangle(-mask.shape[1] / 2, -mask.shape[0] / 2, mask.shape[1] / 2, mask.shape[0] / 2), frame)
    if canvas.free(room):
        _put_at(canvas, mask, frame, (-mask.shape[1] / 2, -mask.shape[0] / 2), _ink(canvas, centre))
        canvas.take(room)


def _words(canvas: _Canvas) -> None:
    """Lettering that is no number: names, weights, signs, and rows of digits such as a telephone number."""
    rng = canvas.rng
    cap = float(np.exp(rng.uniform(np.log(LEAST_CAP), np.log(2 * LARGEST_CAP))))
    centre = rng.uniform(0, SIDE, 2)
    text = marking(rng) if rng.random() < 0.85 else "".join(DIGITS[i] for i in rng.integers(0, 10, 9))
    direction: Direction = "column" if rng.random() < 0.12 else "row"
    _line(canvas, text, _frame(rng, cap, centre), _ink(canvas, centre), direction, False, False)


def render(rng: Generator) -> Scene:
    """One picture with its maps."""
    canvas = _filled(rng)
    return Scene(_seen(canvas.picture, rng), canvas.maps, canvas.counted)


def rows(rng: Generator) -> tuple[Grey, list[Row]]:
    """One picture with the corners of its rows."""
    canvas = _filled(rng)
    return _seen(canvas.picture, rng), canvas.rows


def _filled(rng: Generator) -> _Canvas:
    canvas = _Canvas(rng)
    kind = rng.random()
    if kind < 0.15:
        _plate(canvas, close_up=True)
    elif kind < 0.95:
        for _ in range(int(rng.integers(1, 5))):
            _box_block(canvas)
        for _ in range(int(rng.integers(0, 5))):
            _plate(canvas)
        for _ in range(int(rng.integers(0, 5))):
            _words(canvas)
        for _ in range(int(rng.integers(0, 3))):
            _signs(canvas)
    return canvas


def _seen(picture: Grain, rng: Generator) -> Grey:
    """Light, lens, sensor and compression."""
    if rng.random() < 0.5:
        slope = np.linspace(rng.uniform(0.3, 1.3), rng.uniform(0.3, 1.3), SIDE, dtype=np.float32)
        picture = picture * (slope[None, :] if rng.random() < 0.5 else slope[:, None])
    if rng.random() < 0.35:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.3)).astype(np.float32)
    exposure = rng.uniform(0.1, 0.5) if rng.random() < 0.25 else rng.uniform(0.7, 1.3)
    view = np.clip(picture * exposure, 0, 1) ** rng.uniform(0.7, 1.5)
    view = view + rng.standard_normal(view.shape, dtype=np.float32) * rng.uniform(0.0, 0.03)
    grey = (np.clip(view, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.4:
        _, packed = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 95))])
        grey = cast(Grey, cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE))
    return grey
