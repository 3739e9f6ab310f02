"""What is said when EasyOCR or its weights are missing. Reading with it: tests/easyocr."""

import sys
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.ocr.easy_ocr import FOLDER_VARIABLE, NETWORKS, OWN_NETWORK
from tests.ocr.painted import steel


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


def refusal(tmp_path: Path) -> str:
    picture = tmp_path / "picture.png"
    cv2.imwrite(str(picture), steel())
    result = CliRunner().invoke(main, ["read", "--engine", "easyocr", str(picture)])
    assert result.exit_code == 1
    assert result.stdout == ""
    return result.stderr


def test_a_missing_folder_is_named_with_the_way_to_name_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "nowhere"))
    said = refusal(tmp_path)
    assert str(tmp_path / "nowhere") in said
    assert FOLDER_VARIABLE in said


def test_without_a_folder_named_it_is_easyocrs_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert str(tmp_path / ".EasyOCR" / "model") in refusal(tmp_path)


def test_an_empty_folder_says_what_belongs_there(tmp_path: Path, folder: Path) -> None:
    said = refusal(tmp_path)
    assert str(folder) in said
    for file in ("english_g2.pth", "latin_g2.pth", f"{OWN_NETWORK}.pth"):
        assert file in said


@pytest.mark.parametrize("missing", NETWORKS[OWN_NETWORK])
def test_half_a_network_says_which_file_is_missing(tmp_path: Path, folder: Path, missing: str) -> None:
    for name in NETWORKS[OWN_NETWORK]:
        if name != missing:
            (folder / name).touch()
    assert f"{missing} is missing in {folder}" in refusal(tmp_path)


def test_a_missing_package_says_how_to_install_it(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "english_g2.pth").touch()
    monkeypatch.setitem(sys.modules, "easyocr", None)
    said = refusal(tmp_path)
    assert "easyocr" in said
    assert "pip install 'gateway[easyocr]'" in said
