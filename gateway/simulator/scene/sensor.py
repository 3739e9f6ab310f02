"""The camera's own marks on a picture: motion blur, lens blur, noise; and rain before the lens. Noise is drawn once and shifted."""

from typing import Final

import cv2
import numpy as np

from gateway.simulator.scene.compositor import Area
from gateway.simulator.scene.pixels import Picture, as_picture

_MARGIN: Final = 256  # how much larger than the frame the banks of noise and rain are, pixels
_LEAST_BLUR: Final = 1.0  # pixels: less is hidden by the lens
_MOST_BLUR: Final = 40.0  # pixels


class Sensor:
    """One camera's noise. Equal seeds give equal noise for equal `noise_seed`s."""

    def __init__(self, size: tuple[int, int], hiss: float, raining: bool, rng: np.random.Generator) -> None:
        self._size = size
        width, height = size[0] + _MARGIN, size[1] + _MARGIN
        self._brighter, self._darker = _noise_banks(width, height, hiss, rng)
        self._rain: Picture | None = _rain_bank(width, height, rng) if raining else None

    def expose(self, frame: Picture, noise_seed: int) -> Picture:
        """A copy of the frame with rain and noise."""
        shift = np.random.default_rng(noise_seed & 0xFFFFFFFFFFFFFFFF)
        if self._rain is not None:
            rows, columns = self._window(shift)
            frame = as_picture(cv2.add(frame, self._rain[rows, columns]))
        rows, columns = self._window(shift)
        noisy = cv2.add(frame, self._brighter[rows, columns])
        return as_picture(cv2.subtract(noisy, self._darker[rows, columns], dst=noisy))

    def _window(self, shift: np.random.Generator) -> tuple[slice, slice]:
        x, y = (int(v) for v in shift.integers(0, _MARGIN, 2))
        return slice(y, y + self._size[1]), slice(x, x + self._size[0])


def _noise_banks(width: int, height: int, hiss: float, rng: np.random.Generator) -> tuple[Picture, Picture]:
    """Luminance and colour noise, a little softened as a camera's own processing does: what it adds, and what it takes.

    Two banks because adding bytes to bytes is three times as fast as adding signed ones.
    """
    grey = rng.standard_normal((height, width, 1), dtype=np.float32)
    colour = rng.standard_normal((height, width, 3), dtype=np.float32)
    soft = cv2.GaussianBlur(grey * np.float32(0.8) + colour * np.float32(0.6), (3, 3), 0.6)
    noise = np.round(soft * (hiss / float(soft.std())))
    return as_picture(np.clip(noise, 0, 100)), as_picture(np.clip(-noise, 0, 100))


def _rain_bank(width: int, height: int, rng: np.random.Generator) -> Picture:
    """Streaks of falling drops, near ones long and faint, far ones short."""
    streaks = np.zeros((height, width), dtype=np.uint8)
    slant = float(rng.uniform(-0.18, 0.18))
    for _ in range(int(width * height / 1500)):
        x, y, length = float(rng.uniform(0, width)), float(rng.uniform(-60, height)), float(rng.gamma(2.0, 14.0)) + 6
        end = (int(x + slant * length), int(y + length))
        cv2.line(streaks, (int(x), int(y)), end, int(rng.integers(14, 52)), 1 if length < 60 else 2, cv2.LINE_AA)
    soft = as_picture(cv2.GaussianBlur(streaks, (3, 3), 0.7))
    return as_picture(cv2.merge([soft, soft, soft]))


def smear(frame: Picture, area: Area, shift: tuple[float, float]) -> bool:
    """Motion blur along `shift` (pixels moved while the shutter is open), in place, inside an area; False when there is none.

    Halving steps: the picture averaged with itself moved by a half, then a quarter, then an eighth of the way.
    """
    length = float(np.hypot(*shift))
    if length < _LEAST_BLUR or area.empty:
        return False
    scale = min(1.0, _MOST_BLUR / length)
    part = frame[area.slices]
    share = 0.5
    while length * scale * share >= 0.5:
        _average(part, round(shift[0] * scale * share), round(shift[1] * scale * share))
        share /= 2
    return True


def _average(part: Picture, dx: int, dy: int) -> None:
    """Mix a part half and half with itself moved by whole pixels, in place; a rim as wide as the move stays as it is."""
    height, width = part.shape[0] - abs(dy), part.shape[1] - abs(dx)
    if (dx, dy) == (0, 0) or height <= 0 or width <= 0:
        return
    here = part[max(0, dy) : max(0, dy) + height, max(0, dx) : max(0, dx) + width]
    there = part[max(0, -dy) : max(0, -dy) + height, max(0, -dx) : max(0, -dx) + width]
    here[:] = cv2.addWeighted(here, 0.5, there, 0.5, 0)


def soften(frame: Picture, area: Area, radius: float) -> None:
    """The lens, in place, inside an area. `radius`: standard deviation, pixels."""
    if not area.empty:
        part = frame[area.slices]
        cv2.GaussianBlur(part, (3, 3), radius, dst=part)


def hazy(frame: Picture, haze: float) -> Picture:
    """Contrast lost to wet or dusty air. `haze`: 0 clear, 1 nothing but grey."""
    levels = np.arange(256, dtype=np.float32)
    return as_picture(cv2.LUT(frame, as_picture(levels * (1 - haze) + 153 * haze)))
