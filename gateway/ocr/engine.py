"""The seam between finding text and reading it. A new engine is one file and one line in `ENGINES`.

An engine finds the lines of text in a picture and reads straightened lines. It knows nothing about container numbers or
plates: what the characters mean is decided above it. Engines may be called from several threads at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Final, cast

from gateway.ocr.errors import UnknownEngineError
from gateway.ocr.geometry import Image
from gateway.ocr.glyphs import Floats, Glyphs
from gateway.ocr.stacked import unstack


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """Where lettering stands. `quad`: 4 × 2, pixels of the picture, clockwise from the text's own top left. `column`: its
    characters are stacked. `likeness`: how likely it is a number, a code or a plate (0 to 1; 1 where an engine cannot tell)."""

    quad: Floats
    column: bool = False
    likeness: float = 1.0

    def moved(self, by: Floats) -> "Place":
        return replace(self, quad=self.quad + by)


class TextEngine(ABC):
    """Finds and reads lines of text."""

    @abstractmethod
    def find(self, image: Image, longest_side: int) -> list[Place]:
        """Lines of text. `longest_side` is the size in pixels at which to look: the larger, the smaller the text found, and
        the slower."""

    def filling(self, image: Image) -> list[Place]:
        """Where the lettering stands if one row fills the picture, as in a cut-out plate, without looking for it; nothing where
        an engine cannot tell."""
        return []

    @abstractmethod
    def read(self, crops: Sequence[Image]) -> list[Glyphs]:
        """What stands in each straightened row, in the order given."""

    def read_again(self, crops: Sequence[Image]) -> list[Glyphs]:
        """What other eyes make of the same rows, in the order given; nothing where the engine has one pair only."""
        return []

    def read_columns(self, crops: Sequence[Image]) -> list[Glyphs]:
        """What stands in each straightened column, from the top down: its characters are laid side by side and read as a row."""
        strips = [unstack(crop) for crop in crops]
        read = iter(self.read([strip.image for strip in strips if strip is not None]))
        return [() if strip is None else next(read) for strip in strips]


ENGINES: Final[dict[str, str]] = {
    "easyocr": "gateway.ocr.easy_ocr",
    "gateway": "gateway.ocr.lettering",
    "pp-ocr": "gateway.ocr.pp_ocr",
    "rapidocr": "gateway.ocr.stock_rapidocr",
}
DEFAULT_ENGINE: Final = "gateway"
SECOND_OPINION: Final[dict[str, tuple[str, ...]]] = {"gateway": ("pp-ocr",)}  # asked where the first is not sure


def load_engine(name: str, threads: int | None, parallel: int = 1) -> TextEngine:
    """Load an engine by its name. Takes about a second. `threads` None leaves the number to the engine.

    `parallel` reads may go on at the same time, each with its `threads`; more than these wait for each other.

    Raises UnknownEngineError, EngineLoadError.
    """
    if name not in ENGINES:
        raise UnknownEngineError(f"no engine {name!r}; there are: {', '.join(sorted(ENGINES))}")
    return cast(TextEngine, import_module(ENGINES[name]).load(threads, parallel))
