"""Several looks at one number, weighed together character by character.

Looks through the same camera are much alike, so their evidence counts for less than its number: thirty frames of the same
mistake must not become a certainty. Different cameras count as different witnesses.
"""

from collections.abc import Sequence
from itertools import groupby
from math import exp, log
from typing import Final

from gateway.model.observation import Candidate, Position, TextRead

FLOOR: Final = 0.002  # a character that a look does not name may still be the right one
MOST_WITNESSES: Final = 3.5  # what any number of looks through one camera is worth, in single looks
LEAST_WEIGHT: Final = 0.05
KEPT: Final = 6
KEPT_PROBABILITY: Final = 0.0001


def witnesses(looks: int) -> float:
    """What a number of looks through one camera is worth, in independent looks: 1, 1.7, 2.1, … at most `MOST_WITNESSES`."""
    return min(MOST_WITNESSES, 1.0 + log(looks)) if looks else 0.0


def _camera_logs(reads: Sequence[TextRead], place: int, alphabet: frozenset[str]) -> dict[str, float]:
    weights = [max(read.confidence, LEAST_WEIGHT) for read in reads]
    named = [{candidate.character: candidate.probability for candidate in read.characters[place]} for read in reads]
    scale = witnesses(len(reads)) / sum(weights)
    return {
        character: scale
        * sum(weight * log(max(position.get(character, 0.0), FLOOR)) for weight, position in zip(weights, named, strict=True))
        for character in alphabet
    }


def joint_position(reads: Sequence[TextRead], place: int) -> Position:
    """The candidates of one position under all looks. `reads` are sorted by device and have that position."""
    alphabet = frozenset(candidate.character for read in reads for candidate in read.characters[place])
    logs = dict.fromkeys(sorted(alphabet), 0.0)
    for _, camera in groupby(reads, key=lambda read: read.device):
        for character, value in _camera_logs(list(camera), place, alphabet).items():
            logs[character] += value
    top = max(logs.values())
    total = sum(exp(value - top) for value in logs.values())
    ranked = sorted(
        ((exp(value - top) / total, character) for character, value in logs.items()), key=lambda item: (-item[0], item[1])
    )
    return tuple(
        Candidate(character=character, probability=round(share, 6))
        for rank, (share, character) in enumerate(ranked[:KEPT])
        if rank == 0 or share >= KEPT_PROBABILITY
    )


def joint_positions(reads: Sequence[TextRead]) -> tuple[Position, ...]:
    """The candidates of every position under all looks, which must be equally long. The order of reads does not matter."""
    ordered = sorted(reads, key=lambda read: read.model_dump_json())
    ordered.sort(key=lambda read: read.device)
    return tuple(joint_position(ordered, place) for place in range(len(ordered[0].characters)))
