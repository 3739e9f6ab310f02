"""Rendered pictures in which our engine fell short, worst first, as JPEG files with a page that says what was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from bench.reading_measure.corpus import Picture, bare
from bench.reading_measure.counting import is_whole, numbers_in, reading_of, truth_of
from bench.reading_measure.records import ReadNumber, Record
from gateway.decision.same_number import edit_distance
from gateway.ocr.geometry import Image
from gateway.ocr.photographs import load_picture
from gateway.ocr.picture import encode_jpeg

SHOWN: Final = 12  # of each kind
SIDE: Final = 480  # pixels of a picture's longer side on the page
ROOM: Final = 120.0  # pixels around the text, at most its own larger side: enough to see what it stands on
FAR: Final = 0.5  # of the label's length: a read that differs in more characters stands somewhere else


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture that is not whole. `badness`: 2 something wrong was accepted, 1 a number not found, 0 found but not accepted."""

    picture: Picture
    badness: int
    reads: tuple[ReadNumber, ...]

    @property
    def nearest(self) -> ReadNumber | None:
        """The read that comes near to a label, or was accepted in its stead; None where there is none."""
        near = [read for read in self.reads if read.accepted or self._distance(read) <= FAR]
        return min(near, key=self._distance, default=None)

    def _distance(self, read: ReadNumber) -> float:
        """From the nearest label, as a share of its length."""
        apart = [edit_distance(bare(read.number), number) / len(number) for number in self.picture.numbers]
        return min(apart, default=1.0)


def failures(pictures: Sequence[Picture], records: Mapping[Path, Record]) -> list[Failure]:
    """What fell short, worst first; the surest misreads before others."""
    found = []
    for picture in pictures:
        record = records.get(picture.path)
        truth, reading = truth_of(picture), reading_of(record, picture.kind)
        if record is not None and not is_whole(truth, reading):
            badness = 2 if reading.relied - truth.numbers else 1 if truth.numbers - reading.every else 0
            found.append(Failure(picture, badness, numbers_in(record, picture.kind)))
    return sorted(found, key=lambda failure: (-failure.badness, -max((read.confidence for read in failure.reads), default=0.0)))


def write(folder: Path, found: Sequence[Failure]) -> int:
    """The page `index.md` and its pictures; gives the number of pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["# Rendered pictures that are not read yet", "", "Worst first. Every picture is rendered.", ""]
    count = 0
    for kind in dict.fromkeys(failure.picture.kind for failure in found):
        lines += [f"## {kind}", "", "| picture | written | read | confidence | accepted |", "|---|---|---|---|---|"]
        for failure in [failure for failure in found if failure.picture.kind == kind][:SHOWN]:
            name = f"{kind}-{failure.picture.path.stem}.jpg"
            (folder / name).write_bytes(encode_jpeg(_shown(failure)))
            lines.append(_row(name, failure))
            count += 1
        lines.append("")
    (folder / "index.md").write_text("\n".join(lines), encoding="utf-8")
    return count


def _row(name: str, failure: Failure) -> str:
    written = ", ".join(sorted(failure.picture.numbers)) or "–"
    reads = failure.reads or (ReadNumber(number="–", accepted=False, confidence=0.0),)
    columns = (
        "<br>".join(read.number for read in reads),
        "<br>".join(f"{read.confidence:.2f}" for read in reads) if failure.reads else "–",
        "<br>".join("yes" if read.accepted else "no" for read in reads),
    )
    return f"| ![{written}]({name}) | {written} | {' | '.join(columns)} |"


def _shown(failure: Failure) -> Image:
    """The part of the picture around the nearest read; all of it where nothing was read."""
    image = load_picture(failure.picture.path)
    nearest = failure.nearest
    if nearest is not None and nearest.box is not None:
        image = _around(image, np.array(nearest.box))
    scale = SIDE / max(image.shape[:2])
    size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _around(image: Image, corners: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> Image:
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    room = min(max(right - left, bottom - top), ROOM)
    height, width = image.shape[:2]
    x, y = max(int(left - room), 0), max(int(top - room), 0)
    return np.ascontiguousarray(image[y : min(int(bottom + room) + 1, height), x : min(int(right + room) + 1, width)])
