"""Where light falls in the frame: gantry shadows by day, floodlights and glare by night, the lens's own falloff."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from gateway.simulator.scene import chassis, tractor
from gateway.simulator.scene.camera import NEAR, Camera
from gateway.simulator.scene.compositor import Pose
from gateway.simulator.scene.daylight import Daylight
from gateway.simulator.scene.looks import Colour, Light, View
from gateway.simulator.scene.pixels import Grain, Picture, as_grain, as_picture, bgr, fractal

_UNIT: Final = 128  # the gain map holds factors in steps of 1/128: 0 to almost 2


def gain_map(size: tuple[int, int], light: Light, look: Daylight, rng: np.random.Generator) -> Picture:
    """One factor a pixel and colour, in 1/128: what a frame is multiplied by."""
    width, height = size
    level = _vignette(width, height) * np.float32(look.level)
    if light is Light.DAY:
        level *= _gantry_shadow(width, height, rng)
    if light is Light.NIGHT:
        level *= _floodlight(width, height, rng)
    tint = as_grain(bgr(look.tint)) / 255
    return as_picture(np.clip(level[..., None] * tint * _UNIT, 0, 255))


def apply_gain(frame: Picture, gain: Picture) -> Picture:
    return as_picture(cv2.multiply(frame, gain, dst=frame, scale=1 / _UNIT))


def _vignette(width: int, height: int) -> Grain:
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return as_grain(1 - 0.20 * (0.6 * np.square(x) + 0.4 * np.square(y)))


def _gantry_shadow(width: int, height: int, rng: np.random.Generator) -> Grain:
    """A beam or two and a lamp post between the sun and the lane."""
    shadow = np.ones((height, width), dtype=np.float32)
    if rng.random() < 0.35:
        return shadow
    for _ in range(int(rng.integers(1, 3))):
        start, drop = float(rng.uniform(0.25, 0.95)) * height, float(rng.uniform(-0.25, 0.25)) * height
        depth = 1 - float(rng.uniform(0.25, 0.45))
        cv2.line(shadow, (0, int(start)), (width, int(start + drop)), depth, int(height * rng.uniform(0.03, 0.09)))
    return as_grain(cv2.GaussianBlur(shadow, (0, 0), height / 240))


def _floodlight(width: int, height: int, rng: np.random.Generator) -> Grain:
    """A pool of light where the camera looks, darkness around it."""
    cx, cy = float(rng.uniform(-0.25, 0.25)), float(rng.uniform(-0.35, 0.1))
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    pool = np.exp(-np.square((x - cx) / 1.05) - np.square((y - cy) / 1.25))
    return as_grain(0.30 + 0.95 * pool * (0.85 + 0.3 * fractal(rng, height, width, width / 3, 2)))


@dataclass(frozen=True, slots=True)
class _Lamp:
    """A lit lamp on the truck: where (truck coordinates, metres), its colour, and how far its glare reaches (metres)."""

    position: tuple[float, float, float]
    colour: Colour
    glare: float


def _lamps(view: View, front: float) -> tuple[_Lamp, ...]:
    if view is View.FRONT:
        return tuple(
            _Lamp((x, tractor.LAMP_Y, front), (255, 244, 214), 0.62) for x in (-tractor.LAMP_X + 0.06, tractor.LAMP_X - 0.06)
        )
    if view is View.REAR:
        return tuple(_Lamp((x, chassis.LAMP_Y, -0.06), (255, 40, 30), 0.30) for x in (-chassis.LAMP_X, chassis.LAMP_X))
    return ()


def _glare(radius: int) -> Grain:
    """A bright core, a soft halo, and a faint star of the lens."""
    y, x = np.ogrid[-1 : 1 : (2 * radius + 1) * 1j, -1 : 1 : (2 * radius + 1) * 1j]
    r = np.sqrt(np.square(x) + np.square(y))
    star = np.exp(-np.abs(x * y) * 90) * np.clip(1 - r, 0, 1) ** 2 * 0.35
    return as_grain(
        np.clip(np.exp(-np.square(r / 0.10)) + 0.5 * np.exp(-r / 0.16) + star - 0.02, 0, 1) * np.clip((1 - r) * 4, 0, 1)
    )


def add_glare(frame: Picture, camera: Camera, view: View, pose: Pose, front: float) -> None:
    """The truck's own lamps, added onto the frame."""
    for lamp in _lamps(view, front):
        point = pose.points(np.array(lamp.position))[None, :]
        depth = float(camera.depths(point)[0])
        if depth < NEAR * 4:
            continue
        x, y = camera.project(point)[0]
        radius = int(min(400, lamp.glare * camera.focal / depth))
        if radius >= 2:
            _add(frame, _glare(radius), int(x) - radius, int(y) - radius, lamp.colour)


def _add(frame: Picture, glow: Grain, left: int, top: int, colour: Colour) -> None:
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(frame.shape[1], left + glow.shape[1]), min(frame.shape[0], top + glow.shape[0])
    if x0 < x1 and y0 < y1:
        part = glow[y0 - top : y1 - top, x0 - left : x1 - left, None] * as_grain(bgr(colour))
        area = frame[y0:y1, x0:x1]
        cv2.add(area, as_picture(part), dst=area)
