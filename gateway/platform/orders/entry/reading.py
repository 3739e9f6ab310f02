"""Texts that people filled in become an order, or a list of everything that is wrong; pure, for the form and for a file's lines.

Values are a flat mapping: `vehicle.plate`, `seals.0.number`, and so on, as `fields.py` names them. An empty text is no value.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.look.i18n import _
from gateway.model.clock import TAIPEI
from gateway.model.errors import FieldError, OrderError
from gateway.model.transport_order import TransportOrder, parse_order
from gateway.platform.orders.entry.checks import CHECKS, Finding
from gateway.platform.orders.entry.fields import FIELDS, REPEATED, field_of
from gateway.platform.orders.entry.numbering import OFFICE, Issuer, is_numbered_by, provisional
from gateway.platform.orders.parties import issuer, sender

MISSING: Final = _("This has to be filled in")
NO_FIELD: Final = _("No order has this field")
OTHERS_BAN: Final = _("A firm issues orders under its own business number only")
_TOO_MANY: Final = _("More than the message can carry")
_UNKNOWN_CODE: Final = _("This code is not in the list")
_CHECK_DIGIT: Final = _("The check digit does not fit: is a character mistyped?")
_NO_ISO_FORM: Final = _("No container number of ISO form")
_NO_BOX: Final = _("Such a load has a box, and none is named")
_NO_PLATE: Final = _("No known form of a plate")
_BAN_SUM: Final = _("The last digit does not fit: is a digit mistyped?")
_ODD_MESSAGE: Final = _("Not business number, date and serial")
_IN_FORM: Final = {field.path for field in FIELDS}
_NUMBER_FIELDS: Final = ("office", "ban", "order_number", "message_id")

_DAYS: Final = re.compile(r"[1-9][0-9]{4}(\.[0-9]{1,20})?")
_EXCEL_BEGINS: Final = datetime(1899, 12, 30)  # Excel holds 1900 for a leap year: this is its day 0 for all days since
_TABLE_TIME: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T]+(?:(上午|下午|AM|PM) *)?(\d{1,2}):(\d{2})(?::(\d{2}))?")

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong or odd about one value: its name, and words of the catalogue."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Reading:
    """`order` None: `wrong` says why. It bears provisional numbers unless the values brought their own."""

    order: TransportOrder | None
    issuer: Issuer | None
    wrong: tuple[Remark, ...]
    odd: tuple[Remark, ...] = ()


def read(values: Values, firm: str | None, now: datetime) -> Reading:
    """An order as `firm` (BAN; None: Customs, under the BAN that is filled in) may issue it."""
    filled = {name: text for name, text in values.items() if text.strip()}
    if "vehicle.departure_time" in filled:
        filled["vehicle.departure_time"] = written_time(filled["vehicle.departure_time"])
    wrong = [Remark(name, NO_FIELD) for name in filled if field_of(name) is None]
    issued_by = _issuer(filled, firm, wrong)
    message, places = _message(filled)
    message |= provisional(issued_by or Issuer("00", "0" * 8), now)
    message |= {name: filled[name] for name in ("order_number", "message_id") if name in filled}
    try:
        parsed = parse_order(message)
    except OrderError as error:
        wrong += _remarks(error.errors, places, filled)
        return Reading(None, issued_by, tuple(dict.fromkeys(wrong)))
    wrong += _not_own(parsed.order, filled, firm)
    if wrong:
        return Reading(None, issued_by, tuple(dict.fromkeys(wrong)))
    odd = [_odd(one, places, parsed.order) for one in parsed.warnings]
    return Reading(parsed.order, issued_by, (), tuple(odd + _odd_numbers(filled)))


def values_of(order: TransportOrder) -> dict[str, str]:
    """An order as it is filled in again, without its numbers."""
    found: dict[str, str] = {}
    for name, value in order.model_dump(mode="json", exclude_none=True).items():
        if name in REPEATED:
            found |= {f"{name}.{place}.{key}": text for place, one in enumerate(value) for key, text in one.items()}
        elif isinstance(value, dict):
            found |= {f"{name}.{key}": text for key, text in value.items()}
        elif name in _IN_FORM:
            found[name] = value
    return found


def written_time(text: str) -> str:
    """A time as tables have it - `2026/11/3 上午 9:05`, or Excel's days since 1900 - as `parse_order` reads it; else as it is."""
    if days := _DAYS.fullmatch(text):
        moment = _EXCEL_BEGINS + timedelta(seconds=round(float(days[0]) * 86400))
        return moment.strftime("%Y-%m-%dT%H:%M:%S")
    found = _TABLE_TIME.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not found:
        return text
    year, month, day, half, hour, minute, second = found.groups(default="")
    hours = int(hour) % 12 + (12 if half in {"下午", "PM"} else 0) if half else int(hour)
    return f"{year}-{int(month):02d}-{int(day):02d}T{hours:02d}:{minute}:{second or '00'}"


