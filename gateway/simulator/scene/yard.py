"""The place where the gate stands: concrete with joints and tyre marks, island, booth, bollards, stacks, sky. Painted once."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.simulator.scene import relief
from gateway.simulator.scene.camera import Camera
from gateway.simulator.scene.canvas import Canvas
from gateway.simulator.scene.compositor import Pose, draw_panel
from gateway.simulator.scene.daylight import Daylight
from gateway.simulator.scene.looks import Colour, Light, View
from gateway.simulator.scene.motion import Place
from gateway.simulator.scene.pixels import Grain, Picture, as_grain, as_picture, bgr, fractal, muted
from gateway.simulator.scene.rig import Panel

_CONCRETE: Final[Colour] = (158, 152, 140)
_STEEL: Final[tuple[Colour, ...]] = ((120, 48, 40), (36, 62, 110), (168, 170, 168), (30, 90, 70), (180, 110, 40), (70, 84, 100))
_STAND_STILL: Final = Pose(Place(0.0, 0.0, 0.0, 0.0), 0.0)
_AHEAD: Final[dict[View, float]] = {View.FRONT: -1.0, View.REAR: 1.0, View.SIDE: 0.0}  # which way the camera looks along z


@dataclass(frozen=True, slots=True)
class _Ground:
    """Where each pixel's ray meets the ground: metres, and the distance; infinite above the horizon."""

    x: NDArray[np.float64]
    z: NDArray[np.float64]
    distance: NDArray[np.float64]


def _ground(camera: Camera) -> _Ground:
    rays = camera.rays()
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.where(rays[..., 1] < -1e-4, -camera.position[1] / rays[..., 1], np.inf)
    far = np.minimum(reach, 1e4)
    return _Ground(
        camera.position[0] + far * rays[..., 0], camera.position[2] + far * rays[..., 2], reach * np.linalg.norm(rays, axis=-1)
    )


def _sky(camera: Camera, look: Daylight) -> NDArray[np.float32]:
    rise = np.clip(camera.rays()[..., 1:2] * 2.2, 0, 1)
    return np.asarray(as_grain(bgr(look.sky_low)) * (1 - rise) + as_grain(bgr(look.sky_top)) * rise, dtype=np.float32)


def _noise_on(ground: _Ground, tile: Grain, metres: float) -> Grain:
    """A noise tile laid out on the ground, `metres` a side."""
    side = tile.shape[0]
    u, v = (np.mod(c / metres, 1.0) * (side - 1) for c in (ground.x, ground.z))
    return as_grain(cv2.remap(tile, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR))


def _concrete(ground: _Ground, rng: np.random.Generator, wet: bool) -> NDArray[np.float32]:
    tile = fractal(rng, 512, 512, 64, 5)
    value = 0.78 + 0.30 * _noise_on(ground, tile, 11.0) + 0.16 * (_noise_on(ground, tile, 1.7) - 0.5)
    softness = 0.02 + 0.004 * ground.distance
    for joint in (np.abs(np.mod(ground.z + 1.3, 5.0) - 2.5), np.abs(np.abs(ground.x) - 2.0)):
        value -= 0.22 * np.exp(-np.square(joint / softness))
    for track in (-0.95, 0.95):
        value -= 0.13 * np.exp(-np.square((ground.x - track) / 0.33)) * (0.5 + _noise_on(ground, tile, 5.0))
    if wet:
        value *= 0.72
    return np.asarray(as_grain(bgr(_CONCRETE)) * value[..., None], dtype=np.float32)


def _markings(picture: NDArray[np.float32], ground: _Ground, tile: Grain) -> None:
    """Lane edges, a stop line, and the hatched nose of the island: worn yellow and white paint."""
    worn = 0.35 + 0.6 * _noise_on(ground, tile, 3.0)
    edge = np.abs(np.abs(ground.x) - 1.85) < 0.07
    hatch = (np.abs(ground.x + 3.0) < 0.8) & (np.mod(ground.z + ground.x, 1.2) < 0.5)
    for mask, colour in ((edge, (206, 206, 198)), (hatch, (204, 164, 50))):
        weight = (mask * worn)[..., None]
        picture[:] = picture * (1 - weight) + as_grain(bgr(colour)) * weight


def _billboard(canvas: Canvas, x: float, z: float, facing: float) -> Panel:
    """An upright panel across the lane, standing on the road; `facing` as the camera looks."""
    across = np.array((facing * canvas.width, 0.0, 0.0)) if facing else np.array((0.0, 0.0, -canvas.width))
    start = np.array((x - across[0] / 2, canvas.height, z - across[2] / 2))
    texture = canvas.picture if canvas.alpha is None else as_picture(np.dstack([canvas.picture, canvas.alpha * 255]))
    return Panel((texture,), start, across, np.array((0.0, -canvas.height, 0.0)), 0)


