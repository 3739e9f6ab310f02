"""A truck as flat panels in space: which surfaces a view can see, where they hang, and in which order they are painted.

Truck coordinates, metres: x to its right, y up, z forward, z = 0 at the trailer's rear end (a lone tractor's rear end).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.simulator.scene import chassis, tractor, walls
from gateway.simulator.scene.canvas import Canvas
from gateway.simulator.scene.daylight import Daylight
from gateway.simulator.scene.looks import TruckLook, View
from gateway.simulator.scene.pixels import Grain, Picture, as_picture, muted

EMPTY_LENGTH: Final = 12.4  # an empty 40-foot chassis
_GAP: Final = 0.076  # between two 20-foot boxes
_BEHIND_CAB: Final = 0.42
_TRACTOR_TAIL: Final = 1.3  # how far a lone tractor's frame reaches behind its cab
# Pixels a metre for frames 1280 pixels wide: a little finer than a truck is ever seen at its stop.
_PPM: Final[dict[View, float]] = {View.FRONT: 320.0, View.REAR: 340.0, View.SIDE: 270.0}
_ASLANT_PPM: Final = 130.0  # long sides that a view sees only at a flat angle
_DULL: Final = 0.2  # how far paint's colours are drawn towards grey
_SMALLEST: Final = 24  # pixels: no smaller copy of a texture is worth keeping


@dataclass(frozen=True, slots=True)
class Panel:
    """A texture on a rectangle: its top left corner, the way along its width and down its height (metres, with their length).

    `levels`: the texture and ever halved copies of it, for when it is seen small. A fourth channel is its alpha, premultiplied.
    """

    levels: tuple[Picture, ...]
    corner: NDArray[np.float64]
    across: NDArray[np.float64]
    down: NDArray[np.float64]
    part: int  # panels of one part never cover each other

    @property
    def normal(self) -> NDArray[np.float64]:
        """Which way it looks. Written out: numpy's own cross product takes ten times as long for three numbers."""
        (a, b, c), (d, e, f) = self.across, self.down
        return np.array((b * f - c * e, c * d - a * f, a * e - b * d))


@dataclass(frozen=True, slots=True)
class Rig:
    """All panels of one truck that one view can ever see, and its measures."""

    panels: tuple[Panel, ...]
    length: float  # from the rear end to the bumper
    width: float


