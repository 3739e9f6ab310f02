"""The gallery shows what failed, worst first."""

from pathlib import Path

import cv2
import numpy as np

from bench.reading_measure.corpus import Picture
from bench.reading_measure.gallery import SIDE, failures, write
from bench.reading_measure.records import ReadNumber, Record
from gateway.ocr.photographs import load_picture

BOX = ((300.0, 200.0), (400.0, 200.0), (400.0, 220.0), (300.0, 220.0))


def read(number: str, accepted: bool, confidence: float = 0.9) -> ReadNumber:
    return ReadNumber(number=number, accepted=accepted, confidence=confidence, box=BOX)


def pictures(folder: Path, *names: str) -> list[Picture]:
    for name in names:
        cv2.imwrite(str(folder / name), np.full((480, 640, 3), 90, np.uint8))
    return [Picture("containers", folder / name, frozenset({"TEMU9221353"})) for name in names]


def test_failures_come_worst_first(tmp_path: Path) -> None:
    shown = pictures(tmp_path, "aside.jpg", "good.jpg", "nothing.jpg", "wrong.jpg", "far.jpg")
    found: tuple[list[ReadNumber], ...] = (
        [read("TEMU9221353", False)],
        [read("TEMU9221353", True)],
        [],
        [read("TEMU9221358", True)],
        [read("CSQU3054383", False)],
    )
    records = {
        picture.path: Record(file=picture.path.name, elapsed_ms=1.0, containers=tuple(numbers))
        for picture, numbers in zip(shown, found, strict=True)
    }
    worst = failures(shown, records)
    assert [failure.picture.path.stem for failure in worst] == ["wrong", "far", "nothing", "aside"]

    count = write(tmp_path / "gallery", worst)
    page = (tmp_path / "gallery" / "index.md").read_text(encoding="utf-8")
    assert count == 4
    assert "| ![TEMU9221353](containers-wrong.jpg) | TEMU9221353 | TEMU9221358 | 0.90 | yes |" in page
    assert "| ![TEMU9221353](containers-nothing.jpg) | TEMU9221353 | – | – | no |" in page
    sizes = {name: load_picture(tmp_path / "gallery" / f"containers-{name}.jpg").shape[:2] for name in ("wrong", "nothing", "far")}
    assert sizes["nothing"] == sizes["far"] == (SIDE * 480 // 640, SIDE)  # nothing near the number was read: all of the picture
    assert sizes["wrong"][0] < sizes["nothing"][0]
