"""Rendered pictures are labelled with what was painted."""

from pathlib import Path

from bench.reading_measure import rendered
from gateway.model.container_number import ContainerNumber
from gateway.model.plate import Plate
from gateway.ocr.photographs import load_picture


def test_every_picture_has_the_number_and_the_plate_that_its_camera_sees(tmp_path: Path) -> None:
    turns = list(rendered.render(tmp_path, 3, seed=1))
    kinds = {labelled[0].path.stem: [picture.kind for picture in labelled] for labelled in turns}
    assert kinds == {
        "00000-front-day": ["containers", "plates"],
        "00001-rear-day": ["containers", "plates"],
        "00002-side-day": ["containers"],
    }
    for picture in (picture for labelled in turns for picture in labelled):
        assert load_picture(picture.path).shape == (720, 1280, 3)
        (number,) = picture.numbers
        assert ContainerNumber(number).check_digit_valid if picture.kind == "containers" else Plate.parse(number).is_known_form
    (again, *_) = rendered.render(tmp_path, 1, seed=1)
    assert [picture.numbers for picture in again] == [picture.numbers for picture in turns[0]]
