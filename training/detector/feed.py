"""Rendered scenes, from processes that render while the network learns. A scene is rendered once and seen `VIEWS` times, cut at
another place or light for dark."""

from collections.abc import Iterator
from functools import partial
from multiprocessing import get_context
from typing import Final

import cv2
import numpy as np
from numpy.random import default_rng

from training.ahead import ahead
from training.detector.scenes import Scene, render

VIEWS: Final = 4
KEPT: Final = 600  # scenes that later views are drawn from


def scene(number: int, seed: int) -> Scene:
    cv2.setNumThreads(1)
    return render(default_rng([seed, number]))


def scenes(count: int, seed: int, processes: int) -> Iterator[Scene]:
    """Fresh scenes and, between them, earlier ones again, seen differently."""
    rng = default_rng([seed, 1])
    kept: list[Scene] = []
    given = 0
    with get_context("spawn").Pool(processes) as pool:
        for fresh in ahead(pool, processes, partial(scene, seed=seed), range(10**12)):
            again = (
                [_otherwise(kept[int(i)], int(rng.integers(4))) for i in rng.integers(0, len(kept), VIEWS - 1)]
                if len(kept) > 60
                else []
            )
            kept.append(fresh)
            del kept[:-KEPT]
            for one in (fresh, *again):
                yield one
                given += 1
                if given == count:
                    return


def _otherwise(one: Scene, way: int) -> Scene:
    """Cut at another place, or light for dark. Never mirrored: lettering is not."""
    picture, maps, counted = one.picture, one.maps, one.counted
    if way & 1:
        picture = 255 - picture
    if way & 2:
        picture, maps, counted = np.roll(picture, 256, 0), np.roll(maps, 128, 1), np.roll(counted, 128, 0)
    return Scene(np.ascontiguousarray(picture), np.ascontiguousarray(maps), np.ascontiguousarray(counted))
