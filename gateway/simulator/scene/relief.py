"""Steel that is not flat: profiles of corrugated walls and of pressed door panels, and how light falls on them.

A profile is a depth along one line, metres, 0 on the outermost face and negative inwards.
"""

from typing import Final

import numpy as np

from gateway.simulator.scene.pixels import Grain, Picture, as_grain, as_picture

# ISO 668 boxes: side walls 36 mm deep at a pitch of 278 mm; front walls 45.6 mm at 250 mm.
SIDE_PITCH: Final = 0.278
SIDE_DEPTH: Final = 0.036
FRONT_PITCH: Final = 0.250
FRONT_DEPTH: Final = 0.046
_SLOPE_SHARE: Final = 0.245  # of a pitch: each of the two slopes
_FLAT_SHARE: Final = 0.26  # of a pitch: the outer face


def corrugation(length: int, ppm: float, pitch: float, depth: float, start: float = 0.0) -> Grain:
    """A trapezoid wave over `length` pixels at `ppm` pixels a metre, `start` metres into its pitch."""
    phase = ((np.arange(length) / ppm + start) / pitch) % 1.0
    knots = np.cumsum([0.0, _FLAT_SHARE, _SLOPE_SHARE, 1 - _FLAT_SHARE - 2 * _SLOPE_SHARE, _SLOPE_SHARE])
    return as_grain(np.interp(phase, knots, [0.0, 0.0, -depth, -depth, 0.0]))


def presses(length: int, ppm: float, bands: tuple[tuple[float, float], ...], depth: float, slope: float = 0.03) -> Grain:
    """Pressed bands: recessed from `begin` to `end` (metres) with slopes `slope` metres wide."""
    at = np.arange(length) / ppm
    profile = np.zeros(length)
    for begin, end in bands:
        profile = np.minimum(profile, np.interp(at, [begin, begin + slope, end - slope, end], [0.0, -depth, -depth, 0.0]))
    return as_grain(profile)


def lit(profile: Grain, ppm: float, sun: float, relief: float) -> Grain:
    """The light factor along a profile. `sun`: −1 from the line's end, +1 from its beginning; `relief`: how hard, 0 to 1."""
    slope = np.gradient(profile) * ppm
    facing = np.clip(-slope * np.sign(sun or 1.0), -0.75, 0.75)
    recess = profile / min(-1e-6, float(profile.min()))
    rounded = np.convolve(1 + relief * (0.42 * facing - 0.10 * recess), np.ones(3) / 3, mode="same")
    rounded[:2], rounded[-2:] = rounded[2], rounded[-3]
    return as_grain(rounded)


def seen_aslant(picture: Picture, profile: Grain, ppm: float, tangent: float) -> Picture:
    """What is painted on a corrugated wall, seen from aside: what lies deeper shifts sideways by depth × tangent."""
    columns = np.arange(picture.shape[1]) + np.round(profile * tangent * ppm).astype(int)
    return as_picture(picture[:, np.clip(columns, 0, picture.shape[1] - 1)])
