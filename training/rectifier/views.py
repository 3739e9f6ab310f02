"""Views of lines as a finder gives them, too high, too short, askew and seen from the side, with the corners of their lettering."""

from dataclasses import dataclass
from typing import Final, cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from gateway.ocr.geometry import grown
from gateway.ocr.glyphs import Floats
from gateway.ocr.places import CORE, ROOM
from gateway.ocr.places import ROW as ROWS
from gateway.ocr.rectifier import VIEW, VIEW_HEIGHT, VIEW_WIDTH, room_around
from training.detector.scenes import SIDE, Row, rows
from training.lettering.rendering import Grey

PER_SCENE: Final = 6  # views of one scene
LEAST_CAP: Final = 9.0  # pixels of the scene
LONGEST: Final = 9.0  # of a line, in its heights
FINER: Final = 2  # a view is drawn this many times its size, then made smaller, as a camera would
MARGIN: Final = ROOM[ROWS] * CORE - (1 - CORE) / 2 + 0.15  # of a finder's quad beyond the capitals, in their height

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class View:
    """`picture`: VIEW_HEIGHT × VIEW_WIDTH, grey. `corners`: of the capitals, 4 × 2, in pixels of the view."""

    picture: Grey
    corners: Floats


def views(rng: Generator) -> list[View]:
    """What is seen of the lines of one scene; plates more often than other lines."""
    picture, placed = rows(rng)
    whole = [row for row in placed if _worth(row.corners)]
    if not whole:
        return []
    shares = np.array([3.0 if row.plate else 1.0 for row in whole])
    chosen = rng.choice(len(whole), PER_SCENE, p=shares / shares.sum())
    return [seen for index in chosen if (seen := _view(picture, whole[int(index)], rng)) is not None]


def _worth(corners: Points) -> bool:
    """Whether it is all in the picture, large enough to have corners, and no long line, which a finder gets right."""
    tall, long = float(np.linalg.norm(corners[3] - corners[0])), float(np.linalg.norm(corners[1] - corners[0]))
    return tall > LEAST_CAP and 0.8 * tall < long < LONGEST * tall and bool((corners > 2).all() and (corners < SIDE - 2).all())


def _view(picture: Grey, row: Row, rng: Generator) -> View | None:
    aslant = _seen_aslant(row.corners, rng)
    corners = _through(row.corners, aslant)
    found = _found(corners, rng)
    looked_at = room_around(found.astype(np.float32))
    into = cv2.getPerspectiveTransform(looked_at, VIEW)
    finer = np.diag([FINER, FINER, 1.0]) @ into @ aslant
    size = (VIEW_WIDTH * FINER, VIEW_HEIGHT * FINER)
    if not np.isfinite(finer).all():
        return None
    seen = cv2.warpPerspective(picture, finer, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    small: Grey = np.asarray(cv2.resize(seen, (VIEW_WIDTH, VIEW_HEIGHT), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if rng.random() < 0.5:
        small = 255 - small
    return View(small, _through(corners, into.astype(np.float64)).astype(np.float32))


def _seen_aslant(corners: Points, rng: Generator) -> Points:
    """A camera's view from the side: turned, leaning, foreshortened, with a vanishing point; about the line's middle."""
    middle = corners.mean(axis=0)
    height = float(np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2
    width = float(np.linalg.norm(corners[1] - corners[0]))
    strong = 2.5 if rng.random() < 0.35 else 1.0
    turn, lean = rng.normal(0, 0.1) * strong, rng.normal(0, 0.12) * strong
    turned = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1.0]])
    sheared = np.array([[np.exp(rng.normal(-0.08, 0.15)), lean, 0], [0, 1, 0], [0, 0, 1.0]])
    vanishing = np.eye(3)
    vanishing[2, :2] = rng.normal(0, 0.1, 2) * strong / np.array([width, 2 * height])
    to_middle, back = np.eye(3), np.eye(3)
    to_middle[:2, 2], back[:2, 2] = -middle, middle
    return cast(Points, back @ turned @ sheared @ vanishing @ to_middle)


def _found(corners: Points, rng: Generator) -> Points:
    """What a finder would give: a rectangle near the line, or, looked at again, nearly its corners."""
    if rng.random() < 0.3:
        height = float(np.linalg.norm(corners[3] - corners[0]))
        return grown((corners + rng.normal(0, 0.06, (4, 2)) * height).astype(np.float32), MARGIN, MARGIN).astype(np.float64)
    along = corners[1] - corners[0] + corners[2] - corners[3]
    turn = np.arctan2(along[1], along[0]) + (rng.normal(0, 0.04) if rng.random() < 0.75 else rng.normal(0, 0.16))
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    placed = corners @ axes.T
    low, high = placed.min(axis=0), placed.max(axis=0)
    # The bounding rectangle of a leaning line is too large; a finder's is somewhere between it and the mean edges.
    means = np.array([placed[[0, 3], 0].mean(), placed[[0, 1], 1].mean(), placed[[1, 2], 0].mean(), placed[[2, 3], 1].mean()])
    blend = rng.uniform(0, 1)
    left, top, right, bottom = blend * np.array([*low, *high]) + (1 - blend) * means
    height = bottom - top
    top, bottom = top - height * (MARGIN + rng.normal(0, 0.1)), bottom + height * (MARGIN + rng.normal(0, 0.1))
    left, right = left - height * (MARGIN + _end(rng)), right + height * (MARGIN + _end(rng))
    box = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    return cast(Points, box @ axes)


def _end(rng: Generator) -> float:
    """How far a finder reaches beyond an end of the line, in its heights; it may cut a character off."""
    return float(rng.uniform(-0.9, 0.5) if rng.random() < 0.2 else rng.normal(0, 0.12))


def _through(points: Points, frame: Points) -> Points:
    return cast(Points, cv2.perspectiveTransform(points[None].astype(np.float64), frame.astype(np.float64))[0])
