"""Named inputs and outputs as runs of neighbouring Modbus addresses, so that neighbours travel in one request. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.signals.config import InputPoint, OutputPoint

MAX_RUN: Final = 1968  # coils in one "write multiple coils" (Modbus application protocol 1.1b3, §6.11)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring addresses from `start` on; `names` holds the points that stand there, `table` where they are kept."""

    table: str
    start: int
    names: tuple[tuple[str, ...], ...]  # several inputs may be views of one address

    @property
    def count(self) -> int:
        return len(self.names)

    def __str__(self) -> str:
        listed = ", ".join(name for names in self.names for name in names)
        return f"{listed} ({self.table} {self.start}{f' to {self.start + self.count - 1}' if self.count > 1 else ''})"


def runs(points: Iterable[tuple[str, str, int]]) -> tuple[Run, ...]:
    """Group (name, table, address) by table and neighbouring addresses. Holes are never read: modules refuse them."""
    at: dict[tuple[str, int], list[str]] = {}
    for name, table, address in points:
        at.setdefault((table, address), []).append(name)
    found: list[tuple[str, int, list[tuple[str, ...]]]] = []
    for (table, address), names in sorted(at.items()):
        if found and found[-1][0] == table and found[-1][1] + len(found[-1][2]) == address and len(found[-1][2]) < MAX_RUN:
            found[-1][2].append(tuple(names))
        else:
            found.append((table, address, [tuple(names)]))
    return tuple(Run(table, start, tuple(names)) for table, start, names in found)


def input_runs(inputs: Mapping[str, InputPoint]) -> tuple[Run, ...]:
    return runs((name, point.table, point.address) for name, point in inputs.items())


def output_runs(outputs: Mapping[str, OutputPoint]) -> tuple[Run, ...]:
    return runs((name, "coil", point.address) for name, point in outputs.items())


def switching_off_first(written: Iterable[Run], values: Mapping[str, bool]) -> list[Run]:
    """Runs that only switch off come first: between two requests a lane may be dark, it must not show two lights."""
    return sorted(written, key=lambda run: any(values[name] for names in run.names for name in names))
