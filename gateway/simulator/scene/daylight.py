"""What each light does to a picture: how hard the sun shades, how long the shutter stays open, how much the sensor hisses."""

from dataclasses import dataclass
from typing import Final

from gateway.simulator.scene.looks import Colour, Light


@dataclass(frozen=True, slots=True)
class Daylight:
    """`relief`: how strongly ridges shade; `level`: overall brightness; `tint`: what white turns into.

    `exposure_s`: shutter time; `hiss`: standard deviation of the sensor's noise, of 255; `lamps`: whether lamps are lit.
    """

    relief: float
    level: float
    tint: Colour
    exposure_s: float
    hiss: float
    lamps: bool
    sky_top: Colour
    sky_low: Colour
    haze: float = 0.0


DAYLIGHT: Final[dict[Light, Daylight]] = {
    Light.DAY: Daylight(1.0, 1.2, (255, 252, 244), 1 / 500, 3.0, False, (104, 150, 205), (205, 220, 232)),
    Light.DUSK: Daylight(0.55, 0.62, (255, 226, 205), 1 / 160, 6.0, True, (70, 78, 115), (215, 160, 125), 0.03),
    Light.NIGHT: Daylight(0.7, 0.56, (255, 240, 214), 1 / 100, 11.0, True, (8, 10, 18), (26, 26, 34)),
    Light.RAIN: Daylight(0.4, 0.78, (232, 242, 255), 1 / 250, 5.0, False, (150, 158, 168), (186, 192, 198), 0.10),
}
