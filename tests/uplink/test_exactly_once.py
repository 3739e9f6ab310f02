"""Whatever fails and in whatever order: each decision arrives at the platform exactly once, in order, as it was committed."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.store.gate_store import GateStore
from tests.store.passages import decided, passage_id
from tests.uplink.conftest import clock, linked, quick, until
from tests.uplink.trial_platform import CUT, TrialPlatform

FAULTS = st.lists(st.sampled_from([CUT, 401, 500, 503, 404]), max_size=3)


class GateAndPlatform(RuleBasedStateMachine):
    """One gate and one platform, each of which may be down at any time."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._loop = asyncio.Runner()
        self._gate: AsyncExitStack | None = None
        self._store: GateStore | None = None
        self._platform_up = True
        self._committed: list[str] = []
        self._platform = self._run(self._first_platform())
        self._start_gate()

    def _run(self, work: Any) -> Any:
        return self._loop.run(work)

    async def _first_platform(self) -> TrialPlatform:
        platform = TrialPlatform()
        await platform.start()
        return platform

    def _start_gate(self) -> None:
        async def start() -> tuple[AsyncExitStack, GateStore]:
            gate = AsyncExitStack()
            store = await gate.enter_async_context(GateStore.open(Path(self._folder.name) / "gate", "kh-t4", clock))
            await gate.enter_async_context(linked(store, quick(self._platform.url)))
            return gate, store

        self._gate, self._store = self._run(start())

    @rule(count=st.integers(1, 3), again=st.booleans())
    @precondition(lambda self: self._store)
    def trucks_pass(self, count: int, again: bool) -> None:
        for _ in range(count):
            number = len(self._committed) + 1
            for _ in range(2 if again else 1):
                assert self._run(self._store_or_fail().commit_decision(decided(number), "")) == number
            self._committed.append(passage_id(number))

    def _store_or_fail(self) -> GateStore:
        assert self._store
        return self._store

    @rule(faults=FAULTS)
    def platform_will_fail(self, faults: list[str | int]) -> None:
        self._platform.faults["confirmation"].extend(faults)

    @rule()
    @precondition(lambda self: self._platform_up)
    def platform_stops(self) -> None:
        self._run(self._platform.stop())
        self._platform_up = False

    @rule()
    @precondition(lambda self: not self._platform_up)
    def platform_starts(self) -> None:
        self._run(self._platform.start())
        self._platform_up = True

    @rule()
    @precondition(lambda self: self._gate)
    def gate_stops(self) -> None:
        assert self._gate
        self._run(self._gate.aclose())
        self._gate = self._store = None

    @rule()
    @precondition(lambda self: not self._gate)
    def gate_starts(self) -> None:
        self._start_gate()

    @rule()
    @precondition(lambda self: self._gate and self._platform_up)
    def all_is_well_for_a_while(self) -> None:
        store = self._store_or_fail()

        async def nothing_waits() -> bool:
            return not await store.waiting(1)

        self._run(until(nothing_waits))
        assert [one.passage_id for one in self._platform.taken.values()] == self._committed

    @invariant()
    def the_platform_has_a_beginning_of_what_was_committed(self) -> None:
        assert self._platform.order == list(range(1, len(self._platform.order) + 1))
        taken = [self._platform.taken[sequence].passage_id for sequence in self._platform.order]
        assert taken == self._committed[: len(taken)]

    def teardown(self) -> None:
        if not self._platform_up:
            self.platform_starts()
        if self._gate is None:
            self._start_gate()
        self.all_is_well_for_a_while()
        self.gate_stops()
        self.platform_stops()
        self._loop.close()
        self._folder.cleanup()


TestExactlyOnce = GateAndPlatform.TestCase
TestExactlyOnce.settings = settings(
    max_examples=8, stateful_step_count=10, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
