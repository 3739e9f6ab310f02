"""What the registers' fields are made of: texts that a page can show, codes of a list, days, and doubts that refuse nothing."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from gateway.look.i18n import _
from gateway.model import business_number, codes
from gateway.model.errors import PlateError, SealNumberError
from gateway.model.plate import Plate
from gateway.model.seal import normalise_seal_number

_DAY: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")


@dataclass(frozen=True, slots=True)
class Code:
    """Marks a text that is one of a list of `model/data/codes.json`."""

    table: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._known, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | {"enum": list(codes.CODES[self.table])}

    def _known(self, value: str) -> str:
        if not codes.is_known(self.table, value):
            raise ValueError(_("This is not in the list."))
        return value


@dataclass(frozen=True, slots=True)
class Doubt:
    """Marks a value that is taken as it is, but may be a mistake: `of` gives the words for what is odd, or None."""

    of: Callable[[Any], str | None]


def _visible(text: str) -> str:
    """A line of text: a database keeps no NUL, a page no half character, and a list no line within a cell."""
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise ValueError(_("There is a character in it that cannot be shown."))
    return text


def _upper(value: object) -> object:
    return unicodedata.normalize("NFKC", value).strip().upper() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return unicodedata.normalize("NFKC", value).strip().lower() if isinstance(value, str) else value


def _day(value: object) -> object:
    """`2027-01-31`, and `2027/1/31` as office programs write it. Raises ValueError."""
    if isinstance(value, date):
        return value
    parts = _DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    if not parts:
        raise ValueError(_("This is no day like 2027-01-31."))
    try:
        return date(*map(int, parts.groups()))
    except ValueError:
        raise ValueError(_("There is no such day.")) from None


def _plate(text: str) -> str:
    try:
        return Plate.parse(text).text
    except PlateError:
        raise ValueError(_("This is no Taiwanese plate.")) from None


def _seal_number(text: str) -> str:
    try:
        return normalise_seal_number(text)
    except SealNumberError:
        raise ValueError(_("This is no seal number: 1 to 17 letters and digits.")) from None


def _odd_ban(number: str) -> str | None:
    return None if business_number.fits(number) else _("The check digit of this business number does not fit.")


def _odd_plate(text: str) -> str | None:
    return None if Plate.parse(text).is_known_form else _("This plate is of no known form.")


Line = Annotated[str, Field(max_length=100), AfterValidator(_visible)]
# What stands in an address and is put in order by every database alike.
Key = Annotated[str, BeforeValidator(_upper), Field(pattern=r"^[A-Z0-9][A-Z0-9._-]{0,63}$")]
LaneFileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Ban = Annotated[str, BeforeValidator(_upper), Field(pattern=r"^[0-9]{8}$"), Doubt(_odd_ban)]
PlateText = Annotated[str, Field(max_length=20), AfterValidator(_plate), Doubt(_odd_plate)]
SealNumber = Annotated[str, Field(max_length=24), AfterValidator(_seal_number)]
Hex = Annotated[str, BeforeValidator(_lower), Field(pattern=r"^[0-9a-f]{8,64}$")]
Uid = Annotated[str, BeforeValidator(_lower), Field(pattern=r"^[0-9a-z._:-]{1,64}$")]
Licence = Annotated[str, BeforeValidator(_upper), Field(pattern=r"^[A-Z0-9]{1,12}$")]
Day = Annotated[date, BeforeValidator(_day)]
