"""A grey picture as our networks take it, so that neither lamp nor exposure matters."""

from typing import Any, Final, cast

import numpy as np

from gateway.ocr.glyphs import Floats

LEAST_SPREAD: Final = 4.0  # grey levels; a flat line is not blown up to noise
LEAST_SCENE_SPREAD: Final = 8.0


def normalised(grey: Any, least: float) -> Floats:
    """Brightness with mean 0 and deviation ½. `least`: grey levels of deviation below which a picture is flat."""
    values = grey.astype(np.float32)
    return cast(Floats, (values - values.mean()) / np.float32(2 * max(float(values.std()), least)))
