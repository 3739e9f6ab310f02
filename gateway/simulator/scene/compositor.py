"""Putting flat panels into a frame: perspective, hidden faces, near cut-off, antialiasing by halved textures."""

from dataclasses import dataclass
from math import cos, log2, sin
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.simulator.scene.camera import NEAR, Camera
from gateway.simulator.scene.motion import Place
from gateway.simulator.scene.pixels import Picture, as_picture
from gateway.simulator.scene.rig import Panel, Rig

_LARGEST: Final = 30000.0  # pixels; corners further out than this come from grazing views and are not worth drawing


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of the frame, pixels; the far edges are outside."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def empty(self) -> bool:
        return self.x0 >= self.x1 or self.y0 >= self.y1

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def joined(self, other: "Area") -> "Area":
        if self.empty:
            return other
        return Area(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def grown(self, by: int, size: tuple[int, int]) -> "Area":
        return Area(max(0, self.x0 - by), max(0, self.y0 - by), min(size[0], self.x1 + by), min(size[1], self.y1 + by))


NOWHERE: Final = Area(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Pose:
    """How truck coordinates become world coordinates: turned by the heading about the reference point, then moved."""

    place: Place
    reference: float  # z of the truck's point that stands at the world's origin when it has stopped

    def points(self, local: NDArray[np.float64]) -> NDArray[np.float64]:
        turned = self.directions(local - np.array((0.0, 0.0, self.reference)))
        return np.asarray(turned + np.array((self.place.x, 0.0, self.place.z)))

    def directions(self, local: NDArray[np.float64]) -> NDArray[np.float64]:
        s, c = sin(self.place.heading), cos(self.place.heading)
        x, y, z = local[..., 0], local[..., 1], local[..., 2]
        return np.stack([x * c + z * s, y, z * c - x * s], axis=-1)


def draw_rig(frame: Picture, camera: Camera, rig: Rig, pose: Pose) -> Area:
    """Paint all panels that face the camera, the furthest part first; gives the part of the frame that changed."""
    changed = NOWHERE
    for panel in _ordered(rig, camera, pose):
        changed = changed.joined(draw_panel(frame, camera, panel, pose))
    return changed


def _ordered(rig: Rig, camera: Camera, pose: Pose) -> list[Panel]:
    facing = [panel for panel in rig.panels if _faces(panel, camera, pose)]
    distance = {}
    for part in {panel.part for panel in rig.panels}:
        depths = [_distance(panel, camera, pose) for panel in rig.panels if panel.part == part]
        distance[part] = min(depths) if part else max(99.0, *depths)  # the chassis lies below everything: first
    return sorted(facing, key=lambda panel: -distance[panel.part])


def _faces(panel: Panel, camera: Camera, pose: Pose) -> bool:
    corner = pose.points(panel.corner)
    return float(np.dot(pose.directions(panel.normal), np.array(camera.position) - corner)) > 0


def _distance(panel: Panel, camera: Camera, pose: Pose) -> float:
    middle = pose.points(panel.corner + (panel.across + panel.down) / 2)
    return float(np.linalg.norm(middle - camera.position))


def _before_lens(camera: Camera, corner: NDArray[np.float64], across: NDArray[np.float64]) -> tuple[float, float] | None:
    """Which share of a panel's width lies before the lens; None when nothing does. Panels hang upright or lie flat."""
    start, end = float(camera.depths(corner)), float(camera.depths(corner + across))
    if start < NEAR and end < NEAR:
        return None
    if start >= NEAR and end >= NEAR:
        return 0.0, 1.0
    cut = (NEAR - start) / (end - start)
    return (cut, 1.0) if start < NEAR else (0.0, cut)


def draw_panel(frame: Picture, camera: Camera, panel: Panel, pose: Pose) -> Area:
    corner, across, down = pose.points(panel.corner), pose.directions(panel.across), pose.directions(panel.down)
    # The lower edge is nearer to or further from the lens than the upper one: keep the share that both have.
    shares = [_before_lens(camera, edge, across) for edge in (corner, corner + down)]
    if shares[0] is None or shares[1] is None:
        return NOWHERE
    first, last = max(shares[0][0], shares[1][0]), min(shares[0][1], shares[1][1])
    if last - first < 1e-3:
        return NOWHERE
    edge = corner + first * across
    kept = (last - first) * across
    corners = camera.project(np.stack([edge, edge + kept, edge + kept + down, edge + down]))
    if np.abs(corners).max() > _LARGEST:
        return NOWHERE
    texture = _texture(panel, corners, last - first)
    width = texture.shape[1]
    return _warp(frame, texture[:, int(first * width) : max(int(first * width) + 2, int(last * width))], corners)


def _texture(panel: Panel, corners: NDArray[np.float64], share: float) -> Picture:
    """The copy whose pixels are about as large as the frame's where the panel is seen largest."""
    edges = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    scale = max(
        float(max(edges[0], edges[2])) / (panel.levels[0].shape[1] * share),
        float(max(edges[1], edges[3])) / panel.levels[0].shape[0],
    )
    level = int(max(0.0, -log2(max(scale, 1e-6)) + 0.25))
    return panel.levels[min(level, len(panel.levels) - 1)]


def _warp(frame: Picture, texture: Picture, corners: NDArray[np.float64]) -> Area:
    low, high = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int) + 1
    area = Area(max(0, int(low[0])), max(0, int(low[1])), min(frame.shape[1], int(high[0])), min(frame.shape[0], int(high[1])))
    if area.empty:
        return NOWHERE
    height, width = texture.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32) - np.float32(0.5)
    target = (corners - (area.x0, area.y0)).astype(np.float32) - np.float32(0.5)
    matrix = cv2.getPerspectiveTransform(source, target)
    size = (area.x1 - area.x0, area.y1 - area.y0)
    part = frame[area.slices]
    if texture.shape[2] == 3:
        cv2.warpPerspective(texture, matrix, size, dst=part, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
    else:
        _blend(part, as_picture(cv2.warpPerspective(texture, matrix, size, flags=cv2.INTER_LINEAR)))
    return area


def _blend(part: Picture, layer: Picture) -> None:
    """Lay a premultiplied layer over a part of the frame, in place."""
    through = cv2.bitwise_not(layer[:, :, 3])
    kept = cv2.multiply(part, cv2.merge([through, through, through]), scale=1 / 255)
    cv2.add(kept, layer[:, :, :3], dst=part)