def _levels(picture: Picture) -> tuple[Picture, ...]:
    found = [np.ascontiguousarray(picture)]
    while min(found[-1].shape[:2]) > 2 * _SMALLEST:
        found.append(as_picture(cv2.resize(found[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)))
    return tuple(found)


def _with_alpha(picture: Picture, alpha: Grain | None) -> Picture:
    seen = muted(picture, _DULL)
    if alpha is None:
        return seen
    premultiplied = seen * alpha[..., None]
    return as_picture(np.dstack([premultiplied, alpha * 255]) + 0.5)


_Axis = tuple[int, int, int]


def _panel(canvas: Canvas, corner: tuple[float, float, float], ways: tuple[_Axis, _Axis], part: int) -> Panel:
    """Hang a canvas up by its top left corner. `ways`: the directions along its width and down its height."""
    return Panel(
        _levels(_with_alpha(canvas.picture, canvas.alpha)),
        np.array(corner, dtype=np.float64),
        np.array(ways[0]) * canvas.width,
        np.array(ways[1]) * canvas.height,
        part,
    )


_RIGHT, _LEFT, _AHEAD, _ASTERN, _DOWN = (1, 0, 0), (-1, 0, 0), (0, 0, 1), (0, 0, -1), (0, -1, 0)


class _Builder:
    """Hangs the canvases of one truck in their places."""

    def __init__(self, truck: TruckLook, view: View, light: Daylight, detail: float) -> None:
        self._truck, self._view, self._light = truck, view, light
        self._ppm, self._detail = _PPM[view] * detail, detail

    @property
    def _bed(self) -> float:
        """Length of what is loaded, or of the empty chassis."""
        if not self._truck.has_trailer:
            return _TRACTOR_TAIL - _BEHIND_CAB
        loaded = sum(walls.LENGTHS[box.length_ft] for box in self._truck.boxes) + _GAP * (len(self._truck.boxes) - 1)
        return loaded if self._truck.boxes else EMPTY_LENGTH

    def rig(self) -> Rig:
        front = self._bed + _BEHIND_CAB + tractor.CAB_DEPTH
        return Rig(tuple(self._panels(front)), front, walls.WIDTH)

    def _panels(self, front: float) -> Iterator[Panel]:
        if self._truck.has_trailer:
            yield from self._trailer()
        yield from self._boxes()
        yield from self._tractor(front)

    def _trailer(self) -> Iterator[Panel]:
        half, bed, low = chassis.WIDTH / 2, self._bed, self._ppm / 2
        for side in self._sides():
            canvas = chassis.flank(self._truck, bed + 0.05, low, mirrored=side > 0)
            yield self._flank(canvas, side, (half - 0.02, chassis.DECK), (-0.05, bed), 0)
        if not self._truck.boxes:
            canvas = chassis.ladder(self._truck, bed, low)
            yield _panel(canvas, (-half, chassis.DECK, bed), (_RIGHT, _ASTERN), 0)
        if self._view is not View.FRONT:
            yield _panel(chassis.tail(self._truck, self._ppm * 1.5), (-half, chassis.DECK, -0.06), (_RIGHT, _DOWN), 0)

    def _boxes(self) -> Iterator[Panel]:
        rear, half = 0.0, walls.WIDTH / 2
        for index, box in enumerate(self._truck.boxes):
            top, length = chassis.DECK + walls.height(box), walls.LENGTHS[box.length_ft]
            last = index == len(self._truck.boxes) - 1
            for side in self._sides():
                name = "right" if side > 0 else "left"
                canvas = self._flat(walls.side_wall(box, name, self._light, self._side_ppm), length, walls.height(box))
                yield self._flank(canvas, side, (half, top), (rear, rear + length), index + 1)
            if index == 0 and self._view is not View.FRONT:
                canvas = self._flat(walls.doors(box, self._truck.seals, self._light, self._ppm), walls.WIDTH, walls.height(box))
                yield _panel(canvas, (-half, top, rear), (_RIGHT, _DOWN), index + 1)
            if last and self._view is not View.REAR:
                canvas = self._flat(walls.front_wall(box, self._light, self._ppm), walls.WIDTH, walls.height(box))
                yield _panel(canvas, (half, top, rear + length), (_LEFT, _DOWN), index + 1)
            rear += length + _GAP

    def _tractor(self, front: float) -> Iterator[Panel]:
        half, low, part = tractor.CAB_WIDTH / 2, self._ppm / 2, 9
        for side in self._sides():
            canvas = tractor.side(self._truck, low, mirrored=side > 0)
            yield self._flank(canvas, side, (half, tractor.ROOF), (front - canvas.width, front), part)
        if self._view is not View.FRONT:
            back = tractor.back(self._truck, self._ppm)
            yield _panel(back, (-half, tractor.ROOF, front - tractor.CAB_DEPTH), (_RIGHT, _DOWN), part)
        if self._view is not View.REAR:
            wide = tractor.FRONT_WIDTH / 2
            yield _panel(tractor.front(self._truck, self._ppm), (wide, tractor.ROOF, front), (_LEFT, _DOWN), part)

    @property
    def _side_ppm(self) -> float:
        return self._ppm if self._view is View.SIDE else _ASLANT_PPM * self._detail

    def _sides(self) -> tuple[int, ...]:
        """The camera before and the one at the side stand to the left, the one behind to the right."""
        return (1,) if self._view is View.REAR else (-1,)

    @staticmethod
    def _flat(picture: Picture, width: float, height: float) -> Canvas:
        canvas = Canvas(width, height, 1.0)
        canvas.picture = picture
        return canvas

    @staticmethod
    def _flank(canvas: Canvas, side: int, corner: tuple[float, float], ends: tuple[float, float], part: int) -> Panel:
        """A panel along the truck. `corner`: half the width and the height of its top; `ends`: z of its rear and front end."""
        (half, top), (rear, front) = corner, ends
        if side > 0:
            return _panel(canvas, (half, top, rear), (_AHEAD, _DOWN), part)
        return _panel(canvas, (-half, top, front), (_ASTERN, _DOWN), part)


def build(truck: TruckLook, view: View, light: Daylight, detail: float) -> Rig:
    """Paint every panel that this view can see: some tenths of a second, so keep the result.

    `detail`: how fine, 1 for frames 1280 pixels wide.
    """
    return _Builder(truck, view, light, detail).rig()
