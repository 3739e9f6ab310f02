"""The stock RapidOCR package as an engine, for comparison: used as its own documentation says, on its OpenVINO engine.

It gives text and one certainty a line, so every character of a line is as sure as the line, and there are no runners-up.
"""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from rapidocr import EngineType, RapidOCR

from gateway.ocr.engine import Place, TextEngine
from gateway.ocr.geometry import Image
from gateway.ocr.glyphs import Glyphs, glyphs_from_text
from gateway.ocr.rows_and_columns import parted


class StockRapidOcr(TextEngine):
    """RapidOCR. It keeps state between calls, so calls take turns."""

    def __init__(self, threads: int | None) -> None:
        settings: dict[str, Any] = {
            "Global.log_level": "error",
            **{f"{stage}.engine_type": EngineType.OPENVINO for stage in ("Det", "Cls", "Rec")},
        }
        if threads is not None:
            settings["EngineConfig.openvino.inference_num_threads"] = threads
        self._ocr = RapidOCR(params=settings)
        self._turn = threading.Lock()

    def find(self, image: Image, longest_side: int) -> list[Place]:
        """The package chooses its own size to look at; `longest_side` is not used."""
        with self._turn:
            found = self._ocr(image, use_det=True, use_cls=False, use_rec=False)
        boxes = getattr(found, "boxes", None)
        return [] if boxes is None else parted([np.asarray(box, dtype=np.float32) for box in boxes])

    def read(self, crops: Sequence[Image]) -> list[Glyphs]:
        return [self._line(crop) for crop in crops]

    def _line(self, crop: Image) -> Glyphs:
        with self._turn:
            found = self._ocr(crop, use_det=False, use_cls=False, use_rec=True)
        texts: Sequence[Any] = getattr(found, "txts", None) or ()
        scores: Sequence[Any] = getattr(found, "scores", None) or ()
        return glyphs_from_text(str(texts[0]), float(scores[0])) if texts else ()


def load(threads: int | None, _parallel: int) -> TextEngine:
    """Loads the package's own pipeline; it reads one picture at a time."""
    return StockRapidOcr(threads)
