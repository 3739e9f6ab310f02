"""Laying glyphs onto the places of a form: which glyph is which character, and which ones are dirt.

A form is a row of places, each with the characters that it may hold. Every place takes one glyph, in order; glyphs may be
left out, at a price that grows with how surely something stands there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from gateway.model.observation import Candidate, Position
from gateway.ocr.glyphs import HYPHEN, OTHER, Floats, Glyph
from gateway.ocr.look_alikes import CHARACTERS, STEEL, Doubts, support

SKIP_PRICE: Final = -5.0  # log likelihood of a clear character that belongs to no place
SKIP_HYPHEN: Final = -0.1
SKIP_OTHER: Final = -2.0  # a mark that is no letter and no digit
KEPT_CANDIDATES: Final = 6
KEPT_PROBABILITY: Final = 0.0005


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """Glyphs laid onto a form. `log` is the log likelihood of the whole, `worst` the least explained place (0 to 1)."""

    log: float
    worst: float
    chosen: tuple[int, ...]
    positions: tuple[Position, ...]

    @property
    def text(self) -> str:
        return "".join(position[0].character for position in self.positions)


@lru_cache(maxsize=256)
def _mask(allowed: str) -> Floats:
    return np.array([1.0 if character in allowed else 0.0 for character in CHARACTERS], dtype=np.float32)


def _skip(glyph: Glyph) -> float:
    if glyph.presence < 0.5:
        return float(np.log1p(-glyph.presence))
    price = SKIP_PRICE
    price += glyph.probability(OTHER) * (SKIP_OTHER - SKIP_PRICE)
    return price + glyph.probability(HYPHEN) * (SKIP_HYPHEN - SKIP_PRICE)


def _position(explained: Floats) -> Position:
    """Candidates of one place from the support for every character; characters that may not stand there have none."""
    shares = explained / max(float(explained.sum()), 1e-12)
    order = np.argsort(-shares, kind="stable")[:KEPT_CANDIDATES]
    return tuple(
        Candidate(character=CHARACTERS[i], probability=min(1.0, round(float(shares[i]), 6)))
        for i in order
        if shares[i] >= KEPT_PROBABILITY or i == order[0]
    )


def fit(glyphs: Sequence[Glyph], form: Sequence[str], doubts: Doubts = STEEL) -> Fit | None:
    """The best way to lay the glyphs onto the form, or None where there are fewer glyphs than places."""
    count, places = len(glyphs), len(form)
    if count < places:
        return None
    explained = support(np.stack([glyph.weights for glyph in glyphs]), doubts)
    explained *= np.array([[max(glyph.presence, 0.01)] for glyph in glyphs], dtype=np.float32)
    allowed = [explained * _mask(characters) for characters in form]
    gains = np.stack([np.log(np.maximum(table.max(axis=1), 1e-9)) for table in allowed], axis=1)
    skips = np.array([_skip(glyph) for glyph in glyphs])
    chosen, log = _walk(gains, skips)
    worst = min(float(np.exp(gains[glyph, place])) for place, glyph in enumerate(chosen))
    return Fit(log, worst, chosen, tuple(_position(allowed[place][glyph]) for place, glyph in enumerate(chosen)))


def _walk(gains: Floats, skips: Floats) -> tuple[tuple[int, ...], float]:
    """Dynamic programming over (glyph, place); returns the glyph of every place, and the score."""
    count, places = gains.shape
    best = np.full((count + 1, places + 1), -np.inf)
    took = np.zeros((count + 1, places + 1), dtype=bool)
    best[0, 0] = 0.0
    for glyph in range(count):
        best[glyph + 1] = best[glyph] + skips[glyph]
        taken = best[glyph, :-1] + gains[glyph]
        better = taken > best[glyph + 1, 1:]
        best[glyph + 1, 1:] = np.where(better, taken, best[glyph + 1, 1:])
        took[glyph + 1, 1:] = better
    chosen: list[int] = []
    place = places
    for glyph in range(count, 0, -1):
        if place and took[glyph, place]:
            chosen.append(glyph - 1)
            place -= 1
    return tuple(reversed(chosen)), float(best[count, places])
