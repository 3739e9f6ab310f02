"""Labelled pictures are taken as their labels say."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.reading_measure.corpus import CorpusError, Picture, light_of, load, sample


def labels(folder: Path, kind: str, *lines: str) -> None:
    (folder / kind).mkdir()
    (folder / kind / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_labels_of_every_kind(tmp_path: Path) -> None:
    labels(
        tmp_path,
        "containers",
        "file,numbers,layout,passage,source,notes",
        "a.jpg,TEMU 922135-3|MSKU9070323,2line,7,here,",
        "b.jpg,CSQU3054383,h,,here,very dark",
    )
    labels(tmp_path, "plates", "file,plates,vehicle,source,notes", "c.jpg,KLA-1235,car,here,dashcam; only plates I could read")
    labels(tmp_path, "plate_crops", "file,plate,source", "d.jpg,009-JZQ,here")
    folder = tmp_path / "containers"
    assert load(tmp_path, ["containers", "plates", "plate_crops"]) == [
        Picture("containers", folder / "a.jpg", frozenset({"TEMU9221353", "MSKU9070323"}), False, "two lines", "7"),
        Picture("containers", folder / "b.jpg", frozenset({"CSQU3054383"}), False, "plain", ""),
        Picture("plates", tmp_path / "plates" / "c.jpg", frozenset({"KLA1235"}), partial=True),
        Picture("plate_crops", tmp_path / "plate_crops" / "d.jpg", frozenset({"009JZQ"})),
    ]
    assert [picture.kind for picture in load(tmp_path, ["plates"])] == ["plates"]


def test_a_folder_without_labels_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nothing.*plates"):
        load(tmp_path / "nothing", ["plates"])


def test_a_sample_takes_passages_whole() -> None:
    pictures = [Picture("containers", Path(f"{i}.jpg"), frozenset(), passage=str(i // 5)) for i in range(20)]
    pictures += [Picture("plates", Path(f"p{i}.jpg"), frozenset()) for i in range(20)]
    drawn = sample(pictures, 2, seed=3)
    assert sum(picture.kind == "plates" for picture in drawn) == 2
    passages = [picture.passage for picture in drawn if picture.kind == "containers"]
    assert set(passages)
    assert all(passages.count(passage) == 5 for passage in passages)
    assert drawn == sample(pictures, 2, seed=3)
    assert drawn != sample(pictures, 2, seed=4)


@pytest.mark.parametrize(("level", "light"), [(30, "dark"), (100, "normal"), (200, "bright")])
def test_light_is_told_by_the_grey_of_the_picture(tmp_path: Path, level: int, light: str) -> None:
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), np.full((40, 60, 3), level, np.uint8))
    assert light_of(path) == light


def test_what_is_no_picture_has_no_light(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_text("no picture")
    assert light_of(path) == ""
