"""Whether the form says who decides: a staff number with its PIN, or a badge."""

from gateway.display.desk.staff import BADGE_LENGTHS, PIN_LENGTHS
from gateway.look.forms import Problem, Typed
from gateway.look.i18n import _


def identity_problems(typed: Typed) -> list[Problem]:
    badge, pin = typed.secret("badge"), typed.secret("pin")
    if badge:
        return [] if len(badge) in BADGE_LENGTHS else [("badge", _("This is no badge of the gate's staff."))]
    if not typed.of("staff_id"):
        return [("staff_id", _("Give your staff number and PIN, or hold your badge to the reader."))]
    return [] if len(pin) in PIN_LENGTHS else [("pin", _("A PIN has 6 to 12 digits."))]
