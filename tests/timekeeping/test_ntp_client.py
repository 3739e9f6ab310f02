"""An NTP server asked over a real UDP socket, with good manners and bad ones."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from gateway.timekeeping.config import NtpConfig
from gateway.timekeeping.errors import NoTimeError, NotServingError
from gateway.timekeeping.ntp_client import NtpClient
from gateway.timekeeping.sntp import Measured
from tests.timekeeping.fake_ntp import serving, well_mannered

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PATIENCE_S = 10.0


def _clock() -> datetime:
    return NOW


def _nonces() -> Callable[[int], bytes]:
    numbers: Iterator[int] = iter(range(1, 1000))
    return lambda count: next(numbers).to_bytes(count, "big")


def _client(port: int, **changes: float) -> NtpClient:
    config = NtpConfig(host="127.0.0.1", port=port).model_copy(update=changes)
    return NtpClient(config, _clock, _nonces(), lambda: 0.0)


@pytest.mark.parametrize("ahead_s", [0.0, 2.5, -3600.0])
async def test_the_offset_is_measured_in_both_directions(ahead_s: float) -> None:
    async with serving(_clock) as fake:
        fake.ahead_s = -ahead_s
        assert (await _client(fake.port).measure()).ahead_s == pytest.approx(ahead_s, abs=1e-5)


async def test_packets_that_answer_something_else_are_passed_over() -> None:
    def noisy(answer: bytearray) -> list[bytes]:
        return [b"", b"noise", bytes(48), bytes(answer[:24]) + bytes(8) + bytes(answer[32:]), bytes(answer)]

    async with serving(_clock) as fake:
        fake.manners, fake.ahead_s = noisy, -7.0
        assert (await _client(fake.port).measure()).ahead_s == pytest.approx(7.0, abs=1e-5)


async def test_a_flood_costs_its_answer_and_no_memory() -> None:
    async with serving(_clock) as fake:
        fake.manners = lambda _: [bytes(48)] * 500
        with pytest.raises(NoTimeError, match="no answer within"):
            await _client(fake.port, timeout_s=0.2).measure()


async def test_a_server_that_does_not_know_the_time_is_not_believed() -> None:
    async with serving(_clock) as fake:
        fake.manners = lambda answer: [bytes([0xE4]) + bytes(answer[1:])]
        with pytest.raises(NotServingError, match=f"127.0.0.1:{fake.port}: .*does not know the time"):
            await _client(fake.port).measure()


async def test_a_silent_server_is_named() -> None:
    async with serving(_clock) as fake:
        fake.manners = lambda _: []
        with pytest.raises(NoTimeError, match=rf"NTP server 127.0.0.1:{fake.port}: no answer within 0.05 s"):
            await _client(fake.port, timeout_s=0.05).measure()


async def test_a_name_that_is_none_is_named() -> None:
    config = NtpConfig(host="no.such.host.invalid", timeout_s=5)
    with pytest.raises(NoTimeError, match=r"no\.such\.host\.invalid:123"):
        await NtpClient(config, _clock, _nonces(), lambda: 0.0).measure()


async def test_loss_and_return_are_each_told_once_and_measuring_goes_on() -> None:
    found: list[Measured] = []
    states: list[bool] = []
    changed = asyncio.Event()

    def on_measured(measured: Measured) -> None:
        found.append(measured)
        changed.set()

    def on_state(working: bool, _detail: str) -> None:
        states.append(working)
        changed.set()

    async def until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                changed.clear()
                await changed.wait()

    async with serving(_clock) as fake:
        running = asyncio.create_task(_client(fake.port, every_s=0.01, timeout_s=1.0).run(on_measured, on_state))
        await until(lambda: len(found) >= 3)
        fake.manners = lambda _: []
        await until(lambda: states[-1] is False)
        fake.manners, seen = well_mannered, len(found)
        await until(lambda: len(found) > seen)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert states == [True, False, True]
    assert len({question[40:] for question in fake.questions}) == len(fake.questions)  # never the same question twice


async def test_check_says_how_far_the_clock_is_off_or_that_nobody_answers() -> None:
    async with serving(_clock) as fake:
        fake.ahead_s = 3.2
        report = await _client(fake.port).check()
        assert (report.answers, report.identity) == (True, "stratum 2")
        assert "-3.200 s ahead" in report.detail
        fake.manners = lambda _: []
        report = await _client(fake.port, timeout_s=0.05).check()
        assert not report.answers
        assert "no answer" in report.detail
