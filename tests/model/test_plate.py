"""Taiwanese plates: the forms of the domain notes and their classes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.errors import PlateError
from gateway.model.plate import Plate, VehicleClass


@pytest.mark.parametrize(
    ("written", "text", "vehicle_class"),
    [
        ("KNA-1235", "KNA-1235", VehicleClass.TRACTOR),
        ("kla1235", "KLA-1235", VehicleClass.HEAVY_GOODS),
        ("KEA 1235", "KEA-1235", VehicleClass.HEAVY_GOODS),
        ("HAA-1235", "HAA-1235", VehicleClass.TRAILER),
        ("HBA-1235", "HBA-1235", VehicleClass.TRAILER),
        ("HEA-1235", "HEA-1235", VehicleClass.MOTORCYCLE),
        ("KUA-1235", "KUA-1235", VehicleClass.MOTORCYCLE),
        ("HAA-123", "HAA-123", VehicleClass.TRACTOR),
        ("LAA-123", "LAA-123", VehicleClass.HEAVY_GOODS),
        ("123-HQ", "123-HQ", VehicleClass.UNKNOWN),
        ("FJ-L2", "FJ-L2", VehicleClass.TRAILER),
        ("HA-76", "HA-76", VehicleClass.TRAILER),
        ("AFF-0625", "AFF-0625", VehicleClass.CAR),
        ("ＫＬＡ－１２３５", "KLA-1235", VehicleClass.HEAVY_GOODS),
    ],
)
def test_series(written: str, text: str, vehicle_class: VehicleClass) -> None:
    plate = Plate.parse(written)
    assert plate.text == text
    assert plate.vehicle_class is vehicle_class
    assert plate == Plate.parse(text.replace("-", ""))


@pytest.mark.parametrize("text", ["KIA-1234", "KOA-1234", "", "A", "ABCDEFGH", "ABCDEF", "車牌"])
def test_what_cannot_be_a_plate_is_refused(text: str) -> None:
    with pytest.raises(PlateError, match="not a Taiwanese plate"):
        Plate.parse(text)


@given(st.text(max_size=20))
def test_any_text_is_a_plate_or_a_clear_error(text: str) -> None:
    try:
        plate = Plate.parse(text)
    except PlateError:
        return
    assert Plate.parse(plate.text) == plate
