"""The words for a camera's verdict at its mounting: criteria, results, what to do, as message ids; and values with their units."""

from types import MappingProxyType
from typing import Final

from gateway.look.i18n import _, filled_in, gettext
from gateway.look.marks import Mark
from gateway.ocr.mounting.findings import Advice
from gateway.ocr.mounting.limits import Criterion, Limit, Result
from gateway.ocr.mounting.looks import Subject
from gateway.ocr.mounting.verdict import MountingVerdict

SMALL_PX: Final = 10  # pixels below which a tenth of one matters
SMALL_SHARE: Final = 0.2

SUBJECTS: Final = MappingProxyType(
    {
        Subject.CONTAINERS: _("Box numbers"),
        Subject.PLATES: _("Plates"),
        Subject.PICTURE: _("Pictures"),
    }
)
CRITERIA: Final = MappingProxyType(
    {
        Criterion.CHARACTER_HEIGHT: _("Character height"),
        Criterion.ROTATION: _("Line turned by"),
        Criterion.SLANT: _("Characters lean by"),
        Criterion.SLIMNESS: _("Character width to height"),
        Criterion.SHARPNESS: _("Blur, of the height"),
        Criterion.CONTRAST: _("Contrast of ink and ground"),
        Criterion.CLIPPING: _("Bleached to white"),
        Criterion.FRAMES_READ: _("Frames read and relied on"),
        Criterion.AGREEMENT: _("Frames that agree"),
        Criterion.PICTURE_WIDTH: _("Width of the lane's region"),
        Criterion.FRAME_RATE: _("Frame rate"),
        Criterion.LONGEST_GAP: _("Longest gap between frames"),
        Criterion.BROKEN_PICTURES: _("Damaged pictures"),
        Criterion.COMPRESSION: _("Traces of compression"),
        Criterion.BRIGHTNESS: _("Brightness of the lightest parts"),
        Criterion.GLARE: _("Picture at full white"),
        Criterion.FOCUS: _("Blur of the sharpest edges"),
    }
)
RESULTS: Final = MappingProxyType(
    {
        Result.GOOD: _("Suffices"),
        Result.SCARCE: _("No reserve"),
        Result.FAILS: _("Not enough"),
        Result.UNKNOWN: _("Not known"),
    }
)
MARK_OF: Final = MappingProxyType(
    {Result.GOOD: Mark.PASS, Result.SCARCE: Mark.REFER, Result.FAILS: Mark.STOP, Result.UNKNOWN: Mark.IDLE}
)
ADVICE: Final = MappingProxyType(
    {
        Advice.ZOOM_IN: _("Zoom in, or mount the camera nearer: the characters are too small."),
        Advice.LEVEL: _("Turn the camera about its axis until the number lies level."),
        Advice.FACE_THE_NUMBER: _("Mount the camera more squarely in front of the number."),
        Advice.FOCUS: _("Clean the lens and focus it on the place where the truck stands."),
        Advice.SHORTER_EXPOSURE: _(
            "The number moves while the shutter is open: set a shorter exposure, with more light if need be."
        ),
        Advice.MORE_LIGHT: _("Add light where the number is, or let the camera expose more."),
        Advice.LESS_EXPOSURE: _("Expose less, or turn lamps away: the picture is bleached."),
        Advice.CLEAN_AND_SHADE: _("Clean the lens and keep sun and headlights out of it: ink and ground hardly differ."),
        Advice.MEND_THE_REST: _("Mend what else is named here; if that is nothing, watch more trucks."),
        Advice.MORE_PIXELS: _("Set a larger picture in the camera, or a wider region in the lane file."),
        Advice.RAISE_FRAME_RATE: _("Raise the camera's frame rate to what the lane file asks for."),
        Advice.CHECK_NETWORK: _("Pictures come late or damaged: check cable, network and what else uses the camera."),
        Advice.LOWER_COMPRESSION: _("Compress less: set a higher quality or bit rate in the camera."),
        Advice.NOTHING: "",
    }
)


def shown(value: float | None, unit: str) -> str:
    """A value as people read it: shares in per cent, as many digits as it is worth."""
    if value is None:
        return "–"
    if unit == "%":
        return f"{value * 100:.{1 if value < SMALL_SHARE else 0}f} %"
    if unit == "°":
        return f"{value:.0f}°"
    if unit == "grey":
        return f"{value:.0f}/255"
    if unit == "px":
        return f"{value:.0f} px" if value >= SMALL_PX else f"{value:.1f} px"
    return f"{value:.1f} {unit}" if unit else f"{value:.2f}"


def bound(limit: Limit, which: float) -> str:
    """A limit as people read it: `≥ 20 px`; a dash where nothing can break it."""
    if limit.unit == "%" and which == 1 and not limit.at_least:
        return "–"
    return f"{'≥' if limit.at_least else '≤'} {shown(which, limit.unit)}"


def conclusions(verdict: MountingVerdict) -> list[str]:
    """What it comes to, in the language being spoken: the answer first, then what it does not rest on."""
    fails = sum(finding.result is Result.FAILS for finding in verdict.findings)
    scarce = sum(finding.result is Result.SCARCE for finding in verdict.findings)
    said = []
    if not verdict.numbers:
        said.append(gettext(_("No number could be read: only the pictures themselves are judged.")))
    if fails:
        said.append(filled_in(_("This camera does not suffice at this mounting. Criteria not met: %(count)s."), count=fails))
    elif verdict.suffices and scarce:
        said.append(filled_in(_("This camera suffices at this mounting. Criteria without reserve: %(count)s."), count=scarce))
    elif verdict.suffices:
        said.append(gettext(_("This camera suffices at this mounting.")))
    if verdict.numbers and Subject.CONTAINERS in verdict.unread:
        said.append(gettext(_("No box number was read, so nothing is said about box numbers.")))
    if verdict.numbers and Subject.PLATES in verdict.unread:
        said.append(gettext(_("No plate was read, so nothing is said about plates.")))
    if verdict.failure:
        said.append(filled_in(_("The camera stopped before its time: %(cause)s"), cause=verdict.failure))
    return said
