"""Words of the screen and the report for the model's enumerations: message ids of the catalogue."""

import re
from typing import Final

from gateway.look.i18n import _, current_language, gettext
from gateway.model.answer import PlateRole
from gateway.model.codes import CODES, label
from gateway.model.lane_rules import Direction
from gateway.model.observation import CLOCK, LAMPS, VehicleSealHeard
from gateway.model.verdict import Check, CheckResult, Subject

SUBJECTS: Final[dict[Subject, str]] = {
    Subject.ORDER: _("Order"),
    Subject.DEPARTURE: _("Departure"),
    Subject.CONTAINER: _("Box number"),
    Subject.SIZE_TYPE: _("Size and type"),
    Subject.PLATE: _("Plate"),
    Subject.PASS: _("Driver"),
    Subject.PASSIVE_SEAL: _("E-seal"),
    Subject.VEHICLE_SEAL: _("Vehicle seal"),
    Subject.SEAL: _("Seal"),
    Subject.REQUIRED_SEALS: _("Seals required"),
    Subject.STANDING: _("Order's standing"),
    Subject.PLACE: _("Place"),
    Subject.INSPECTION: _("Inspection"),
    Subject.ORDERS: _("Orders as of"),
    Subject.DEVICE: _("Device"),
    Subject.CLOCK: _("Clock"),
}
RESULTS: Final[dict[CheckResult, str]] = {
    CheckResult.OK: _("Fits"),
    CheckResult.DIFFERS: _("Differs"),
    CheckResult.MISSING: _("Missing"),
    CheckResult.UNSURE: _("Not certain"),
    CheckResult.NOTED: _("Noted"),
}
ROLES: Final[dict[PlateRole, str]] = {
    PlateRole.TRACTOR: _("Tractor"),
    PlateRole.TRAILER: _("Trailer"),
    PlateRole.UNKNOWN: _("Plate"),
}
DIRECTIONS: Final[dict[Direction, str]] = {Direction.IN: _("In"), Direction.OUT: _("Out")}
# What the lane itself calls a device, beside those that the lane file names.
OWN_DEVICES: Final[dict[str, str]] = {CLOCK: _("clock"), LAMPS: _("lights"), "orders": _("order cache")}
SIGNALS: Final[dict[str, str]] = {
    "green": _("Signal: green"),
    "amber": _("Signal: amber"),
    "red": _("Signal: red"),
    "off": _("Signal: off"),
}
# What a check's own English words mean; everything else in a check is a number, a name or a device.
_SEEN: Final[dict[str, str]] = {
    "container": _("by box number"),
    "plate": _("by plate"),
    "pass": _("by port pass"),
    "inserted": _("Inserted"),
    "not inserted": _("Not inserted"),
    "locked": _("Locked"),
    "not locked": _("Not locked"),
    "shell_opened": _("Shell opened"),
    "cable_cut": _("Cable cut"),
    "opened_while_sealed": _("Opened while sealed"),
    "motor_stuck": _("Motor stuck"),
    "wrong_credential": _("Wrong credential"),
    "low_battery": _("Battery low"),
    "elsewhere": _("In another lane"),
    "open": _("Open"),
    "cancelled": _("Withdrawn"),
    "closed": _("Closed"),
    "used": _("Used already"),
    "inspected": _("Inspected"),
    "not inspected": _("Not inspected"),
    "no seal": _("No seal"),
    "any seal": _("Any seal"),
    "forged": _("Forged"),
    "replayed": _("Replayed"),
}

_TROUBLES: Final = (
    "shell_opened",
    "cable_cut",
    "opened_while_sealed",
    "motor_stuck",
    "wrong_credential",
    "low_battery",
)


def heard_words(heard: VehicleSealHeard) -> str:
    """The state of a seal: plug and lock are two states."""
    words = ["inserted" if heard.inserted else "not inserted", "locked" if heard.locked else "not locked"]
    words += [name for name in _TROUBLES if getattr(heard, name)]
    return ", ".join(map(_word, words))


_SEAL_KINDS: Final = {names["en"]: kind for kind, names in CODES["seal_kind"].items()}


def seen_words(check: Check) -> str:
    """What a check says it saw, its own English words translated: `container, plate` → 依櫃號、依車號."""
    head, colon, tail = check.seen.partition(": ")
    said = ", ".join(_word(part) for part in (tail if colon else head).split(", "))
    return f"{_word(head)}: {said}" if colon else said


def expected_words(check: Check) -> str:
    """What a check says it expected, its own English words translated: `passive e-seal / vehicle seal` → 電子封條 / 車機封條."""
    return "".join(_word(part) for part in re.split(r"( [/+] )", check.expected))


def _word(text: str) -> str:
    if text in _SEAL_KINDS:
        return label("seal_kind", _SEAL_KINDS[text], current_language())
    return gettext(_SEEN[text]) if text in _SEEN else text
