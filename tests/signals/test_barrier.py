"""A barrier with end switches is believed only while they agree with what it was told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hypothesis import given
from hypothesis import strategies as st

from gateway.signals.barrier_watch import BarrierWatch
from gateway.signals.config import BarrierConfig, ModbusModuleConfig
from gateway.signals.lights import Barrier
from gateway.simulator.modbus_module import FakeModbusModule
from tests.signals.conftest import CONFIG, Told, module_for, running

MOVES_S, CLOSES_S = 8.0, 60.0


def _closed_barrier() -> BarrierWatch:
    watch = BarrierWatch(MOVES_S, CLOSES_S)
    watch.opened(False, 0.0)
    watch.closed(True, 0.0)
    watch.lane_shows(True, 0.0)
    return watch


def test_an_opening_and_a_closing_are_no_fault() -> None:
    watch = _closed_barrier()
    watch.lane_shows(False, 10.0)
    watch.pulsed(11.0)
    watch.closed(False, 11.5)
    assert watch.fault(13.0) == ""
    watch.opened(True, 14.0)
    assert watch.fault(299.0) == ""
    watch.lane_shows(True, 300.0)  # however long it took the vehicle
    watch.opened(False, 304.0)
    assert watch.fault(306.0) == ""
    watch.closed(True, 307.0)
    assert watch.fault(10_000.0) == ""


def test_a_barrier_that_does_not_open_is_reported_until_one_opening_works() -> None:
    watch = _closed_barrier()
    watch.pulsed(10.0)
    assert watch.fault(18.0) == ""
    assert watch.fault(18.1) == "did not open within 8 s of its pulse"
    watch.pulsed(30.0)
    watch.closed(False, 30.5)
    watch.opened(True, 33.0)
    assert watch.fault(33.0) == ""


def test_a_barrier_that_stays_open_under_red_is_reported() -> None:
    watch = _closed_barrier()
    watch.lane_shows(False, 10.0)
    watch.closed(False, 11.0)
    watch.opened(True, 14.0)
    watch.lane_shows(True, 100.0)
    assert watch.fault(160.0) == ""
    assert watch.fault(160.1) == "is still open after 60 s of red"


def test_a_barrier_lifted_by_hand_is_reported_with_the_closed_switch_alone() -> None:
    watch = BarrierWatch(MOVES_S, CLOSES_S)
    watch.lane_shows(True, 0.0)
    watch.closed(True, 0.0)
    watch.closed(False, 500.0)
    assert watch.fault(560.0) == ""
    assert "still open" in watch.fault(560.1)


def test_halfway_and_both_ends_at_once_are_reported() -> None:
    watch = _closed_barrier()
    watch.closed(False, 1.0)
    assert "between its end switches" in watch.fault(9.1)
    watch.opened(True, 9.2)
    assert watch.fault(9.2) == ""
    watch.closed(True, 10.0)
    assert watch.fault(10.0) == "both end switches are on"


@given(st.lists(st.tuples(st.sampled_from(["opened", "closed", "pulsed", "red"]), st.booleans(), st.floats(0, 100)), max_size=50))
def test_whatever_comes_a_barrier_that_then_rests_closed_is_no_fault(events: list[tuple[str, bool, float]]) -> None:
    watch, now = BarrierWatch(MOVES_S, CLOSES_S), 0.0
    for name, on, later in events:
        now += later
        match name:
            case "opened":
                watch.opened(on, now)
            case "closed":
                watch.closed(on, now)
            case "pulsed":
                watch.pulsed(now)
            case _:
                watch.lane_shows(on, now)
        assert isinstance(watch.fault(now), str)
    watch.closed(False, now)
    watch.opened(True, now)
    assert watch.fault(now) == ""
    watch.opened(False, now)
    watch.closed(True, now)
    assert watch.fault(now + 10_000) == ""


# Over a real socket ------------------------------------------------------------------------------------------------------

SWITCHED = CONFIG | {"inputs": {"up": {"address": 2}, "down": {"address": 3}}}
BARRIER = BarrierConfig(module="io-1", output="barrier", pulse_s=0.05, opened="up", closed="down", moves_within_s=0.3)


@asynccontextmanager
async def _switched_barrier() -> AsyncIterator[tuple[FakeModbusModule, Barrier, Told, Told]]:
    """The module, its barrier, and what the module and the barrier report."""
    fake = await FakeModbusModule(ModbusModuleConfig.model_validate(SWITCHED)).start(0)
    fake.drive("down", on=True)
    module = module_for(fake)
    barrier, said = Barrier(module, BARRIER), Told()
    async with running(module) as told:
        watching = asyncio.create_task(barrier.watch(said.on_state))
        try:
            await said.working()
            yield fake, barrier, told, said
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    await fake.stop()


async def test_a_stuck_barrier_is_told_once_and_so_is_its_return() -> None:
    async with _switched_barrier() as (fake, barrier, _, said):
        await barrier.open()
        await said.lost()
        assert said.states[-1] == (False, "did not open within 0.3 s of its pulse")
        fake.drive("down", on=False)
        fake.drive("up", on=True)
        await said.working(2)
        assert [working for working, _ in said.states] == [True, False, True]


async def test_a_barrier_that_obeys_is_not_reported_and_a_lost_module_is_not_its_fault() -> None:
    async with _switched_barrier() as (fake, barrier, told, said):
        opening = asyncio.create_task(barrier.open())
        await fake.until(lambda: fake.shows("barrier"))
        fake.drive("down", on=False)
        fake.drive("up", on=True)
        await opening
        await fake.stop()
        await told.lost()
        await fake.start()
        await told.working(2)
        assert [working for working, _ in said.states] == [True]
