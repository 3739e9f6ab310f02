"""The shadow that a truck throws on the road: dark and close under it, soft at its edges."""

from typing import Final

import cv2
import numpy as np

from gateway.simulator.scene.camera import NEAR, Camera
from gateway.simulator.scene.compositor import Pose
from gateway.simulator.scene.looks import Light
from gateway.simulator.scene.pixels import Picture, as_picture
from gateway.simulator.scene.rig import Rig

_SHRINK: Final = 8  # the shadow is drawn this much smaller than the frame
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
    height, width = frame.shape[0] // _SHRINK, frame.shape[1] // _SHRINK
    hull = cv2.convexHull(np.clip(camera.project(seen) / _SHRINK, -4000, 4000).astype(np.int32))
    mask = np.zeros((height, width), dtype=np.uint8)
    cv2.fillConvexPoly(mask, hull, round(255 * _DEPTH[light]))
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return
    soft = cv2.resize(cv2.blur(mask, (5, 5)), (frame.shape[1], frame.shape[0]), interpolation=cv2.INTER_LINEAR)
    top = max(0, (int(rows[0]) - 3) * _SHRINK)
    through = as_picture(cv2.bitwise_not(soft[top:]))
    part = frame[top:]
    cv2.multiply(part, cv2.merge([through, through, through]), dst=part, scale=1 / 255)


def _outline(rig: Rig, left: float, right: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The truck's footprint, with points along its length so that a part before the lens survives."""
    along = np.linspace(0.0, rig.length, 9)
    rows = [(x, 0.0, float(z)) for z in along for x in (left, right)]
    return np.array(rows, dtype=np.float64)
