"""The real EasyOCR reads with our network, by itself and behind `gateway read --engine easyocr`."""

import hashlib
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.ocr.easy_ocr import FINDER, FOLDER_VARIABLE, OWN_NETWORK
from gateway.ocr.engine import load_engine
from gateway.ocr.errors import EngineLoadError
from gateway.ocr.geometry import Image
from tests.ocr.painted import plate, steel, write

easyocr: Any = pytest.importorskip("easyocr", reason="EasyOCR is not installed here: make test-easyocr")
pytestmark = pytest.mark.filterwarnings("ignore:.*pin_memory")  # EasyOCR asks for it on every machine


@pytest.fixture
def reader(weights: Path) -> Any:
    """EasyOCR as its own documentation says for a custom network. Its finder's weights are not ours to ship."""
    return easyocr.Reader(
        ["en"],
        gpu=False,
        recog_network=OWN_NETWORK,
        model_storage_directory=str(weights),
        user_network_directory=str(weights),
        detector=False,
        download_enabled=False,
        verbose=False,
    )


def number_and_plate() -> Image:
    wall = steel()
    write(wall, "TEMU 922135 3", 250, 200)
    plate(wall, "KLA-1235", 320, 300)
    return wall


def test_easyocr_recognises_a_line(reader: Any) -> None:
    ((_box, text, certainty),) = reader.recognize(np.ascontiguousarray(number_and_plate()[155:210, 240:620]))
    assert text == "TEMU9221353"
    assert certainty > 0.5


def test_easyocr_reads_a_picture_whose_lines_were_found(reader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of `readtext` but its finder, for which the corners of the two lines stand in."""
    corners = [[246, 155, 610, 155, 610, 208, 246, 208], [330, 315, 610, 315, 610, 395, 330, 395]]
    monkeypatch.setattr(reader, "get_textbox", lambda *_, **__: [[np.array(line) for line in corners]], raising=False)
    monkeypatch.setattr(reader, "detector", None, raising=False)
    assert [text for _box, text, _certainty in reader.readtext(number_and_plate())] == ["TEMU9221353", "KLA-1235"]


def test_the_network_stands_without_this_package(weights: Path) -> None:
    blocked = "import sys; sys.modules['gateway'] = sys.modules['training'] = None; sys.path.append(sys.argv[1])"
    code = f"{blocked}; import torch, {OWN_NETWORK} as n; print(n.Model(40, 32)(torch.zeros(2, 1, 40, 80), None).shape[2])"
    asked = subprocess.run([sys.executable, "-I", "-c", code, str(weights)], check=True, capture_output=True, text=True)
    assert asked.stdout == "40\n"


def test_the_gate_reads_with_easyocr_what_its_own_finder_finds(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(weights))
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), number_and_plate())
    result = CliRunner().invoke(main, ["read", "--json", "--engine", "easyocr", "--threads", "1", str(path)])
    assert result.exit_code == 0, result.output
    seen = json.loads(result.stdout)
    assert [(box["number"], box["accepted"]) for box in seen["containers"]] == [("TEMU9221353", True)]
    assert ("KLA-1235", True) in [(found["text"], found["accepted"]) for found in seen["plates"]]


def test_odd_crops_hold_nothing(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(weights))
    engine = load_engine("easyocr", 1)
    wall = steel()
    assert engine.read([wall[:2, :2], wall[:1, :1], wall[:40, :3], wall[:3, :400]]) == [(), (), (), ()]


def test_craft_finds_where_its_weights_are_given(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EasyOCR's own finder with weights that see lettering everywhere: one line as large as the picture, at every size."""
    for path in weights.iterdir():
        if path.is_file():
            (tmp_path / path.name).symlink_to(path)
    torch = import_module("torch")
    craft = import_module("easyocr.craft").CRAFT().state_dict()
    craft["conv_cls.8.weight"].zero_()
    craft["conv_cls.8.bias"].copy_(torch.tensor([1.0, 0.0]))
    torch.save(craft, tmp_path / FINDER)
    known = import_module("easyocr.config").detection_models["craft"]
    monkeypatch.setitem(known, "md5sum", hashlib.md5((tmp_path / FINDER).read_bytes()).hexdigest())
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    engine = load_engine("easyocr", 1)
    for longest_side in (160, 320):
        (place,) = engine.find(steel(640, 640), longest_side)
        assert np.abs(place.quad - np.array([[0, 0], [640, 0], [640, 640], [0, 640]])).max() < 96  # with EasyOCR's margin


@pytest.mark.parametrize("name", [f"{OWN_NETWORK}.pth", "english_g2.pth"])
def test_damaged_weights_are_named_and_not_replaced(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for path in weights.iterdir() if name.startswith(OWN_NETWORK) else ():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).write_bytes(b"no weights")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(EngineLoadError, match=str(tmp_path)):
        load_engine("easyocr", 1)
    assert (tmp_path / name).read_bytes() == b"no weights"
