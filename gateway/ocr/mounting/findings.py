"""A finding: one criterion, judged, with what to do about it and the frame that shows it at its worst."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.observation import Quad
from gateway.ocr.mounting.limits import Criterion, Limit, Result
from gateway.ocr.mounting.looks import FrameLook, Subject


class Advice(StrEnum):
    """What to do about a finding."""

    ZOOM_IN = "zoom_in"
    LEVEL = "level"
    FACE_THE_NUMBER = "face_the_number"
    FOCUS = "focus"
    SHORTER_EXPOSURE = "shorter_exposure"
    MORE_LIGHT = "more_light"
    LESS_EXPOSURE = "less_exposure"
    CLEAN_AND_SHADE = "clean_and_shade"
    MEND_THE_REST = "mend_the_rest"
    MORE_PIXELS = "more_pixels"
    RAISE_FRAME_RATE = "raise_frame_rate"
    CHECK_NETWORK = "check_network"
    LOWER_COMPRESSION = "lower_compression"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion, judged. `value` is None where it could not be measured; `frame` and `quad` show it at its worst."""

    criterion: Criterion
    subject: Subject
    value: float | None
    limit: Limit
    result: Result
    advice: Advice = Advice.NOTHING
    frame: FrameLook | None = None
    quad: Quad | None = None


def judged(
    criterion: Criterion,
    subject: Subject,
    value: float | None,
    limit: Limit,
    advice: Advice,
    look: FrameLook | None = None,
    quad: Quad | None = None,
) -> Finding:
    """Hold a value against its limit. There is something to do only where less than wanted was measured."""
    result = limit.judge(value)
    wrong = result in {Result.FAILS, Result.SCARCE}
    return Finding(criterion, subject, value, limit, result, advice if wrong else Advice.NOTHING, look, quad)
