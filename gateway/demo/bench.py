"""The test bench: scenarios, one after the other or several lanes at once, and what came of each beside what was expected."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import get_args

from gateway.demo.desk_visitor import How
from gateway.demo.device_faults import MissingError, device_of, require
from gateway.demo.parts import Parts
from gateway.demo.platform_client import PlatformRefusedError
from gateway.demo.processes import ProcessError
from gateway.demo.scenario import Expected, Scenario, serial_of
from gateway.demo.stagehand import StageError, Stagehand, cast
from gateway.demo.steps import Device
from gateway.demo.watch import Watch
from gateway.model.clock import Clock
from gateway.model.verdict import Outcome
from gateway.model.wire import Confirmation

Named = tuple[str, Scenario]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one scenario. `skipped`: why it was not performed at this site; then nothing else is said."""

    name: str
    scenario: Scenario
    passages: tuple[tuple[Confirmation, ...], ...] = ()  # of each lane
    lost: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()
    skipped: str = ""
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        return not self.problems and not self.skipped


class Bench:
    """Scenarios on running parts."""

    def __init__(self, parts: Parts, watch: Watch, clock: Clock) -> None:
        self._parts, self._watch, self._clock = parts, watch, clock
        self._lanes = tuple(parts.simulated.plans)
        self._places: dict[str, int] = {}  # of scenarios in the run, by name

    async def run(self, scenarios: Sequence[Named], done: Callable[[Result], None]) -> list[Result]:
        """All of them; `done` is told of each. Those that no other lane would notice run in all lanes at once."""
        self._places = {name: place for place, (name, _) in enumerate(scenarios)}
        results: list[Result] = []

        def note(result: Result) -> None:
            results.append(result)
            done(result)

        waiting = deque(named for named in scenarios if not named[1].stands_alone)

        async def serve(lane: str) -> None:
            while waiting:
                note(await self.perform(waiting.popleft(), (lane,)))

        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(serve(lane), name=f"scenarios {lane}")
        for named in scenarios:
            if named[1].stands_alone:
                note(await self.perform(named, self._lanes_for(named[1])))
        return sorted(results, key=lambda result: self._places[result.name])

    def _lanes_for(self, scenario: Scenario) -> tuple[str, ...]:
        """The first lane that has what the scenario needs, and the one beside it."""
        for start in range(len(self._lanes)):
            lanes = (*self._lanes[start:], *self._lanes[:start])[: scenario.lanes]
            with suppress(MissingError):
                self._check(scenario, lanes)
                return lanes
        return self._lanes[: scenario.lanes]

    async def perform(self, named: Named, lanes: tuple[str, ...]) -> Result:
        name, scenario = named
        try:
            self._check(scenario, lanes)
        except MissingError as error:
            return Result(name, scenario, skipped=str(error))
        begun = asyncio.get_running_loop().time()
        problems: list[str] = []
        if unrest := await self._watch.settled(lanes):  # whatever came of it would say nothing about this scenario
            return Result(name, scenario, problems=(f"not performed, since the lane is not at rest: {unrest}",))
        for lane in lanes:
            self._watch.begin(lane)
        visits = cast(scenario, serial_of(name, self._places[name]), self._parts.settings.seed, self._clock)
        hand = Stagehand(scenario, visits, lanes, self._parts, self._watch)
        try:
            await hand.perform()
        except (StageError, MissingError, ProcessError, PlatformRefusedError) as error:
            problems.append(str(error))
        finally:
            services = (self._parts.gate, self._parts.platform)
            problems += [f"the {service.name} ended by itself" for service in services if service.ended_by_itself]
            await hand.put_back()
        if unrest := await self._watch.settled(lanes):
            problems.append(f"not at rest at the end: {unrest}")
        problems += self._judge(scenario, lanes, hand.lights)
        return Result(
            name,
            scenario,
            tuple(tuple(self._watch.confirmations(lane)) for lane in lanes),
            frozenset(self._roles(lane).get(name, name) for lane in lanes for name in self._watch.ever_lost(lane)),
            tuple(problems),
            seconds=asyncio.get_running_loop().time() - begun,
        )

    def _check(self, scenario: Scenario, lanes: tuple[str, ...]) -> None:
        if scenario.lanes > len(lanes):
            raise MissingError(f"needs {scenario.lanes} lanes")
        if scenario.needs_our_gate and not self._parts.gate.started:
            raise MissingError("needs a gate that the bench has started itself: --all, or --gate")
        if scenario.needs_desk and not self._parts.pin:
            raise MissingError("needs a site with a desk")
        site = self._parts.simulated
        for need in sorted(scenario.needs):
            require(need, site, site.plans[lanes[0]])
        for device in scenario.devices:
            device_of(site.plans[lanes[0]], device)

    def _roles(self, lane: str) -> dict[str, str]:
        """A lane's devices by their names: what each does there."""
        plan = self._parts.simulated.plans[lane]
        found = {}
        for device in reversed(get_args(Device)):
            with suppress(MissingError):
                found[device_of(plan, device)] = device
        return found

    # Judging ---------------------------------------------------------------------------------------------------------

    def _judge(self, scenario: Scenario, lanes: tuple[str, ...], lights: Sequence[tuple[str, str]]) -> Iterator[str]:
        expected = scenario.expect
        for role, lane in zip(("here", "next"), lanes, strict=False):
            wanted = [found for found in expected.passages if found.lane == role]
            found = self._watch.confirmations(lane)
            if len(found) != len(wanted):
                yield f"{lane}: {len(found)} passages, not {len(wanted)}"
            for want, got in zip(wanted, found, strict=False):
                if got.verdict.outcome is not want.outcome or frozenset(got.verdict.reasons) != want.reasons:
                    yield f"{lane}: {said(got.verdict.outcome, got.verdict.reasons)}"
                if (ruled := ruling_of(got)) != want.ruling:
                    yield f"{lane}: a person's ruling is {ruled or 'none'}, not {want.ruling or 'none'}"
                if bool(got.manual_openings and got.pictures) is not want.by_hand:
                    yield f"{lane}: {'no' if want.by_hand else 'a'} confirmed opening by hand"
                if (got.withdrawn is not None) is not want.taken_back:
                    yield f"{lane}: the green was {'not ' if want.taken_back else ''}taken back"
            passes = sum(want.outcome is Outcome.PASS or want.ruling == "approve" for want in wanted)
            here = role == "here"
            greens = expected.greens if here and expected.greens is not None else passes
            pulses = expected.pulses if here and expected.pulses is not None else passes
            yield from self._outputs(lane, greens, pulses)
        yield from self._devices(expected, lanes[0])
        yield from self._never(expected, lanes[0])
        for truck in scenario.trucks:
            wanted = [found for found in expected.passages if found.truck == truck]
            seen = [light for who, light in lights if who == truck]
            for want, light in zip(wanted, seen, strict=False):
                if (light == "green") is not (want.outcome is Outcome.PASS):
                    yield f"the driver of {truck!r} left on {light or 'no light'}"

    def _outputs(self, lane: str, greens: int, pulses: int) -> Iterator[str]:
        plan = self._parts.simulated.plans[lane]
        green = plan.lights["green"] if plan.lights else None
        for what, output, times in (("green", green, greens), ("the barrier's pulse", plan.barrier, pulses)):
            came = self._watch.times_on(lane, *output) if output else times
            if came != times:
                yield f"{lane}: {what} came {came} times, not {times}"

    def _devices(self, expected: Expected, lane: str) -> Iterator[str]:
        plan = self._parts.simulated.plans[lane]
        wanted = {device_of(plan, device) for device in expected.lost}
        shown = self._watch.ever_lost(lane)
        for name in sorted(wanted - shown):
            yield f"{name} was not shown as out of order"
        for name in sorted(shown - wanted):
            yield f"{name} was shown as out of order"

    def _never(self, expected: Expected, lane: str) -> Iterator[str]:
        plan = self._parts.simulated.plans[lane]
        lights = dict(plan.lights or {})
        outputs = {**lights, **({"barrier": plan.barrier} if plan.barrier else {})}
        for what in sorted(expected.never):
            if what in outputs and self._watch.times_on(lane, *outputs[what]):
                yield f"{what} came, and must not"


def ruling_of(confirmation: Confirmation) -> How | None:
    """What a person decided, as the platform has it."""
    if confirmation.ruling is None:
        return None
    return "approve" if confirmation.ruling.approved else "refuse"


def said(outcome: str, reasons: Sequence[str] | frozenset[str]) -> str:
    """A verdict in a word and its reasons."""
    return f"{outcome} {', '.join(sorted(reasons))}".strip()
