"""What a camera at its mounting is judged by, and the limits, each with where it comes from.

`needed` is what reading needs; `wanted` leaves a reserve for rain, night and dirt. "Estimate" means: ours, from rendered pictures
made worse step by step and from photographs of real boxes and plates, read with the default engine; another reader may bear more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Criterion(StrEnum):
    """What is judged. The first group on every kind of number that was read, the second on the camera's pictures."""

    CHARACTER_HEIGHT = "character_height"
    ROTATION = "rotation"
    SLANT = "slant"
    SLIMNESS = "slimness"
    SHARPNESS = "sharpness"
    CONTRAST = "contrast"
    CLIPPING = "clipping"
    FRAMES_READ = "frames_read"
    AGREEMENT = "agreement"

    PICTURE_WIDTH = "picture_width"
    FRAME_RATE = "frame_rate"
    LONGEST_GAP = "longest_gap"
    BROKEN_PICTURES = "broken_pictures"
    COMPRESSION = "compression"
    BRIGHTNESS = "brightness"  # the last three only where no lettering could be measured
    GLARE = "glare"
    FOCUS = "focus"


class Result(StrEnum):
    GOOD = "good"
    SCARCE = "scarce"  # reading works, but nothing is left for worse days
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Limit:
    """What is needed and what is wanted. `at_least`: more is better; otherwise less is."""

    needed: float
    wanted: float
    unit: str  # px, °, % (of a share 0 to 1), grey, /s, s, or none
    at_least: bool = False

    def judge(self, value: float | None) -> Result:
        if value is None:
            return Result.UNKNOWN
        if not self._holds(value, self.needed):
            return Result.FAILS
        return Result.GOOD if self._holds(value, self.wanted) else Result.SCARCE

    def badness(self, value: float) -> float:
        """Greater is worse."""
        return -value if self.at_least else value

    def _holds(self, value: float, limit: float) -> bool:
        return value >= limit if self.at_least else value <= limit


# ISO 6346 §4: letters and digits of the number are not less than 100 mm high. ISO 668: a box is 2438 mm wide.
LETTER_MM: Final = 100
BOX_MM: Final = 2438

# Published gate portals ask for characters of 30 to 40 pixels. Of real numbers that were found, the default engine relied on 95 %
# from 18 pixels up, on 75 % between 10 and 18.
HEIGHT: Final = Limit(20, 30, "px", at_least=True)

LIMITS: Final[Mapping[Criterion, Limit]] = MappingProxyType(
    {
        Criterion.CHARACTER_HEIGHT: HEIGHT,
        # Published gate portals: a view of no more than 25 to 30° off the doors' normal. What of that angle a picture shows are
        # the line's turn, the lean of its stems and the characters' width. Estimate: rendered numbers were still read at 30° of
        # either; of real ones relied on, 99 % were turned by less than 19° and leant less than 26°.
        Criterion.ROTATION: Limit(20, 10, "°"),
        Criterion.SLANT: Limit(30, 20, "°"),
        # Estimate: lettering is 0.45 to 0.6 as wide as high. Pressed to 0.27, 10 of 13 rendered numbers were relied on; to 0.2, 6.
        Criterion.SLIMNESS: Limit(0.25, 0.30, "", at_least=True),
        # Estimate: edges of 8 % of the height are usual, a stroke is about 14 % thick; 95 % of real numbers relied on had less
        # than 11 %, 99 % less than 13 %.
        Criterion.SHARPNESS: Limit(0.13, 0.10, "%"),
        # Estimate: 99 % of real numbers relied on had more than 19 levels of 255, 95 % more than 40.
        Criterion.CONTRAST: Limit(20, 40, "grey", at_least=True),
        # Full white alone does not spoil a number, lost contrast does: so this warns, and never fails by itself.
        Criterion.CLIPPING: Limit(1.0, 0.3, "%"),
        # Estimate: a truck that rolls through in 3 s, looked at five times a second, is then read three times.
        Criterion.FRAMES_READ: Limit(0.2, 0.5, "%", at_least=True),
        # Estimate: a lane joins its frames, but what it must outvote costs certainty.
        Criterion.AGREEMENT: Limit(0.8, 0.95, "%", at_least=True),
        # A box's width at the letters' needed height: 2438 mm × 20 px / 100 mm, and × 30.
        Criterion.PICTURE_WIDTH: Limit(
            BOX_MM * HEIGHT.needed // LETTER_MM, BOX_MM * HEIGHT.wanted // LETTER_MM, "px", at_least=True
        ),
        Criterion.BROKEN_PICTURES: Limit(0.05, 0.01, "%"),  # estimate: a sound network loses none
        # Steps at the borders of 8 × 8 blocks against steps elsewhere. Estimate: JPEG quality 40 gives about 2, 20 about 2.5, 10
        # about 4; reading suffered at 5 only.
        Criterion.COMPRESSION: Limit(4.0, 2.5, ""),
        Criterion.BRIGHTNESS: Limit(50, 90, "grey", at_least=True),  # estimate: of the picture's brightest twentieth
        Criterion.GLARE: Limit(0.5, 0.25, "%"),  # estimate: share of the picture at full white
        Criterion.FOCUS: Limit(5.0, 3.5, "px"),  # estimate: of the sharpest things in view; from 5 on, rendered numbers were lost
    }
)
# The lane file says how many frames a second the lane looks at.
RATE_NEEDED: Final = 0.5
RATE_WANTED: Final = 0.9
# Estimate: at walking pace a truck moves 1.5 m in a second, a number stays in view for 2 to 3 m.
GAP_NEEDED_S: Final = 1.0
GAP_WANTED_S: Final = 0.5
GAP_PERIODS: Final = 3  # of the lane's own rate: a slow lane has long gaps by its own wish


def limit_of(criterion: Criterion, frames_per_second: float) -> Limit:
    """The limit of a criterion for a lane that looks at so many frames a second."""
    if criterion is Criterion.FRAME_RATE:
        return Limit(RATE_NEEDED * frames_per_second, RATE_WANTED * frames_per_second, "/s", at_least=True)
    if criterion is Criterion.LONGEST_GAP:
        periods = GAP_PERIODS / frames_per_second
        return Limit(max(GAP_NEEDED_S, periods), max(GAP_WANTED_S, periods), "s")
    return LIMITS[criterion]
