"""Labelled pictures: a folder a kind, each with a `labels.csv` (columns `file`; `numbers`, `plates` or `plate`; and, where there
are any, `layout`, `passage`, `notes`)."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import cv2
import numpy as np

KINDS: Final = ("containers", "plates", "plate_crops")
LABEL_COLUMNS: Final = ("numbers", "plates", "plate")
PARTIAL: Final = "only plates"  # in `notes`: the picture shows more than the label lists
LAYOUTS: Final = {"h": "plain", "v": "vertical", "2line": "two lines", "multi": "several boxes"}
DARK_BELOW: Final = 60  # median grey level, 0 to 255: a lamp-lit lane at night, a car park
BRIGHT_FROM: Final = 140  # sun on a light wall, or a picture that is mostly a white plate


class CorpusError(Exception):
    """There is nothing to measure; the message says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture as one kind measures it. `partial`: what is read beyond the label is not wrong."""

    kind: str
    path: Path
    numbers: frozenset[str]
    partial: bool = False
    layout: str = ""
    passage: str = ""


def bare(text: str) -> str:
    """A number without hyphens, dots and spaces."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def load(folder: Path, kinds: Sequence[str]) -> list[Picture]:
    """All labelled pictures of these kinds. Raises CorpusError where there are none."""
    found = [picture for kind in kinds if (folder / kind / "labels.csv").is_file() for picture in _labelled(folder / kind, kind)]
    if not found:
        raise CorpusError(f"{folder}: no labels.csv in {', '.join(kinds)}")
    return found


def _labelled(folder: Path, kind: str) -> Iterable[Picture]:
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            text = next((row[column] for column in LABEL_COLUMNS if row.get(column)), "")
            yield Picture(
                kind=kind,
                path=folder / row["file"],
                numbers=frozenset(bare(number) for number in text.split("|") if bare(number)),
                partial=PARTIAL in (row.get("notes") or ""),
                layout=LAYOUTS.get(row.get("layout") or "", row.get("layout") or ""),
                passage=row.get("passage") or "",
            )


def sample(pictures: Sequence[Picture], count: int, seed: int) -> list[Picture]:
    """So many pictures of every kind, drawn by chance; of a passage that is drawn, all pictures."""
    rng = Random(seed)
    drawn: set[Picture] = set()
    for kind in dict.fromkeys(picture.kind for picture in pictures):
        ours = [picture for picture in pictures if picture.kind == kind]
        drawn |= set(rng.sample(ours, min(count, len(ours))))
    passages = {(picture.kind, picture.passage) for picture in drawn if picture.passage}
    return [picture for picture in pictures if picture in drawn or (picture.kind, picture.passage) in passages]


def light_of(path: Path) -> str:
    """`dark`, `normal` or `bright`, by the picture's median grey level; "" where it cannot be decoded."""
    grey = cv2.imread(str(path), cv2.IMREAD_REDUCED_GRAYSCALE_4)
    if grey is None:
        return ""
    level = float(np.median(grey))
    return "dark" if level < DARK_BELOW else "bright" if level >= BRIGHT_FROM else "normal"
