"""A grey picture as our networks take it, so that neither lamp nor exposure matters."""

from typing import Final, cast

import cv2

from gateway.ocr.geometry import Grey
from gateway.ocr.glyphs import Floats

LEAST_SPREAD: Final = 4.0  # grey levels; a flat line is not blown up to noise
LEAST_SCENE_SPREAD: Final = 8.0


def normalised(grey: Grey, least: float) -> Floats:
    """Brightness with mean 0 and deviation ½. `least`: grey levels of deviation below which a picture is flat."""
    (mean,), (deviation,) = (values[0] for values in cv2.meanStdDev(grey))
    scale = 1 / (2 * max(float(deviation), least))
    return cast(Floats, cv2.addWeighted(grey, scale, grey, 0.0, -float(mean) * scale, dtype=cv2.CV_32F))
