"""The columns of a file of orders, named in both languages, and the templates that people begin with."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.look.i18n import LANGUAGES, _, gettext, speaking
from gateway.platform.orders.entry.errors import TableError
from gateway.platform.orders.entry.fields import FIELDS, OWN_NUMBERS, REPEATED, Field, field_of

SEALS_OF_A_LINE: Final = 2
MOST_COLUMNS: Final = 64
_SPACE: Final = re.compile(r"[\s*＊]")
_EXAMPLE: Final = {
    "office": "BD",
    "application_kind": "1",
    "operation_kind": "4",
    "load_kind": "A",
    "origin": "017A1150",
    "destination": "KELW230W",
    "container.number": "TEMU9221353",
    "container.size_type": "45G1",
    "vehicle.plate": "KLA-1234",
    "vehicle.driver": "王大明",
    "vehicle.driving_licence": "A123456789",
    "vehicle.departure_time": "2026-11-23 11:43",
    "vehicle.kind": "1",
    "vehicle.count": "1",
    "seals.0.kind": "8",
    "seals.0.number": "VS00001234",
    "cargo.0.trade_kind": "E",
    "cargo.0.declaration": "BD/15/045/A0012",
    "cargo.0.quantity": "120",
}


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is that of its value on a line of its own: `seals.1.number`."""

    name: str
    field: Field

    @property
    def _suffix(self) -> str:
        return f" {int(self.name.split('.')[1]) + 1}" if self.field.group == "seals" else ""

    def titles(self) -> tuple[str, ...]:
        """In Chinese and in English."""
        found = []
        for language in LANGUAGES:
            with speaking(language):
                found.append(gettext(self.field.label) + self._suffix)
        return tuple(found)

    @property
    def title(self) -> str:
        return " ".join(dict.fromkeys(self.titles()))


def _columns() -> tuple[Column, ...]:
    single = [Column(field.path, field) for field in (*OWN_NUMBERS, *FIELDS) if field.group not in REPEATED]
    seals = [
        Column(field.path.replace(".", f".{place}."), field)
        for place in range(SEALS_OF_A_LINE)
        for field in FIELDS
        if field.group == "seals"
    ]
    cargo = [Column(field.path.replace(".", ".0."), field) for field in FIELDS if field.group == "cargo"]
    return (*single, *seals, *cargo)


COLUMNS: Final = _columns()


def _folded(text: str) -> str:
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _known() -> dict[str, Column]:
    found = {}
    for column in COLUMNS:
        for title in (column.name, column.title, *column.titles()):
            found[_folded(title)] = column
    return found


_BY_TITLE: Final = _known()


def columns_of(heads: Sequence[str], line: int) -> tuple[Column | None, ...]:
    """The columns that a file's first line names; None for one without a title. Raises TableError for what it cannot be."""
    if len(heads) > MOST_COLUMNS:
        raise TableError(_("More than %(most)s columns"), line, {"most": MOST_COLUMNS})
    found = tuple(_BY_TITLE.get(_folded(head)) for head in heads)
    unknown = [head for head, column in zip(heads, found, strict=True) if column is None and head.strip()]
    if len(unknown) == len([head for head in heads if head.strip()]):
        raise TableError(_("The first line does not name the columns: begin with the template"), line)
    if unknown:
        raise TableError(_("No order has a column named: %(names)s"), line, {"names": ", ".join(unknown)})
    names = [column.name for column in found if column]
    twice = sorted({column.title for column in found if column and names.count(column.name) > 1})
    if twice:
        raise TableError(_("These columns stand twice: %(names)s"), line, {"names": ", ".join(twice)})
    return found


def title_of(name: str) -> str:
    """The column of a value, as the file's first line would name it; the name itself where no column has it."""
    field = field_of(name)
    if field is None:
        return name
    place = name.split(".")[1] if field.group == "seals" else ""
    return gettext(field.label) + (f" {int(place) % SEALS_OF_A_LINE + 1}" if place else "")


TEMPLATE: Final = [[column.title for column in COLUMNS], [_EXAMPLE.get(column.name, "") for column in COLUMNS]]


def csv_template() -> bytes:
    """With a byte order mark, without which Excel takes UTF-8 for Big5."""
    lines = io.StringIO()
    csv.writer(lines).writerows(TEMPLATE)
    return lines.getvalue().encode("utf-8-sig")
