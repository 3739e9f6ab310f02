"""A UHFReader18-family reader on every kind of serial line: tags arrive, noise costs nothing, losses are told once."""

import asyncio

import pytest

from gateway.model.clock import utc_now
from gateway.rfid.config import Uhf18ReaderConfig
from gateway.rfid.uhf18_frames import INVENTORY
from gateway.rfid.uhf18_reader import Uhf18Reader
from gateway.simulator.serial_line import SerialLine, SocketLine
from gateway.simulator.uhf18_reader import FakeUhf18Reader
from tests.rfid.conftest import running, soon

EPC = "3034b708ac397e0000000649"
OTHERS = [f"{number:024x}" for number in range(1, 8)]
TWO_LANES = {1: {"lane": "out-1"}, 2: {"lane": "out-2"}}


def config_for(line: SerialLine, **changes: object) -> Uhf18ReaderConfig:
    entry = {"name": "uhf-2", "port": line.port, "antennas": TWO_LANES, "model": "288", "poll_ms": 5, "retry_s": 0.2}
    return Uhf18ReaderConfig.model_validate(entry | {"timeout_s": 5.0} | changes)


async def fake_on(line: SerialLine, **changes: object) -> tuple[FakeUhf18Reader, Uhf18Reader]:
    await line.start()
    config = config_for(line, **changes)
    return FakeUhf18Reader(line, config), Uhf18Reader(config, utc_now)


async def test_a_tag_is_told_with_antenna_and_strength(line: SerialLine) -> None:
    fake, reader = await fake_on(line)
    async with running(reader) as told:
        await told.working()
        before = utc_now()
        fake.see(EPC, antenna=1, rssi=-48)
        fake.see(OTHERS[0], antenna=2, rssi=-63)
        await told.until(lambda told: len(told.tags) == 2)
        first, second = sorted(told.tags, key=lambda tag: tag.antenna)
        assert (first.device, first.technology, first.uid, first.antenna, first.rssi) == ("uhf-2", "uhf", EPC, 1, -48.0)
        assert (second.uid, second.antenna, second.rssi) == (OTHERS[0], 2, -63.0)
        assert before <= first.at <= utc_now()
    await fake.stop()


async def test_a_model_without_antennas_tells_no_strength(line: SerialLine) -> None:
    fake, reader = await fake_on(line, model="18", antennas={1: {"lane": "out-1"}})
    async with running(reader) as told:
        await told.working()
        for epc in (EPC, *OTHERS):  # several frames of one inventory
            fake.see(epc)
        await told.until(lambda told: len(told.tags) == 8)
        assert told.uids == [EPC, *OTHERS]
        assert {(tag.antenna, tag.rssi) for tag in told.tags} == {(1, None)}
    await fake.stop()


@pytest.mark.parametrize(
    "noise", [b"\x00\x13\xff", b"\xff", b"\x15\x00\x01\x03", EPC.encode()], ids=["short", "long", "like", "text"]
)
async def test_no_tag_is_lost_to_noise_on_the_line(line: SerialLine, noise: bytes) -> None:
    fake, reader = await fake_on(line)
    async with running(reader) as told:
        await told.working()
        fake.faults.noise = noise
        for epc in OTHERS:
            fake.see(epc)
        await told.until(lambda told: len(told.tags) == len(OTHERS))
        assert told.uids == OTHERS
        assert [working for working, _ in told.states] == [True]
    await fake.stop()


async def test_an_answer_that_is_spoilt_is_asked_for_again(line: SerialLine) -> None:
    fake, reader = await fake_on(line, timeout_s=0.5)
    async with running(reader) as told:
        await told.working()
        fake.faults.spoilt = 1
        asked = fake.inventories
        await soon(line, lambda: fake.inventories >= asked + 3)
        assert [working for working, _ in told.states] == [True]
    await fake.stop()