def departure_text(moment: datetime) -> str:
    """As a browser's field for times has it, in Taipei."""
    return moment.astimezone(TAIPEI).strftime("%Y-%m-%dT%H:%M")


def _issuer(filled: Values, firm: str | None, wrong: list[Remark]) -> Issuer | None:
    """Who numbers the order; None where it brings its own numbers, or where it is wrong."""
    if is_numbered_by(filled):
        wrong += [Remark(name, MISSING) for name in ("order_number", "message_id") if name not in filled]
        return None
    office, ban = filled.get("office", "").strip().upper(), filled.get("ban", firm or "").strip()
    before = len(wrong)
    if not OFFICE.fullmatch(office):
        wrong.append(_wanted("office", filled))
    if CHECKS["ban"](ban) is Finding.WRONG:
        wrong.append(_wanted("ban", filled))
    elif firm is not None and ban != firm:
        wrong.append(Remark("ban", OTHERS_BAN))
    return Issuer(office, ban) if len(wrong) == before else None


def _not_own(order: TransportOrder, filled: Values, firm: str | None) -> list[Remark]:
    """The numbers that a line brought are the firm's own: `parties.require_own`, said of the fields."""
    if firm is None:
        return []
    own = {"message_id": sender(order), "order_number": issuer(order)}
    return [Remark(name, OTHERS_BAN) for name, ban in own.items() if name in filled and ban != firm]


def _message(filled: Values) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The message, and for each repeated group the places in which its items were filled in: empty ones are left out."""
    message: dict[str, Any] = {}
    items: dict[str, dict[str, dict[str, str]]] = {group: {} for group in REPEATED}
    for name, text in filled.items():
        match name.split("."):
            case [group, place, key] if group in REPEATED and field_of(name):
                items[group].setdefault(place, {})[key] = text
            case [group, key] if field_of(name):
                message.setdefault(group, {})[key] = text
            case [key] if key not in _NUMBER_FIELDS and field_of(name):
                message[key] = text
    message.setdefault("vehicle", {})
    for group, found in items.items():
        message[group] = [found[place] for place in sorted(found, key=int)]
    return message, {group: sorted(found, key=int) for group, found in items.items()}


def _name(path: str, places: Mapping[str, list[str]]) -> str:
    """The name of the value that a path of the message came from."""
    match path.split("."):
        case [group, place, key] if group in REPEATED:
            return f"{group}.{places[group][int(place)]}.{key}"
    return path


def _wanted(name: str, filled: Values) -> Remark:
    field = field_of(name)
    if field is None:
        return Remark(name, _TOO_MANY if name in REPEATED else NO_FIELD)
    return Remark(name, field.wants if filled.get(name) else MISSING)


def _remarks(errors: Iterable[FieldError], places: Mapping[str, list[str]], filled: Values) -> list[Remark]:
    return [_wanted(_name(error.field, places), filled) for error in errors]


def _odd(warning: FieldError, places: Mapping[str, list[str]], order: TransportOrder) -> Remark:
    name = _name(warning.field, places)
    if name == "container.number":
        box = order.container_number
        return Remark(name, _CHECK_DIGIT if box and box.is_iso else _NO_ISO_FORM)
    return Remark(
        *{"container": ("container.number", _NO_BOX), "message_id": (name, _ODD_MESSAGE)}.get(name, (name, _UNKNOWN_CODE))
    )


def _odd_numbers(filled: Values) -> list[Remark]:
    words = {"plate": _NO_PLATE, "ban": _BAN_SUM}
    return [
        Remark(name, words[field.checked])
        for name, text in filled.items()
        if (field := field_of(name)) and field.checked in words and CHECKS[field.checked](text) is Finding.ODD
    ]
