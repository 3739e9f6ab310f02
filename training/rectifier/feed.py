"""Rendered views, from processes that render while the network learns. A view is seen `SEEN` times."""

from collections.abc import Iterator
from functools import partial
from multiprocessing import get_context
from typing import Final

import cv2
from numpy.random import default_rng

from training.ahead import ahead
from training.rectifier.views import View, views

SCENES: Final = 16  # that a process renders at a time
SEEN: Final = 3
KEPT: Final = 12_000  # views that later batches are drawn from


def some_views(first: int, seed: int) -> list[View]:
    cv2.setNumThreads(1)
    return [view for i in range(SCENES) for view in views(default_rng([seed, first + i]))]


def batches(steps: int, size: int, seed: int, processes: int) -> Iterator[list[View]]:
    """Batches of fresh views and, in the same number each, of earlier ones."""
    rng = default_rng([seed, 1])
    kept: list[View] = []
    given = 0
    with get_context("spawn").Pool(processes) as pool:
        for fresh in ahead(pool, processes, partial(some_views, seed=seed), range(0, 10**12, SCENES)):
            kept = (kept + fresh)[-KEPT:]
            for _ in range(round(SEEN * len(fresh) / size)):
                yield [kept[int(i)] for i in rng.integers(0, len(kept), size)]
                given += 1
                if given == steps:
                    return
