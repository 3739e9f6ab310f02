"""Taiwanese vehicle plates: forms, eras and classes, kept as data in `data/plate_series.json`.

Plates are compared without hyphen, NFKC, upper case. The letters I and O are never used, and the series since 2012-12-17
never has the digit 4. A colour never decides.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from gateway.model.errors import PlateError


class VehicleClass(StrEnum):
    """What kind of vehicle a plate's series belongs to; UNKNOWN where several classes share a form."""

    TRACTOR = "tractor"
    HEAVY_GOODS = "heavy_goods"
    TRAILER = "trailer"
    MOTORCYCLE = "motorcycle"
    CAR = "car"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Series:
    """One series: `form` in letters L and digits D with a hyphen, an optional range of its letters, and its class."""

    form: str
    first: str
    last: str
    vehicle_class: VehicleClass
    era: str

    def matches(self, groups: tuple[str, str], shape: str) -> bool:
        if shape != self.form:
            return False
        letters = groups[0] if self.form.startswith("L") else groups[1]
        return not self.first or self.first <= letters <= self.last


def _load() -> tuple[tuple[Series, ...], tuple[str, ...]]:
    data = json.loads(files("gateway.model").joinpath("data/plate_series.json").read_text(encoding="utf-8"))
    series = tuple(
        Series(row["form"], row.get("first", ""), row.get("last", ""), VehicleClass(row["class"]), row["era"])
        for row in data["series"]
    )
    return series, tuple(data["forms"])


SERIES, FORMS = _load()
_PLATE = re.compile(r"[A-HJ-NP-Z0-9]{4,7}")


def normalise(text: str) -> str:
    """Upper case, NFKC, separators dropped: `kla-1234` → `KLA1234`."""
    return re.sub(r"[\s\-‐‑–—−./·•_:]", "", unicodedata.normalize("NFKC", text)).upper()


def _shape(group: str) -> str:
    return "".join("D" if c.isdigit() else "L" for c in group)


def _fits(form_group: str, group: str) -> bool:
    """Whether a group fits a form's group: L a letter, D a digit, X either."""
    return len(form_group) == len(group) and all(
        f == "X" or (f == "D") == c.isdigit() for f, c in zip(form_group, group, strict=True)
    )


def splits(value: str) -> tuple[tuple[str, str], ...]:
    """Every way a bare plate divides into two groups of a known form, the commonest form first."""
    found = []
    for form in FORMS:
        left, right = form.split("-")
        if len(left) + len(right) == len(value):
            groups = (value[: len(left)], value[len(left) :])
            if _fits(left, groups[0]) and _fits(right, groups[1]) and groups not in found:
                found.append(groups)
    return tuple(found)


@dataclass(frozen=True, slots=True, order=True)
class Plate:
    """A plate, normalised (no hyphen). Equal plates compare equal however they were written."""

    value: str

    @classmethod
    def parse(cls, text: str) -> "Plate":
        value = normalise(text)
        if not _PLATE.fullmatch(value) or value.isalpha():
            raise PlateError(f"{text!r} is not a Taiwanese plate (4 to 7 letters and digits, never I or O)")
        return cls(value)

    @property
    def is_known_form(self) -> bool:
        return bool(splits(self.value))

    @property
    def text(self) -> str:
        """With its hyphen, as on the plate: `KLA-1234`."""
        ways = splits(self.value)
        return "-".join(ways[0]) if ways else self.value

    @property
    def vehicle_class(self) -> VehicleClass:
        """The class of its series; the digit count tells HAA-123 (tractor) from HAA-1235 (private trailer)."""
        for groups in splits(self.value):
            shape = f"{_shape(groups[0])}-{_shape(groups[1])}"
            for series in SERIES:
                if series.matches(groups, shape):
                    return series.vehicle_class
        return VehicleClass.UNKNOWN

    def __str__(self) -> str:
        return self.value
