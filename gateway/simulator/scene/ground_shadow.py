"""The shadow that a truck throws on the road: dark and close under it, soft at its edges."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.simulator.scene.camera import NEAR, Camera
from gateway.simulator.scene.compositor import Area, Pose
from gateway.simulator.scene.looks import Light
from gateway.simulator.scene.pixels import Picture
from gateway.simulator.scene.rig import Rig

_SHRINK: Final = 8  # the shadow is drawn this much smaller than the frame
_SOFT: Final = 24  # pixels that the shadow's soft edge reaches beyond its outline
_DEPTH: Final[dict[Light, float]] = {Light.DAY: 0.62, Light.DUSK: 0.45, Light.NIGHT: 0.55, Light.RAIN: 0.5}
_SUN_SIDE: Final = 1.3  # metres that the sun's shadow reaches beside the truck


def cast(frame: Picture, camera: Camera, rig: Rig, pose: Pose, light: Light) -> None:
    """Darken the road under and beside the truck, in place."""
    aside = _SUN_SIDE if light is Light.DAY else 0.25
    outline = _outline(rig, -rig.width / 2 - 0.1, rig.width / 2 + aside)
    points = pose.points(outline)
    seen = points[camera.depths(points) > NEAR]
    if len(seen) < 3:
        return
    corners = np.clip(camera.project(seen), -4000, 4000)
    low, high = corners.min(axis=0) - _SOFT, corners.max(axis=0) + _SOFT
    area = Area(max(0, int(low[0])), max(0, int(low[1])), min(frame.shape[1], int(high[0])), min(frame.shape[0], int(high[1])))
    if not area.empty:
        hull = np.asarray(cv2.convexHull(((corners - (area.x0, area.y0)) / _SHRINK).astype(np.int32)), dtype=np.int32)
        _darken(frame[area.slices], hull, round(255 * _DEPTH[light]))


def _darken(part: Picture, hull: NDArray[np.int32], depth: int) -> None:
    height, width = part.shape[:2]
    mask = np.zeros((height // _SHRINK + 1, width // _SHRINK + 1), dtype=np.uint8)
    cv2.fillConvexPoly(mask, hull, depth)
    soft = cv2.resize(cv2.blur(mask, (5, 5), borderType=cv2.BORDER_REPLICATE), (width, height), interpolation=cv2.INTER_LINEAR)
    through = cv2.bitwise_not(soft)
    cv2.multiply(part, cv2.merge([through, through, through]), dst=part, scale=1 / 255)


def _outline(rig: Rig, left: float, right: float) -> NDArray[np.float64]:
    """The truck's footprint, with points along its length so that a part before the lens survives."""
    along = np.linspace(0.0, rig.length, 9)
    rows = [(x, 0.0, float(z)) for z in along for x in (left, right)]
    return np.array(rows, dtype=np.float64)
