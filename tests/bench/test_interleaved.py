"""Engines in processes of their own, asked picture by picture. The engine here is a program called tesseract that we wrote."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.reading_measure.interleaved import Run, measure

HEADING = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
WORD = "5\t1\t1\t1\t1\t1\t10\t20\t40\t15\t91.5\t{}"


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{index}.png" for index in range(2)]
    for path in paths:
        cv2.imwrite(str(path), np.zeros((20, 40, 3), np.uint8))
    return paths


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program `tesseract` that comes first on the path."""
    folder.mkdir()
    program = folder / "tesseract"
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && {{ echo tesseract 9.9; exit; }}\ncat >/dev/null\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def measured(engines: list[str], pictures: list[Path]) -> tuple[list[Run], list[tuple[int, int]]]:
    progress: list[tuple[int, int]] = []
    return measure(engines, pictures, None, lambda done, count: progress.append((done, count))), progress


def test_every_picture_is_read_and_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: list[Path]) -> None:
    install(tmp_path / "bin", monkeypatch, f"printf '{HEADING}\\n{WORD.format('TEMU9221353')}\\n'")
    broken = tmp_path / "broken.jpg"
    broken.write_text("no picture")
    (run,), progress = measured(["tesseract"], [*pictures, broken])
    assert run.unavailable == ""
    assert "tesseract 9.9" in run.description
    assert [[found.number for found in run.records[path].containers] for path in pictures] == [["TEMU9221353"]] * 2
    assert all((run.records[path].elapsed_ms or 0) > 0 for path in pictures)
    assert run.records[broken].error == "not a picture of a known format"
    assert run.records[broken].elapsed_ms is None
    assert run.peak_mib > 10
    assert progress == [(1, 3), (2, 3), (3, 3)]


def test_an_engine_that_is_not_there_says_why_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: list[Path]
) -> None:
    install(tmp_path / "bin", monkeypatch, f"printf '{HEADING}\\n'")
    (missing, there), _ = measured(["no-such-engine", "tesseract"], pictures)
    assert "no engine 'no-such-engine'" in missing.unavailable
    assert missing.records == {}
    assert len(there.records) == 2


def test_an_engine_whose_process_ends_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: list[Path]) -> None:
    mark = tmp_path / "started"
    nonsense = WORD.replace("10\t20", "somewhere\t20").format("TEMU")
    # The warming up and the first picture go well, then the table makes no sense.
    script = f"echo >> {mark}\n[ $(wc -l < {mark}) -lt 3 ] && echo '{HEADING}' || printf '{HEADING}\\n{nonsense}\\n'"
    install(tmp_path / "bin", monkeypatch, script)
    (run,), _ = measured(["tesseract"], pictures)
    assert run.unavailable == "its process ended with status 1, after 1 pictures"
    assert list(run.records) == pictures[:1]