async def test_a_reader_that_falls_silent_is_lost_though_its_line_stands(line: SerialLine) -> None:
    fake, reader = await fake_on(line, timeout_s=0.05)
    async with running(reader) as told:
        await told.working()
        fake.faults.mute = True
        await told.lost()
        assert told.states[-1][1] == "reader uhf-2: 3 commands in a row unanswered"
        fake.faults.mute = False
        await told.working(2)
        fake.see(EPC)
        await told.until(lambda told: told.uids == [EPC])
    await fake.stop()


async def test_a_reader_that_says_who_it_is_and_no_more_is_lost_once() -> None:
    line = SocketLine()
    fake, reader = await fake_on(line, timeout_s=0.05)
    async with running(reader) as told:
        await told.working()
        fake.faults.ignored.add(INVENTORY)
        await told.lost()
        told.states.clear()
        before = line.clients
        await soon(line, lambda: line.clients >= before + 2)
        assert told.states == []
    await fake.stop()


async def test_loss_and_return_are_each_told_once_and_what_the_reader_kept_arrives(line: SerialLine) -> None:
    fake, reader = await fake_on(line)
    async with running(reader) as told:
        await told.working()
        await line.stop()
        await told.lost()
        fake.see(EPC)
        await line.start()
        await told.working(2)
        await told.until(lambda told: told.uids == [EPC])
        assert [working for working, _ in told.states] == [True, False, True]
    await fake.stop()


async def test_one_antenna_without_its_cable_is_named_and_the_other_goes_on() -> None:
    fake, reader = await fake_on(SocketLine())
    async with running(reader) as told:
        await told.working()
        fake.faults.unplugged.add(2)
        await told.lost()
        assert told.states[-1][1] == "reader uhf-2: antenna 2: status F8 (antenna not connected)"
        fake.see(EPC, antenna=1)
        await told.until(lambda told: told.uids == [EPC])
        fake.faults.unplugged.clear()
        await told.working(2)
    await fake.stop()


async def test_an_inventory_that_makes_no_sense_is_counted_and_costs_nothing_else() -> None:
    fake, reader = await fake_on(SocketLine())
    async with running(reader) as told:
        await told.working()
        fake.line.send(bytes.fromhex("0d0001010102043034078960848c"))  # says two tags and has one
        fake.see(EPC)
        await told.until(lambda told: told.uids == [EPC])
        assert reader.bad_reports == 1
        assert [working for working, _ in told.states] == [True]
    await fake.stop()


async def test_a_reader_with_another_address_on_the_line_is_not_listened_to() -> None:
    fake, _ = await fake_on(SocketLine(), address=7)
    report = await Uhf18Reader(config_for(fake.line, address=8, timeout_s=0.05), utc_now).check()
    assert (report.answers, report.detail) == (False, "reader uhf-2: 3 commands in a row unanswered")
    await soon(fake.line, lambda: True)
    assert (await Uhf18Reader(config_for(fake.line, address=7), utc_now).check()).answers
    await fake.stop()


async def test_check_says_what_the_reader_is(line: SerialLine) -> None:
    fake, reader = await fake_on(line)
    report = await reader.check()
    assert (report.answers, report.identity) == (True, "type 09 firmware 2.61, 30 dBm")
    assert report.address == line.port
    await fake.stop()
    assert not (await reader.check()).answers


async def test_check_of_a_reader_in_use_does_not_disturb_it() -> None:
    fake, reader = await fake_on(SocketLine())
    async with running(reader) as told:
        await told.working()
        report = await reader.check()
        assert (report.answers, report.detail) == (True, "in use by this gate")
    await fake.stop()


async def test_noise_without_end_stops_nobody_else() -> None:
    """The loop that drives the lanes gets its turns while a broken line floods the gate."""
    fake, reader = await fake_on(SocketLine())
    async with running(reader) as told:
        await told.working()
        fake.faults.noise = b"\xff" * 20_000
        for _ in range(20):
            await asyncio.sleep(0)
        fake.faults.noise = b""
        fake.see(EPC)
        await told.until(lambda told: EPC in told.uids)
    await fake.stop()
