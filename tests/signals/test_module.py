"""A module over a real socket: inputs arrive settled, outputs are read back, and a loss is survived."""

import asyncio

import pytest

from gateway.signals.errors import ModuleLostError, ModuleRefusedError, OutputStuckError, UnknownOutputError
from gateway.simulator.modbus_module import FakeModbusModule
from tests.driver_loop import PATIENCE_S
from tests.signals.conftest import module_for, running, soon


async def test_first_the_state_of_every_input_then_its_changes_in_both_polarities(fake: FakeModbusModule) -> None:
    fake.drive("photocell", on=True)
    async with running(module_for(fake)) as told:
        await told.until(lambda told: len(told.inputs) == 3)
        assert sorted(told.inputs) == [("far", False), ("loop", False), ("photocell", True)]
        assert fake.points.discrete[1] is False  # the contact is open: an inverted photocell is a safety fault
        fake.drive("loop", on=True)
        await told.until(lambda told: ("loop", True) in told.inputs)
        fake.drive("photocell", on=False)
        await told.until(lambda told: ("photocell", False) in told.inputs)
        fake.drive("far", on=True)
        await told.until(lambda told: ("far", True) in told.inputs)


async def test_a_written_output_is_on_the_module_when_write_returns(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    async with running(module) as told:
        await told.working()
        await module.write({"green": True, "sounder": True})
        assert fake.shows("green")
        assert fake.shows("sounder")
        assert fake.points.coils[22] is False


async def test_an_output_that_does_not_move_is_named(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    async with running(module) as told:
        await told.working()
        fake.stick("green")
        with pytest.raises(OutputStuckError, match="module io-1: output green was set on, reads off"):
            await module.write({"green": True})


async def test_a_module_that_refuses_is_named_with_the_output(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    async with running(module) as told:
        await told.working()
        fake.points.refused.add(21)
        with pytest.raises(ModuleRefusedError, match=r"module io-1: write barrier \(coil 21\): refused with Modbus exception 2"):
            await module.write({"barrier": True})


async def test_an_output_that_is_not_configured_is_refused(fake: FakeModbusModule) -> None:
    with pytest.raises(UnknownOutputError, match="module io-1 has no output 'blue'"):
        await module_for(fake).write({"blue": True})


async def test_writing_while_the_module_is_away_fails_at_once_and_is_caught_up(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    async with running(module) as told:
        await told.working()
        await fake.stop()
        await told.lost()
        with pytest.raises(ModuleLostError, match="module io-1: write amber"):
            await module.write({"amber": True})
        await fake.start()
        await told.working(2)
        assert fake.shows("amber")


async def test_loss_and_return_are_each_told_once_and_the_inputs_again(fake: FakeModbusModule) -> None:
    async with running(module_for(fake)) as told:
        await told.until(lambda told: len(told.inputs) == 3)
        await fake.stop()
        await told.lost()
        fake.drive("loop", on=True)
        await fake.start()
        await told.until(lambda told: len(told.inputs) == 6)
        assert [working for working, _ in told.states] == [True, False, True]
        assert "io-1" in told.states[1][1]
        assert ("loop", True) in told.inputs[3:]


async def test_a_module_that_is_not_there_at_first_is_found_later(fake: FakeModbusModule) -> None:
    await fake.stop()
    async with running(module_for(fake)) as told:
        await told.lost()
        await fake.start()
        await told.working()


async def test_a_module_that_falls_silent_is_lost_and_its_late_answers_change_nothing(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    async with running(module) as told:
        await told.working()
        fake.faults.late_s = 1.2  # later than the gate waits: the answer arrives on a connection that is closed
        await told.lost()
        assert "no answer" in told.states[-1][1]
        fake.faults.late_s = 0.0
        await told.working(2)
        await module.write({"green": True})
        assert fake.shows("green")


async def test_a_module_that_answers_late_but_in_time_is_asked_once_and_never_lost(fake: FakeModbusModule) -> None:
    async with running(module_for(fake)) as told:
        await told.until(lambda told: len(told.inputs) == 3)
        fake.faults.late_s = 0.7
        before = fake.requests
        fake.drive("loop", on=True)
        await told.until(lambda told: ("loop", True) in told.inputs)
        assert fake.requests - before <= 6  # two polls of two runs settle an input, and there is one look at the outputs
        assert [working for working, _ in told.states] == [True]


async def test_a_connection_that_is_cut_under_a_request_is_not_waited_for(
    fake: FakeModbusModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.signals.link.TIMEOUT_S", 2 * PATIENCE_S)
    async with running(module_for(fake)) as told:
        await told.working()
        fake.faults.mute = True
        asked = fake.taken
        await fake.until(lambda: fake.taken > asked)
        await fake.stop()
        await told.lost()
        assert "no answer" in told.states[-1][1]


async def test_a_failing_module_is_lost_though_it_answers(fake: FakeModbusModule) -> None:
    async with running(module_for(fake)) as told:
        await told.working()
        fake.faults.failing = True
        await told.lost()
        assert "Modbus exception 4" in told.states[-1][1]


async def test_a_cancelled_write_is_finished_and_the_next_reply_is_not_taken_for_its_own(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    async with running(module) as told:
        await told.working()
        fake.faults.late_s = 0.05
        writing = asyncio.create_task(module.write({"red": False, "green": True}))
        await asyncio.sleep(0)  # it has begun
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await soon(fake, lambda: fake.shows("green"))
        fake.faults.late_s = 0.0
        await module.write({"amber": True})
        assert fake.outputs() == {"red": False, "amber": True, "green": True, "barrier": False, "sounder": False}
        assert [working for working, _ in told.states] == [True]


async def test_the_heartbeat_register_counts_while_the_gate_lives(fake: FakeModbusModule) -> None:
    config = fake.config.model_validate(
        fake.config.model_dump() | {"watchdog": {"heartbeat": {"table": "register", "address": 9, "interval_s": 0.01}}}
    )
    watched = await FakeModbusModule(config).start(0)
    async with running(module_for(watched)):
        await soon(watched, lambda: watched.points.registers[9] >= 3)
    await watched.stop()


async def test_check_says_what_the_module_is_and_how_it_stands_and_writes_nothing(fake: FakeModbusModule) -> None:
    fake.drive("loop", on=True)
    report = await module_for(fake).check()
    assert report.answers
    assert report.identity == "gateway simulated module 1"
    assert "loop=on photocell=off" in report.detail
    assert fake.history == []


async def test_check_of_a_running_module_uses_its_connection(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    async with running(module) as told:
        await told.working()
        assert (await module.check()).answers


async def test_check_names_a_module_that_is_away(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    await fake.stop()
    report = await module.check()
    assert not report.answers
    assert report.detail == f"module io-1: no connection to 127.0.0.1:{fake.port}"


async def test_check_names_an_address_that_the_module_does_not_have(fake: FakeModbusModule) -> None:
    del fake.points.discrete[0]
    report = await module_for(fake).check()
    assert not report.answers
    assert "read loop, photocell (discrete 0 to 1): refused with Modbus exception 2" in report.detail


async def test_a_connection_that_breaks_while_the_module_stays_is_a_loss_too(fake: FakeModbusModule) -> None:
    """As when a module restarts between two readings: its outputs and its watchdog are set anew, before anything else."""
    async with running(module_for(fake)) as told:
        await told.until(lambda told: len(told.inputs) == 3)
        fake.drop()
        await told.working(2)
        await told.until(lambda told: len(told.inputs) == 6)
        assert [working for working, _ in told.states] == [True, False, True]
