"""Laying glyphs onto the places of a form: which glyph is which character, and which ones are dirt.

A form is a row of places, each with the characters that it may hold. Every place takes one glyph, in order; glyphs may be
left out, at a price that grows with how surely something stands there. Many forms are tried on the same glyphs, so what
they share is worked out once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import exp, log, log1p
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from gateway.model.observation import Candidate, Position
from gateway.ocr.glyphs import HYPHEN, OTHER, Floats, Glyph
from gateway.ocr.look_alikes import CHARACTERS, STEEL, Doubts, support

SKIP_PRICE: Final = -5.0  # log likelihood of a clear character that belongs to no place
SKIP_HYPHEN: Final = -0.1
SKIP_OTHER: Final = -2.0  # a mark that is no letter and no digit
KEPT_CANDIDATES: Final = 6
KEPT_PROBABILITY: Final = 0.0005
LEAST: Final = 1e-9
NEVER: Final = float("-inf")


@dataclass(frozen=True, eq=False)
class Fit:
    """Glyphs laid onto a form. `log` is the log likelihood of the whole, `worst` the least explained place (0 to 1), `chosen`
    the glyph of every place, `text` the likeliest characters."""

    log: float
    worst: float
    chosen: tuple[int, ...]
    text: str
    explained: Floats  # glyphs × characters
    form: tuple[str, ...]

    @cached_property
    def positions(self) -> tuple[Position, ...]:
        """The candidates of every place."""
        return tuple(
            _position(self.explained[glyph] * _mask(allowed)) for glyph, allowed in zip(self.chosen, self.form, strict=True)
        )


@dataclass(frozen=True, eq=False, slots=True)
class _Column:
    """How well each glyph would fill a place that may hold certain characters: the best one, and its log likelihood."""

    best: str
    gains: list[float]


class Alignment:
    """Glyphs, ready to be laid onto forms."""

    def __init__(self, glyphs: Sequence[Glyph], doubts: Doubts = STEEL) -> None:
        self._count = len(glyphs)
        self._skips = [skip_price(glyph) for glyph in glyphs]
        self._cheapest = sorted(self._skips, reverse=True)
        self._columns: dict[str, _Column] = {}
        if glyphs:
            explained = support(np.stack([glyph.weights for glyph in glyphs]), doubts)
            self._explained = explained * np.array([[max(glyph.presence, 0.01)] for glyph in glyphs], dtype=np.float32)

    def fit(self, form: Sequence[str]) -> Fit | None:
        """The best way to lay the glyphs onto the form, or None where there are fewer glyphs than places."""
        if self._count < len(form):
            return None
        columns = [self._column(allowed) for allowed in form]
        chosen, score = _walk([column.gains for column in columns], self._skips)
        worst = min(exp(column.gains[glyph]) for column, glyph in zip(columns, chosen, strict=True))
        text = "".join(column.best[glyph] for column, glyph in zip(columns, chosen, strict=True))
        return Fit(score, worst, chosen, text, self._explained, tuple(form))

    def bounds(self, kinds: Sequence[str], forms: NDArray[np.intp]) -> Floats:
        """For each of several forms of one length, a log likelihood that no way to lay the glyphs onto it exceeds; far cheaper
        than `fit`. `forms`: forms × places, which of `kinds` every place may hold."""
        places = forms.shape[1]
        spare = self._count - places
        if spare < 0:
            return np.full(len(forms), NEVER, dtype=np.float32)
        gains = np.array([self._column(allowed).gains for allowed in kinds], dtype=np.float32)
        best = gains[:, :places]
        for left_out in range(1, spare + 1):
            best = np.maximum(best, gains[:, left_out : left_out + places])
        return cast(Floats, best[forms, np.arange(places)].sum(axis=1) + sum(self._cheapest[:spare]))

    def _column(self, allowed: str) -> _Column:
        if allowed not in self._columns:
            table = self._explained * _mask(allowed)
            best = table.argmax(axis=1)
            gains = [log(max(float(table[glyph, character]), LEAST)) for glyph, character in enumerate(best)]
            self._columns[allowed] = _Column("".join(CHARACTERS[character] for character in best), gains)
        return self._columns[allowed]


@lru_cache(maxsize=256)
def _mask(allowed: str) -> Floats:
    return np.array([1.0 if character in allowed else 0.0 for character in CHARACTERS], dtype=np.float32)


def skip_price(glyph: Glyph) -> float:
    """Log likelihood of a glyph that belongs to no place."""
    if glyph.presence < 0.5:
        return log1p(-glyph.presence)
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


def _walk(gains: list[list[float]], skips: list[float]) -> tuple[tuple[int, ...], float]:
    """Dynamic programming over (glyph, place); returns the glyph of every place, and the score. Plain numbers: there are a
    dozen of each, too few for arrays to pay."""
    places = len(gains)
    best = [0.0] + [NEVER] * places
    took: list[list[bool]] = []
    for glyph, skip in enumerate(skips):
        marks = [False] * (places + 1)
        for place in range(min(places, glyph + 1), 0, -1):
            left, taken = best[place] + skip, best[place - 1] + gains[place - 1][glyph]
            marks[place] = taken > left
            best[place] = taken if taken > left else left
        best[0] += skip
        took.append(marks)
    chosen: list[int] = []
    place = places
    for glyph in range(len(skips) - 1, -1, -1):
        if place and took[glyph][place]:
            chosen.append(glyph)
            place -= 1
    return tuple(reversed(chosen)), best[places]
