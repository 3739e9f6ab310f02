"""Whether something is in the lane: a small grey picture of the region, compared with the empty scene.

The empty scene is learned: it follows slow changes, and whatever stays still long enough becomes part of it. A change of
light (clouds, exposure, lamps) shifts all pixels alike and is taken out before comparing; noise is measured and allowed for.
"""

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.ocr.frame import Image

Grey = NDArray[np.float32]  # height × width, 0 to 255
Mask = NDArray[np.bool_]

# Averaging 8 × 8 pixels of a 720p frame divides its noise by 8, and a plate is still three pixels high.
THUMBNAIL_WIDTH: Final = 160
CONTRAST: Final = 12.0  # grey levels: a grey truck before grey asphalt differs by about twice this
SAME_CONTRAST: Final = 5.0  # grey levels: what counts as a change of the very same scene
SAME_AREA: Final = 0.002  # fraction; a vehicle that crawls forward changes more than this at its edges
NOISE_FACTOR: Final = 4.5  # standard deviations: one pixel in 150,000 by chance
MEDIAN_TO_SIGMA: Final = 1 / 0.954  # the median of |a - b| of two normal noises is 0.954 σ
FOLLOW_S: Final = 8.0  # how quickly the empty scene follows where nothing stands
ABSORB_S: Final = 60.0  # what stands still longer than this is part of the scene: longer than a truck waits at a gate
_SPECK: Final = np.ones((3, 3), np.uint8)  # smaller changes than this are rain, insects, noise


def thumbnail(image: Image) -> Grey:
    """The region small, grey and a little soft."""
    height, width = image.shape[:2]
    small_width = min(THUMBNAIL_WIDTH, width)
    small_height = max(round(height * small_width / width), 1)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (small_width, small_height), interpolation=cv2.INTER_AREA)
    return cv2.blur(small, (3, 3)).astype(np.float32)


class Light(NamedTuple):
    """How brightness of then becomes brightness of now: now = gain × then + offset."""

    gain: float
    offset: float


def light_change(then: Grey, now: Grey, contrast: float) -> Light:
    """The change that most pixels agree on, so that a vehicle in the picture does not bend it."""
    shift = float(np.median(now - then))
    candidates = [Light(1.0, 0.0), Light(1.0, shift)]
    best = max(candidates, key=lambda light: int(_agreeing(then, now, light, contrast).sum()))
    for _ in range(2):
        agreeing = _agreeing(then, now, best, contrast)
        if agreeing.sum() < 0.2 * then.size:
            break
        before, after = then[agreeing], now[agreeing]
        spread = float(before.var())
        gain = float(((before - before.mean()) * (after - after.mean())).mean()) / spread if spread > 1.0 else 1.0
        gain = min(max(gain, 0.5), 2.0)
        best = Light(gain, float(after.mean()) - gain * float(before.mean()))
    return best


def _agreeing(then: Grey, now: Grey, light: Light, contrast: float) -> Mask:
    return np.abs(now - (light.gain * then + light.offset)) < 2 * contrast


class Scene:
    """The empty scene of one camera's region, and how much of what is seen now differs from it."""

    def __init__(self) -> None:
        self._empty: Grey | None = None
        self._last: Grey | None = None
        self._still_s: Grey | None = None
        self._noise = 2.0  # grey levels of a thumbnail's pixel, standard deviation

    def see(self, now: Grey, elapsed_s: float) -> float:
        """The fraction (0 to 1) of the region that is not the empty scene. `elapsed_s`: since the thumbnail before."""
        if self._empty is None or self._last is None or self._still_s is None or self._empty.shape != now.shape:
            self._empty, self._last, self._still_s = now.copy(), now, np.zeros_like(now)
            return 0.0
        step = np.abs(now - self._last)
        self._measure_noise(step)
        contrast = self._above_noise(CONTRAST)
        light = light_change(self._empty, now, contrast)
        unlit = (now - light.offset) / light.gain  # now, in the light of the empty scene
        differs = np.abs(unlit - self._empty) * light.gain > contrast
        self._learn(unlit, differs, step < contrast, elapsed_s)
        self._last = now
        return float(cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_OPEN, _SPECK).mean())

    def same(self, then: Grey, now: Grey) -> bool:
        """Whether two thumbnails show the same, light included."""
        if then.shape != now.shape:
            return False
        return float((np.abs(now - then) > self._above_noise(SAME_CONTRAST)).mean()) < SAME_AREA

    def _above_noise(self, contrast: float) -> float:
        return max(contrast, NOISE_FACTOR * self._noise)

    def _measure_noise(self, step: Grey) -> None:
        """Noise is what is left when nothing moves: take lower values at once, higher ones slowly."""
        self._noise = min(float(np.median(step)) * MEDIAN_TO_SIGMA, self._noise * 1.02 + 0.02)

    def _learn(self, unlit: Grey, differs: Mask, still: Mask, elapsed_s: float) -> None:
        assert self._empty is not None
        assert self._still_s is not None
        self._still_s = np.where(differs & still, self._still_s + np.float32(elapsed_s), np.float32(0))
        share = np.float32(1 - np.exp(-elapsed_s / FOLLOW_S))
        self._empty = np.where(differs, self._empty, self._empty + share * (unlit - self._empty)).astype(np.float32)
        absorbed = self._still_s > ABSORB_S
        self._empty[absorbed] = unlit[absorbed]
