"""The seam between finding text and reading it. A new engine is one file and one line in `ENGINES`.

An engine finds the lines of text in a picture and reads straightened lines. It knows nothing about container numbers or
plates: what the characters mean is decided above it. Engines may be called from several threads at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib import import_module
from typing import Final, cast

from gateway.ocr.errors import UnknownEngineError
from gateway.ocr.geometry import Image
from gateway.ocr.glyphs import Floats, Glyphs


class TextEngine(ABC):
    """Finds and reads lines of text."""

    @abstractmethod
    def find(self, image: Image, longest_side: int) -> list[Floats]:
        """Quads (4 × 2, pixels of `image`, clockwise from the top left) of lines of text.

        `longest_side` is the size in pixels at which to look: the larger, the smaller the text found, and the slower.
        """

    @abstractmethod
    def read(self, crops: Sequence[Image]) -> list[Glyphs]:
        """What stands in each straightened line, in the order given."""


ENGINES: Final[dict[str, str]] = {"pp-ocr": "gateway.ocr.pp_ocr", "rapidocr": "gateway.ocr.stock_rapidocr"}
DEFAULT_ENGINE: Final = "pp-ocr"


def load_engine(name: str, threads: int | None, parallel: int = 1) -> TextEngine:
    """Load an engine by its name. Takes about a second. `threads` None leaves the number to the engine.

    `parallel` reads may go on at the same time, each with its `threads`; more than these wait for each other.

    Raises UnknownEngineError, EngineLoadError.
    """
    if name not in ENGINES:
        raise UnknownEngineError(f"no engine {name!r}; there are: {', '.join(sorted(ENGINES))}")
    return cast(TextEngine, import_module(ENGINES[name]).load(threads, parallel))
