"""EasyOCR as an engine. Its weights come from one local folder, are checked at the start, and are never fetched.

The folder is named by the environment variable GATEWAY_EASYOCR_WEIGHTS; without it, it is EasyOCR's own. It holds a recognition
network, EasyOCR's or ours as `training/easyocr_network` writes it, and may hold EasyOCR's finder of text, CRAFT. Where CRAFT is
missing, the default engine finds the lines and EasyOCR reads them.

EasyOCR gives text and one certainty a line, so every character of a line is equally sure, and there are no runners-up.
"""

import os
import threading
import warnings
from collections.abc import Sequence
from importlib import import_module
from math import sqrt
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Final

import numpy as np

from gateway.ocr.engine import DEFAULT_ENGINE, Place, TextEngine, load_engine
from gateway.ocr.errors import EngineLoadError
from gateway.ocr.geometry import Image, ordered
from gateway.ocr.glyphs import Floats, Glyphs, glyphs_from_text
from gateway.ocr.rows_and_columns import parted

FOLDER_VARIABLE: Final = "GATEWAY_EASYOCR_WEIGHTS"
EASYOCR_FOLDER: Final = "~/.EasyOCR/model"
FINDER: Final = "craft_mlt_25k.pth"
OWN_NETWORK: Final = "gateway_lettering"  # EasyOCR imports a module of this name: "gateway" would be this package
NETWORKS: Final[dict[str, tuple[str, ...]]] = {  # of several in the folder, the first
    OWN_NETWORK: (f"{OWN_NETWORK}.pth", f"{OWN_NETWORK}.yaml", f"{OWN_NETWORK}.py", f"{OWN_NETWORK}_layers.py"),
    "english_g2": ("english_g2.pth",),
    "latin_g2": ("latin_g2.pth",),
}
BROKEN: Final = (OSError, RuntimeError, ValueError, KeyError, EOFError, UnpicklingError)  # what EasyOCR lets through


class EasyOcr(TextEngine):
    """EasyOCR's `Reader`. It keeps state between calls, so calls take turns."""

    def __init__(self, reader: Any, finder: TextEngine | None) -> None:
        """Without a `finder` the reader finds text itself."""
        self._reader = reader
        self._finder = finder
        self._turn = threading.Lock()

    def find(self, image: Image, longest_side: int) -> list[Place]:
        if self._finder is not None:
            return self._finder.find(image, longest_side)
        scale = longest_side / max(image.shape[:2])
        with self._turn:
            (level,), (leaning,) = self._reader.detect(image, canvas_size=longest_side, mag_ratio=scale)
        quads = [_upright(*box) for box in level] + [ordered(np.asarray(quad, dtype=np.float32)) for quad in leaning]
        return parted(quads)

    def read(self, crops: Sequence[Image]) -> list[Glyphs]:
        return [self._line(crop) for crop in crops]

    def _line(self, crop: Image) -> Glyphs:
        with self._turn:
            found = self._reader.recognize(crop)
        return glyphs_from_text(found[0][1], _certainty(found[0][1], float(found[0][2]))) if found else ()


def _upright(left: float, right: float, top: float, bottom: float) -> Floats:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float32)


def _certainty(text: str, line: float) -> float:
    """How sure one character is. EasyOCR's certainty of a line is the product over its n columns, to the power of 2 / √n; a
    character has a column at least."""
    return float(max(0.0, line) ** (1 / (2 * sqrt(max(1, len(text))))))


def load(threads: int | None, parallel: int) -> TextEngine:
    """Loads what the folder holds; calls take turns however many are `parallel`. Raises EngineLoadError, which says what is
    missing and where it goes."""
    folder = Path(os.environ.get(FOLDER_VARIABLE) or EASYOCR_FOLDER).expanduser()
    network = _network_in(folder)
    package = _package()
    if threads is not None:
        import_module("torch").set_num_threads(threads)
    warnings.filterwarnings("ignore", ".*pin_memory.*", UserWarning)  # EasyOCR asks for it on every machine
    finds = (folder / FINDER).is_file()
    try:
        reader = package.Reader(
            ["en"],
            gpu=False,
            model_storage_directory=str(folder),
            user_network_directory=str(folder),
            recog_network=network,
            detector=finds,
            download_enabled=False,
            verbose=False,
        )
    except BROKEN as error:
        raise EngineLoadError(f"EasyOCR cannot load what lies in {folder}: {error}") from error
    return EasyOcr(reader, None if finds else load_engine(DEFAULT_ENGINE, threads, parallel))


def _network_in(folder: Path) -> str:
    """The name of the recognition network whose files lie in the folder."""
    if not folder.is_dir():
        raise EngineLoadError(f"the folder of EasyOCR's weights, {folder}, does not exist ({FOLDER_VARIABLE} names another)")
    for network, needed in NETWORKS.items():
        missing = [name for name in needed if not (folder / name).is_file()]
        if not missing:
            return network
        if len(missing) < len(needed):
            raise EngineLoadError(f"of EasyOCR's network {network}, {', '.join(missing)} is missing in {folder}")
    wanted = " or ".join(needed[0] for needed in NETWORKS.values())
    raise EngineLoadError(f"EasyOCR has no recognition network in {folder}: {wanted} belongs there; the gate fetches nothing")


def _package() -> Any:
    try:
        return import_module("easyocr")
    except ModuleNotFoundError as error:
        raise EngineLoadError(f"the package {error.name} is not installed: pip install 'gateway[easyocr]'") from error
    except (ImportError, RuntimeError, OSError) as error:
        raise EngineLoadError(
            f"the package easyocr cannot be loaded, which happens when torch and torchvision are not of one build: {error}"
        ) from error
