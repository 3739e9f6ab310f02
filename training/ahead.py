"""Work done ahead of its use by other processes, in order, and never more than a few pieces of it."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.pool import Pool
from typing import Final, TypeVar

Piece = TypeVar("Piece")
WINDOW: Final = 4  # pieces a process may be ahead


def ahead(pool: Pool, processes: int, function: Callable[[int], Piece], numbers: Iterable[int]) -> Iterator[Piece]:
    """`function` of every number, in order."""
    waiting = deque()  # type: ignore[var-annotated]  # of multiprocessing's results, which are not generic
    for number in numbers:
        waiting.append(pool.apply_async(function, (number,)))
        if len(waiting) >= WINDOW * processes:
            yield waiting.popleft().get()
