"""EasyOCR's own code with our network, as `make test-easyocr` installs it; plain `make test` skips this folder."""

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CHECKPOINT = ROOT / "training" / "trained" / "row.pt"
_described: list[Any] = []  # operators are forgotten with the object that describes them


def pytest_configure() -> None:
    """torchvision's build in the package index belongs to PyTorch's CUDA build. Beside a PyTorch for processors alone its
    operators cannot be loaded, and it stops at the first that it describes. EasyOCR uses none of them."""
    if find_spec("torchvision") is None:
        return
    try:
        import_module("torchvision")
    except RuntimeError:
        operators = import_module("torch").library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _described.append(operators)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recogniser that ships, as the exporter's command writes it."""
    folder = tmp_path_factory.mktemp("easyocr") / "weights"
    command = [sys.executable, "-m", "training.easyocr_network", str(CHECKPOINT), str(folder)]
    subprocess.run(command, cwd=ROOT, check=True)
    return folder
