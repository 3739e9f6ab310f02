"""Lose a device again and again: what the benches of losses share.

A bench says how its device is lost and mended, and what happens before it while it is away; here that is repeated and timed.
Lost are events that the device has handed over, or had kept, or still showed when it was back, and that the gate never told of.
"""

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from random import Random
from typing import Final

PATIENCE_S: Final = 10.0  # for an event to be told of; then it counts as lost
AT_MOST_S: Final = 120.0  # for a loss to be noticed, or a device to be back; then something is wrong with the bench
CALM_S: Final = (0.2, 1.2)  # between a return and the next loss, so that losses do not fall in step with anything
REPETITIONS: Final = 50

Step = Callable[[], Awaitable[object]]

HEADING: Final = f"""\
{"":19} {"":24} {"":6} {"noticed, s":>15} {"back, s":>15} {"events":>14} told
{"device":19} {"loss":24} {"times":>6} {"median":>7} {"max":>7} {"median":>7} {"max":>7} {"":7} {"lost":>6} once"""


class Gate:
    """What a gate was told of one device: whether it works, and events by any name."""

    def __init__(self) -> None:
        self.states: list[bool] = []
        self._expected: set[str] = set()
        self._told: set[str] = set()
        self._changed = asyncio.Event()

    def on_state(self, working: bool, _detail: str = "") -> None:
        self.states.append(working)
        self._changed.set()

    def tell(self, event: str) -> None:
        self._told.add(event)
        self._changed.set()

    def expect(self, *events: str) -> None:
        """The device has handed these over, or will as soon as it can."""
        self._expected.update(events)

    @property
    def expected(self) -> frozenset[str]:
        return frozenset(self._expected)

    def missing(self, events: frozenset[str]) -> int:
        return len(events - self._told)

    @property
    def working(self) -> bool:
        return bool(self.states) and self.states[-1]

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def forget(self) -> None:
        """Events begin anew: another loss is measured."""
        self._expected.clear()
        self._told.clear()

    async def has_told(self, events: Collection[str]) -> None:
        """Wait for these, as long as patience allows."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.until(lambda: self._told.issuperset(events))
        except TimeoutError:
            pass  # they are missing


@dataclass(frozen=True, slots=True)
class Loss:
    """One way to lose a device. `happens` lets something happen before it, the n-th time, and gives what the gate should tell;
    it is asked while the device is away where the device `keeps` or still shows it, else right after its return."""

    device: str
    how: str
    lose: Step
    mend: Step
    happens: Callable[[int], tuple[str, ...]]
    keeps: bool = True


async def nothing() -> None:
    """The step of a device that is lost, or mended, without anybody's help."""


async def repeat(loss: Loss, gate: Gate, repetitions: int) -> str:
    """One line of the table. The device works when this begins. Raises TimeoutError where a loss or a return is never told."""
    now = asyncio.get_running_loop().time
    noticed_s: list[float] = []
    back_s: list[float] = []
    calm = Random(1)
    gate.states = [True]
    for number in range(repetitions):
        await asyncio.sleep(calm.uniform(*CALM_S))
        noticed_s.append(await _timed(loss.lose, gate, now, working=False))
        events = loss.happens(number) if loss.keeps else ()
        back_s.append(await _timed(loss.mend, gate, now, working=True))
        if not loss.keeps:
            await asyncio.sleep(0.01)  # a fake's end of the connection is a turn or two behind the gate's
            events = loss.happens(number)
        gate.expect(*events)
        await gate.has_told(events)
    expected = gate.expected
    await gate.has_told(expected)  # the last are still under way
    once = gate.states == [True] + [False, True] * repetitions
    counts = f"{len(expected):7} {gate.missing(expected):6} {'yes' if once else 'NO':>4}"
    return f"{loss.device:19} {loss.how:24} {repetitions:6} {times(noticed_s)} {times(back_s)} {counts}"


def times(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):7.3f} {max(seconds):7.3f}"


async def _timed(step: Step, gate: Gate, now: Callable[[], float], *, working: bool) -> float:
    begun = now()
    async with asyncio.timeout(AT_MOST_S):
        await step()
        await gate.until(lambda: gate.working is working)
    return now() - begun