def _stack(rng: np.random.Generator, along: bool) -> Canvas:
    """A row of stacked boxes far away, too far to read anything."""
    canvas = Canvas(38.0, 2.6 * int(rng.integers(2, 4)), 26.0, (90, 90, 92))
    length, pitch = (12.3, relief.SIDE_PITCH) if along else (2.5, 1.2)
    for level in range(round(canvas.height / 2.6)):
        for start in np.arange(-2.0 * float(rng.random()), canvas.width, length):
            colour = _STEEL[int(rng.integers(len(_STEEL)))]
            canvas.box(float(start), level * 2.6, length - 0.1, 2.55, colour)
            canvas.box(float(start), level * 2.6, length - 0.1, 0.12, (60, 58, 56))
    light = relief.lit(relief.corrugation(canvas.picture.shape[1], 26.0, pitch, 0.036), 26.0, 1.0, 0.8)
    canvas.picture = muted(as_picture(np.clip(canvas.picture * light[None, :, None], 0, 255)), 0.45)
    return canvas


def _booth() -> Canvas:
    canvas = Canvas(1.7, 3.1, 60.0, (150, 144, 134))
    canvas.box(0.15, 0.55, 1.4, 1.15, (40, 52, 58))
    canvas.box(0.2, 0.6, 0.6, 1.05, (84, 104, 116))
    canvas.box(0, 0, 1.7, 0.16, (98, 92, 86))
    canvas.box(0.55, 0.2, 0.6, 0.28, (32, 44, 92))
    canvas.disc(0.85, 0.34, 0.11, (220, 220, 215))
    canvas.box(0, 2.6, 1.7, 0.5, (122, 116, 106))
    return canvas


def _bollard() -> Canvas:
    canvas = Canvas(0.24, 1.05, 70.0, (30, 30, 30))
    for y in np.arange(0.0, 1.05, 0.3):
        canvas.box(0, float(y), 0.24, 0.15, (222, 178, 36))
    canvas.picture = as_picture(canvas.picture * np.sin(np.linspace(0.5, 2.7, canvas.picture.shape[1]))[None, :, None])
    return canvas


def _pole() -> Canvas:
    canvas = Canvas(0.16, 8.0, 40.0, (150, 154, 158))
    canvas.tube(0, 0, 0.16, 8.0, (160, 164, 168))
    return canvas


def _furniture(view: View, rng: np.random.Generator) -> list[Panel]:
    facing = _AHEAD[view]
    if view is View.SIDE:
        stack = _billboard(_stack(rng, along=True), 26.0, 4.0, 0.0)
        return [stack, _billboard(_pole(), 6.0, 3.0, 0.0), *(_billboard(_bollard(), 2.6, z, 0.0) for z in (-3.0, 0.5, 4.5))]
    far, near = facing * 70.0, facing * 11.0
    found = [_billboard(_stack(rng, along=True), x, far, facing) for x in (-30.0, 12.0, 46.0)]
    found += [_billboard(_pole(), x, facing * 30.0, facing) for x in (-9.0, 8.0)]
    found.append(_billboard(_booth(), -3.4, near, facing))
    found += [_billboard(_bollard(), x, facing * z, facing) for z in (12.0, 7.0, 3.0) for x in (2.35, -2.35)]
    return found


def yard(camera: Camera, view: View, light: Light, look: Daylight, rng: np.random.Generator) -> Picture:
    """The empty lane as this camera sees it, before the lamps and the lens."""
    ground = _ground(camera)
    floor = _concrete(ground, rng, wet=light is Light.RAIN)
    _markings(floor, ground, fractal(rng, 256, 256, 40, 4))
    haze = 1 - np.exp(-ground.distance / 160.0)
    sky = _sky(camera, look)
    horizon = as_grain(bgr(look.sky_low)) * np.float32(0.75)
    blended = np.where(np.isfinite(ground.distance)[..., None], floor * (1 - haze[..., None]) + horizon * haze[..., None], sky)
    picture = as_picture(np.clip(blended, 0, 255))
    for panel in _furniture(view, rng):
        draw_panel(picture, camera, panel, _STAND_STILL)
    if light is Light.NIGHT:
        picture = _after_dark(picture, ground)
    return as_picture(cv2.GaussianBlur(picture, (3, 3), 0.8))


def _after_dark(picture: Picture, ground: _Ground) -> Picture:
    """The floodlights reach some thirty metres; what is beyond, or stands up into the sky, is hardly lit."""
    reach = np.where(np.isfinite(ground.distance), 0.15 + 0.85 * np.exp(-np.square(ground.distance / 24.0)), 0.22)
    return as_picture(picture * cv2.GaussianBlur(reach.astype(np.float32), (0, 0), 6)[..., None])
