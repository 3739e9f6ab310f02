"""`gateway read`: files of every kind, in order, and what goes wrong with them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.ocr.errors import FolderError, PictureError
from gateway.ocr.photographs import load_picture, pictures_in
from tests.ocr.painted import plate, steel, write


@pytest.fixture(scope="module")
def number(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wall = steel()
    write(wall, "TEMU 922135 3", 250, 200)
    write(wall, "45R1", 480, 270)
    path = tmp_path_factory.mktemp("pictures") / "number.png"
    cv2.imwrite(str(path), wall)
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["read", *map(str, arguments)])


def test_json_lines_in_the_order_given_and_broken_files_do_not_stop_it(number: Path, tmp_path: Path) -> None:
    empty, text = tmp_path / "a.jpg", tmp_path / "b.jpg"
    empty.write_bytes(b"")
    text.write_text("no picture")
    result = run("--json", "--threads", "2", empty, number, text, tmp_path / "none.jpg")
    items = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [item["file"] for item in items] == [str(empty), str(number), str(text), str(tmp_path / "none.jpg")]
    assert ["error" in item for item in items] == [True, False, True, True]
    (box,) = items[1]["containers"]
    assert (box["number"], box["accepted"], box["check_digit_valid"], box["size_type"]) == ("TEMU9221353", True, True, "45R1")
    assert 0 < box["confidence"] <= 1
    assert np.array(box["box"]).shape == (4, 2)
    assert items[1]["elapsed_ms"] > 0


def test_a_passage_is_one_answer_for_a_folder(number: Path, tmp_path: Path) -> None:
    folder = tmp_path / "truck-17"
    folder.mkdir()
    (folder / "1.png").write_bytes(number.read_bytes())
    front = steel(colour=(70, 70, 75))
    plate(front, "KLA-1235", 320, 300)
    cv2.imwrite(str(folder / "2.png"), front)
    result = run("--json", "--passage", folder, number)
    item, refused = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 1
    assert "not a folder" in refused["error"]
    assert (item["passage"], item["images"], item["trailer_plate"]) == ("truck-17", 2, None)
    assert [box["number"] for box in item["containers"]] == ["TEMU9221353"]
    assert (item["tractor_plate"]["text"], item["tractor_plate"]["accepted"]) == ("KLA-1235", True)


def test_an_unknown_engine_is_refused(number: Path) -> None:
    result = run("--engine", "crystal-ball", number)
    assert result.exit_code == 2
    assert "pp-ocr" in result.stderr


def test_the_stock_engine_reads_too_and_the_table_is_for_people(number: Path, tmp_path: Path) -> None:
    result = run("--engine", "rapidocr", "--only", "containers", tmp_path, number)
    assert result.exit_code == 1
    assert "no pictures in this folder" in result.stdout
    assert "● TEMU9221353 45R1" in result.stdout


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="no pictures"):
        list(pictures_in([tmp_path]))


def test_folders_are_read_by_name(tmp_path: Path) -> None:
    for name in ("c.jpg", "a.PNG", "b.txt", "b.jpeg"):
        (tmp_path / name).touch()
    assert [path.name for path in pictures_in([tmp_path])] == ["a.PNG", "b.jpeg", "c.jpg"]


def test_a_broken_picture_says_what_is_wrong(number: Path, tmp_path: Path) -> None:
    cut_off = tmp_path / "cut.png"
    cut_off.write_bytes(number.read_bytes()[:600])
    with pytest.raises(PictureError, match="cut short"):
        load_picture(cut_off)
