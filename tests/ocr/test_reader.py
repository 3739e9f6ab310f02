"""The reader on painted pictures: what a lane would be told."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from gateway.ocr.geometry import Image
from gateway.ocr.reader import Reader
from tests.ocr.painted import boxed, plate, steel, write, write_down


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load(threads=2)


def accepted_boxes(reader: Reader, picture: Image) -> list[str]:
    return [box.number for box in reader.read(picture, "containers").containers if box.accepted]


def test_one_row_with_its_size_and_type(reader: Reader) -> None:
    wall = steel()
    write(wall, "TEMU 922135 3", 250, 200)
    write(wall, "45R1", 480, 270)
    (box,) = reader.read(wall, "containers").containers
    assert (box.number, box.accepted, box.size_type, box.check_digit_seen) == ("TEMU9221353", True, "45R1", True)
    assert box.check_digit_valid
    assert len(box.characters) == 11
    (left, top), _, (right, bottom), _ = box.box
    assert 200 < left < 290
    assert 120 < top < 180
    assert right > 500
    assert 190 < bottom < 250


def test_a_row_cut_by_a_door_rod_with_a_boxed_check_digit(reader: Reader) -> None:
    wall = steel(corrugated=True)
    write(wall, "MSKU", 200, 200)
    cv2.rectangle(wall, (365, 60), (385, 400), (150, 150, 150), -1)
    write(wall, "907032", 420, 200)
    boxed(wall, "3", 660, 200)
    assert accepted_boxes(reader, wall) == ["MSKU9070323"]


def test_owner_above_serial(reader: Reader) -> None:
    wall = steel(colour=(150, 90, 30))
    write(wall, "HDMU", 300, 180)
    write(wall, "680487 8", 300, 250)
    write(wall, "22G1", 300, 320)
    assert accepted_boxes(reader, wall) == ["HDMU6804878"]


def test_a_column_of_stacked_characters(reader: Reader) -> None:
    wall = steel(760, 720, corrugated=True)
    write_down(wall, "TCNU 622536 0", 300, 80)
    assert accepted_boxes(reader, wall) == ["TCNU6225360"]


def test_a_wrong_check_digit_is_never_accepted(reader: Reader) -> None:
    wall = steel()
    write(wall, "TEMU 922135 4", 250, 200)
    assert accepted_boxes(reader, wall) == []


def test_markings_are_no_numbers(reader: Reader) -> None:
    wall = steel()
    for row, text in enumerate(("MAX GROSS 30480 KGS", "TARE 2230 KGS", "NET 28250 KGS", "CU CAP 33.2 CUM")):
        write(wall, text, 150, 120 + 80 * row, 1.3)
    reads = reader.read(wall)
    assert not any(box.accepted for box in reads.containers)
    assert not any(found.accepted for found in reads.plates)


def test_a_box_further_back_is_listed_but_not_accepted(reader: Reader) -> None:
    wall = steel(1280, 720)
    write(wall, "CSQU 305438 3", 200, 500, 2.4)
    write(wall, "CMAU 511087 5", 850, 150, 1.0)
    found = {box.number: box.accepted for box in reader.read(wall, "containers").containers}
    assert found["CSQU3054383"]
    assert not found.get("CMAU5110875", False)


def test_a_box_behind_one_that_reaches_out_of_the_picture_is_not_accepted(reader: Reader) -> None:
    wall = steel(1280, 720)
    write(wall, "305438", 4, 560, scale=2.8)
    write(wall, "CMAU 511087 5", 700, 200, scale=1.1)
    seen = {read.number: read.accepted for read in reader.read(wall, "containers").containers}
    assert seen["CMAU5110875"] is False
    alone = steel(1280, 720)
    write(alone, "CMAU 511087 5", 700, 200, scale=1.1)
    assert accepted_boxes(reader, alone) == ["CMAU5110875"]


def test_two_boxes_in_the_foreground_both_count(reader: Reader) -> None:
    wall = steel(1280, 720)
    write(wall, "CSQU 305438 3", 100, 300)
    write(wall, "CMAU 511087 5", 680, 300)
    assert sorted(accepted_boxes(reader, wall)) == ["CMAU5110875", "CSQU3054383"]


@pytest.mark.parametrize("text", ["KLA-1235", "KNB-0867", "7955-G9", "HBC-7520"])
def test_plates_of_several_series(reader: Reader, text: str) -> None:
    grille = steel(colour=(70, 70, 75))
    plate(grille, text, 320, 300)
    (found,) = [read for read in reader.read(grille, "plates").plates if read.accepted]
    assert (found.text, found.number) == (text, text.replace("-", ""))


def test_a_trailer_plate_is_told_from_a_size_code(reader: Reader) -> None:
    rear = steel(colour=(40, 40, 160))
    plate(rear, "FJ-L2", 380, 360, 200, 90, 1.5)
    write(rear, "45G1", 500, 130)
    plates = {read.text: read.accepted for read in reader.read(rear, "plates").plates}
    assert plates == {"FJ-L2": True}


def test_a_region_gives_boxes_in_the_whole_frame(reader: Reader) -> None:
    wall = steel(1280, 720)
    write(wall, "TEMU 922135 3", 700, 400)
    whole = reader.read(wall, "containers").containers[0]
    region = reader.read(np.ascontiguousarray(wall[200:600, 600:1280]), "containers", offset=(600, 200)).containers[0]
    assert region.number == whole.number
    assert np.abs(np.array(region.box) - np.array(whole.box)).max() < 12


def test_a_plate_that_the_picture_cuts_off_is_not_promised(reader: Reader) -> None:
    """What is left of KLA-1235 may be KLA-123, which an older series has."""
    grille = steel(colour=(70, 70, 75))
    plate(grille, "KLA-1235", 320, 300)
    cut_off = np.ascontiguousarray(grille[:, :558])
    assert [read.text for read in reader.read(grille, "plates").plates if read.accepted] == ["KLA-1235"]
    seen = reader.read(cut_off, "plates").plates
    assert "KLA-123" in [read.text for read in seen]
    assert not any(read.accepted for read in seen)


def test_a_plate_that_just_fits_into_the_picture_is_promised(reader: Reader) -> None:
    grille = steel(colour=(70, 70, 75))
    plate(grille, "KLA-1235", 320, 300)
    (read,) = [read for read in reader.read(grille, "plates").plates if read.accepted]
    (left, top), (right, bottom) = np.min(read.box, axis=0), np.max(read.box, axis=0)
    inset = round(0.08 * (bottom - top))  # of the fifth that the box leaves around the lettering: a tenth is wanted to be sure
    close = grille[round(top) - 20 : round(bottom) + 20, round(left) + inset : round(right) - inset]
    close = np.asarray(cv2.resize(close, (900, 900 * close.shape[0] // close.shape[1])), dtype=np.uint8)
    assert [read.text for read in reader.read(close, "plates").plates if read.accepted] == ["KLA-1235"]


@pytest.mark.parametrize("quarters", [1, 3])
def test_a_picture_that_lies_on_its_side_is_read_and_its_boxes_are_where_they_are_seen(reader: Reader, quarters: int) -> None:
    grille = steel(colour=(70, 70, 75))
    plate(grille, "KLA-1235", 320, 300)
    lying = np.ascontiguousarray(np.rot90(grille, quarters))
    (found,) = [read for read in reader.read(lying, "plates").plates if read.accepted]
    assert found.text == "KLA-1235"
    x, y = np.mean(found.box, axis=0)
    upright = (960 - y, x) if quarters == 1 else (y, 540 - x)
    assert np.allclose(upright, (470, 355), atol=15)
    along = np.subtract(found.box[1], found.box[0])
    assert (along[1] < -100) if quarters == 1 else (along[1] > 100)  # from the text's own left to its right


def test_only_says_what_is_looked_for(reader: Reader) -> None:
    wall = steel()
    write(wall, "TEMU 922135 3", 250, 150)
    plate(wall, "KLA-1235", 320, 350)
    assert reader.read(wall, "plates").containers == ()
    assert reader.read(wall, "containers").plates == ()
    both = reader.read(wall)
    assert [box.number for box in both.containers] == ["TEMU9221353"]
    assert [found.text for found in both.plates if found.accepted] == ["KLA-1235"]


@pytest.mark.parametrize("shape", [(1, 1), (8, 4000), (4000, 8), (33, 57)])
def test_pictures_of_odd_sizes_hold_nothing(reader: Reader, shape: tuple[int, int]) -> None:
    reads = reader.read(np.full((*shape, 3), 90, dtype=np.uint8))
    assert (reads.containers, reads.plates) == ((), ())


def test_several_threads_read_at_once(reader: Reader) -> None:
    numbers = ["TEMU9221353", "CSQU3054383", "CMAU5110875", "HDMU6804878"]
    walls = []
    for number in numbers:
        wall = steel(720, 300)
        write(wall, f"{number[:4]} {number[4:10]} {number[10]}", 100, 160)
        walls.append(wall)
    with ThreadPoolExecutor(4) as workers:
        assert list(workers.map(lambda wall: accepted_boxes(reader, wall), walls)) == [[number] for number in numbers]
