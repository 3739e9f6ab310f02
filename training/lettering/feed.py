"""Batches of rendered pictures, from processes that render while the network learns.

A picture is rendered once and seen `VIEWS` times, because drawing one costs about as much as learning from it.
"""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from typing import Final

import cv2
from numpy.random import default_rng

from gateway.ocr.lettering import ALONG, COLUMN
from training.ahead import ahead
from training.lettering.rendering import PLATES, Sample, render

BATCH: Final = 64
CHUNK: Final = 8 * BATCH  # pictures that a process renders at a time, sorted by width
VIEWS: Final = 4
KEPT_CHUNKS: Final = 60  # chunks that later views are drawn from


def chunk(first: int, seed: int, along: float = ALONG, plates: float = PLATES) -> list[list[Sample]]:
    """The batches of one chunk: pictures of about one width together."""
    cv2.setNumThreads(1)
    samples = [render(default_rng([seed, first + i]), along, plates) for i in range(CHUNK)]
    samples = [sample for sample in samples if _fits(sample)]
    samples.sort(key=lambda sample: sample.picture.shape[1])
    return [samples[i : i + BATCH] for i in range(0, len(samples), BATCH)]


def _fits(sample: Sample) -> bool:
    """CTC needs a column for every symbol, and one more between equal neighbours."""
    text = sample.text
    needed = len(text) + sum(one == other for one, other in pairwise(text))
    return needed <= sample.picture.shape[1] // COLUMN


def batches(steps: int, seed: int, processes: int, along: float, plates: float) -> Iterator[list[Sample]]:
    """Fresh batches and, between them, earlier ones again."""
    rng = default_rng([seed, 1])
    kept: list[list[Sample]] = []
    given = 0
    with get_context("spawn").Pool(processes) as pool:
        firsts = range(0, 10**12, CHUNK)
        for fresh in ahead(pool, processes, partial(chunk, seed=seed, along=along, plates=plates), firsts):
            rng.shuffle(fresh)  # type: ignore[arg-type]  # a list of batches
            for batch in fresh:
                again = [kept[i] for i in rng.integers(0, len(kept), VIEWS - 1)] if len(kept) > 4 * len(fresh) else []
                kept.append(batch)
                for one in (batch, *again):
                    yield one
                    given += 1
                    if given == steps:
                        return
            kept = kept[-KEPT_CHUNKS * CHUNK // BATCH :]
