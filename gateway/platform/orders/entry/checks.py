"""What a number looks like as it is typed. `static/order_form.js` says the same while one types; a test holds both to one list."""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from gateway.model.business_number import fits
from gateway.model.container_number import MAX_LENGTH, ContainerNumber
from gateway.model.container_number import normalise as normalise_container
from gateway.model.errors import PlateError, SealNumberError
from gateway.model.plate import Plate
from gateway.model.seal import normalise_seal_number

_BOX: Final = re.compile(rf"[A-Z0-9]{{1,{MAX_LENGTH}}}")
_EIGHT_DIGITS: Final = re.compile(r"[0-9]{8}")
_LONGEST_PLATE: Final = 12


class Finding(StrEnum):
    GOOD = "good"
    ODD = "odd"  # taken, once the person has said that it is meant so
    WRONG = "wrong"  # not taken


def _container(text: str) -> Finding:
    value = normalise_container(text)
    if not _BOX.fullmatch(value):
        return Finding.WRONG
    return Finding.GOOD if ContainerNumber(value).check_digit_valid else Finding.ODD


def _plate(text: str) -> Finding:
    if len(text.strip()) > _LONGEST_PLATE:
        return Finding.WRONG
    try:
        return Finding.GOOD if Plate.parse(text).is_known_form else Finding.ODD
    except PlateError:
        return Finding.ODD


def _ban(text: str) -> Finding:
    if not _EIGHT_DIGITS.fullmatch(text.strip()):
        return Finding.WRONG
    return Finding.GOOD if fits(text.strip()) else Finding.ODD


def _seal(text: str) -> Finding:
    try:
        normalise_seal_number(text)
    except SealNumberError:
        return Finding.WRONG
    return Finding.GOOD


CHECKS: Final[dict[str, Callable[[str], Finding]]] = {"container": _container, "plate": _plate, "ban": _ban, "seal": _seal}
