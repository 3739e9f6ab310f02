"""The fields of an order as people fill them in: one table for the form, the file's columns and the paper.

A field's `path` is where its value stands in the message (`vehicle.plate`; `seals.number` in each of the seals). `office` and `ban`
are no fields of the message: the order's number is made from them.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from gateway.look.i18n import _

Group = Literal["head", "container", "vehicle", "seals", "cargo"]
REPEATED: Final = ("seals", "cargo")
_ITEM: Final = re.compile(r"(seals|cargo)\.(0|[1-9][0-9]{0,2})\.(\w+)")

_CODE: Final = _("Choose one of the list")
_TEXT: Final = _("At most %(longest)s characters")
_COUNT: Final = _("A whole number of at most 8 digits")
_BAN: Final = _("Eight digits; a table may have dropped a zero in front")
_TIME: Final = _("A date and time like 2026-11-23 11:43")
_BOX: Final = _("At most 17 letters and digits")
_SIZE: Final = _("Four characters, like 45G1")
_OFFICE: Final = _("Two letters or digits, like BD")
_NUMBER: Final = _("A number like BD11020459525700001, under the issuer's own business number")
_MESSAGE: Final = _("A number like 04595257202611230001, under the issuer's own business number")


@dataclass(frozen=True, slots=True)
class Field:
    """`wants`: what a right value is, a message id. `codes`: the list in `model/data/codes.json`. `checked`: see `checks.py`."""

    path: str
    label: str
    wants: str
    longest: int
    mandatory: bool = False
    codes: str = ""
    checked: Literal["", "container", "plate", "ban", "seal"] = ""

    @property
    def group(self) -> str:
        return self.path.partition(".")[0] if "." in self.path else "head"


FIELDS: Final = (
    Field("office", _("Customs office"), _OFFICE, 2, mandatory=True),
    Field("ban", _("Issuer's business number"), _BAN, 8, mandatory=True, checked="ban"),
    Field("application_kind", _("Application kind"), _CODE, 1, mandatory=True, codes="application_kind"),
    Field("operation_kind", _("Operation kind"), _CODE, 1, mandatory=True, codes="operation_kind"),
    Field("load_kind", _("Load kind"), _CODE, 1, mandatory=True, codes="load_kind"),
    Field("origin", _("Origin"), _TEXT, 8, mandatory=True),
    Field("destination", _("Destination"), _TEXT, 8, mandatory=True),
    Field("released_total", _("Released total"), _COUNT, 8),
    Field("container.number", _("Box number"), _BOX, 17, checked="container"),
    Field("container.size_type", _("Size and type"), _SIZE, 4),
    Field("vehicle.plate", _("Plate"), _TEXT, 12, mandatory=True, checked="plate"),
    Field("vehicle.driver", _("Driver"), _TEXT, 30, mandatory=True),
    Field("vehicle.driving_licence", _("Driving licence"), _TEXT, 12, mandatory=True),
    Field("vehicle.departure_time", _("Departure time"), _TIME, 25, mandatory=True),
    Field("vehicle.kind", _("Vehicle kind"), _CODE, 1, mandatory=True, codes="vehicle_kind"),
    Field("vehicle.count", _("Count"), _COUNT, 8, mandatory=True),
    Field("vehicle.number", _("Vehicle number"), _TEXT, 4),
    Field("vehicle.haulier_ban", _("Haulier's business number"), _BAN, 8, checked="ban"),
    Field("vehicle.haulier_name", _("Haulier"), _TEXT, 40),
    Field("seals.kind", _("Seal kind"), _CODE, 1, mandatory=True, codes="seal_kind"),
    Field("seals.number", _("Seal number"), _BOX, 17, mandatory=True, checked="seal"),
    Field("cargo.trade_kind", _("Trade"), _CODE, 1, codes="trade_kind"),
    Field("cargo.declaration", _("Declaration"), _TEXT, 20),
    Field("cargo.quantity", _("Quantity"), _COUNT, 8, mandatory=True),
    Field("cargo.clearance_mode", _("Clearance mode"), _TEXT, 4),
    Field("cargo.release_conditions", _("Release conditions"), _TEXT, 20),
    Field("cargo.master_bill", _("Master bill"), _TEXT, 35),
    Field("cargo.house_bill", _("House bill"), _TEXT, 35),
    Field("cargo.customs_number", _("Customs number"), _TEXT, 6),
    Field("cargo.manifest", _("Manifest"), _TEXT, 4),
    Field("cargo.voyage", _("Voyage"), _TEXT, 12),
    Field("cargo.vessel_code", _("Vessel code"), _TEXT, 25),
    Field("cargo.vessel_name", _("Vessel name"), _TEXT, 35),
)
OWN_NUMBERS: Final = (  # only a file may bring its own: a form's are made by the platform
    Field("order_number", _("Order number"), _NUMBER, 20),
    Field("message_id", _("Message id"), _MESSAGE, 20),
)
BY_PATH: Final = {field.path: field for field in (*FIELDS, *OWN_NUMBERS)}


def of_group(group: Group) -> tuple[Field, ...]:
    return tuple(field for field in FIELDS if field.group == group)


@lru_cache(maxsize=4096)
def field_of(name: str) -> Field | None:
    """The field of a value's name: `seals.0.number` is one of `seals.number`. None for a name that no value has."""
    item = _ITEM.fullmatch(name)
    if item:
        return BY_PATH.get(f"{item[1]}.{item[3]}")
    field = BY_PATH.get(name)
    return field if field and field.group not in REPEATED else None
