"""Looks that cannot be drawn are refused with the field named; random trucks are valid and repeat."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.container_number import ContainerNumber
from gateway.model.plate import Plate, VehicleClass
from gateway.simulator.scene import BoxLook, LookError, TruckLook, random_truck


@pytest.mark.parametrize(
    ("field", "value"),
    [("number", "temu 922"), ("size_type", "45"), ("length_ft", 30), ("layout", "round"), ("wear", 1.2)],
)
def test_a_box_that_cannot_be_drawn_names_the_field(field: str, value: object) -> None:
    fields = {"number": "TEMU9221353", field: value}
    with pytest.raises(LookError, match=field):
        BoxLook(**fields)  # type: ignore[arg-type]


def test_a_trailer_carries_one_box_or_two_of_twenty_feet() -> None:
    long, short = BoxLook("TEMU9221353", "45R1", 40), BoxLook("TCNU6225360", "22G1", 20)
    TruckLook("KNA-2593", "HBA-1708", (short, short))
    for boxes in ((long, long), (long, short), (short, short, short)):
        with pytest.raises(LookError, match="boxes"):
            TruckLook("KNA-2593", "HBA-1708", boxes)


def test_a_plate_that_cannot_be_drawn_names_the_field() -> None:
    with pytest.raises(LookError, match="trailer_plate"):
        TruckLook(None, "拖車-12")


@settings(max_examples=300)
@given(st.integers(min_value=0))
def test_random_trucks_carry_valid_numbers_and_plates_of_their_class(seed: int) -> None:
    truck = random_truck(Random(seed))
    assert truck == random_truck(Random(seed))
    for box in truck.boxes:
        assert ContainerNumber(box.number).check_digit_valid
    assert truck.tractor_plate is not None
    assert truck.trailer_plate is not None
    tractor, trailer = Plate.parse(truck.tractor_plate), Plate.parse(truck.trailer_plate)
    assert (tractor.text, trailer.text) == (truck.tractor_plate, truck.trailer_plate)
    assert tractor.vehicle_class in {VehicleClass.TRACTOR, VehicleClass.HEAVY_GOODS, VehicleClass.UNKNOWN}
    assert trailer.vehicle_class is VehicleClass.TRAILER
    for plate in (tractor, trailer):
        assert not (len(plate.value) == 7 and "4" in plate.value)


@pytest.mark.parametrize("boxes", [0, 1, 2])
def test_a_random_truck_carries_as_many_boxes_as_asked(boxes: int) -> None:
    assert len(random_truck(Random(1), boxes=boxes).boxes) == boxes
