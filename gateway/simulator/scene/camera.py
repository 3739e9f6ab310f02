"""The cameras of a simulated lane: where they stand, and where a point of the world lands in their frame.

World, metres: x to the truck's right, y up, z the way it drives. The origin is on the ground in the middle of the lane, under
what the view is about when the truck stands at its stop: the bumper (front), the rear end (rear), the rear end again (side).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.simulator.scene.looks import View

Vector = NDArray[np.float64]
DESIGN_WIDTH: Final = 1280  # the focal lengths below are for frames of this width, pixels
NEAR: Final = 0.35  # metres before the lens; nearer things are cut off


@lru_cache(maxsize=32)
def _axes(position: tuple[float, float, float], target: tuple[float, float, float]) -> NDArray[np.float64]:
    forward = np.subtract(target, position)
    forward = forward / np.linalg.norm(forward)
    right = np.cross((0.0, 1.0, 0.0), forward)
    right /= np.linalg.norm(right)
    return np.stack([right, -np.cross(forward, right), forward])


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera. `focal` in pixels of the frame; `size` width and height of the frame, pixels."""

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    focal: float
    size: tuple[int, int]

    @property
    def axes(self) -> NDArray[np.float64]:
        """Rows: the camera's right, down and forward directions."""
        return _axes(self.position, self.target)

    def depths(self, points: Vector) -> Vector:
        """How far before the lens each point (rows) lies, metres."""
        return np.asarray((points - self.position) @ self.axes[2])

    def project(self, points: Vector) -> Vector:
        """Pixel coordinates of points (rows). Only for points before the lens."""
        seen = (points - self.position) @ self.axes.T
        centre = np.array(self.size) / 2
        return np.asarray(centre + self.focal * seen[:, :2] / seen[:, 2:])

    def rays(self) -> NDArray[np.float64]:
        """The world direction of every pixel: height × width × 3."""
        width, height = self.size
        x, y = np.meshgrid(np.arange(width) + 0.5 - width / 2, np.arange(height) + 0.5 - height / 2)
        return np.stack([x / self.focal, y / self.focal, np.ones_like(x)], axis=-1) @ self.axes


# position, target, focal length at DESIGN_WIDTH. Chosen so that at the stop the number on the doors is at least 30 pixels
# high and the tractor's plate at least 25: a plate at 0.95 m and a high box's number at 3.75 m must share 720 lines.
_PLACES: Final[dict[View, tuple[tuple[float, float, float], tuple[float, float, float], float]]] = {
    View.FRONT: ((-1.7, 2.75, 6.6), (-0.12, 2.27, 0.0), 1880.0),
    View.REAR: ((1.6, 3.6, -4.6), (0.15, 2.405, 0.0), 1262.0),
    View.SIDE: ((-5.3, 2.8, 0.2), (-1.2, 2.73, 1.55), 1110.0),
}


def camera_for(view: View, size: tuple[int, int]) -> Camera:
    position, target, focal = _PLACES[view]
    return Camera(position, target, focal * size[0] / DESIGN_WIDTH, size)
