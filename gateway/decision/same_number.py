"""Which reads are looks at the same number: few characters apart, and never seen side by side in one picture."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, TypeVar

from gateway.model.observation import TextRead

CONTAINER_APART: Final = 4  # of eleven characters: two boxes' serials hardly ever share seven places
PLATE_APART: Final = 2

Read = TypeVar("Read", bound=TextRead)


@lru_cache(maxsize=4096)
def edit_distance(one: str, other: str) -> int:
    """Characters to change, add or leave out (Levenshtein 1965)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        above, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (a != b))
    return row[-1]


def weight(read: TextRead) -> float:
    """What one read is worth when numbers are compared."""
    return read.confidence + (1.0 if read.accepted else 0.0)


def _side_by_side(one: Sequence[TextRead], other: Sequence[TextRead]) -> bool:
    """Whether both numbers were relied on in one and the same picture: then they are two."""
    there = {(read.device, read.at) for read in one if read.accepted}
    return any((read.device, read.at) in there for read in other if read.accepted)


def grouped(reads: Sequence[Read], apart: Callable[[str], int]) -> list[list[Read]]:
    """Groups of reads of the same number, the best supported first; in each, the reads of its number come first."""
    by_number: dict[str, list[Read]] = {}
    for read in sorted(reads, key=lambda read: (read.number, read.model_dump_json())):
        by_number.setdefault(read.number, []).append(read)
    ranked = sorted(by_number.items(), key=lambda item: (-sum(map(weight, item[1])), item[0]))
    groups: list[tuple[str, list[Read], list[Read]]] = []
    for number, same in ranked:
        for leader, leading, members in groups:
            if edit_distance(leader, number) <= apart(leader) and not _side_by_side(leading, same):
                members.extend(same)
                break
        else:
            groups.append((number, same, list(same)))
    return [members for _, _, members in groups]


def container_apart(_: str) -> int:
    return CONTAINER_APART


def plate_apart(number: str) -> int:
    """Four characters leave less room for mistakes than seven."""
    return PLATE_APART if len(number) > 5 else 1
