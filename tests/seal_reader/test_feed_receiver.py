"""A receiver elsewhere, over a real socket: what it hears arrives, what it garbles is counted, what it loses is told."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import ValidationError

from gateway.model.clock import utc_now
from gateway.model.observation import SealRejected, VehicleSealHeard
from gateway.seal_reader.config import AdvertisementFeedConfig
from gateway.seal_reader.feed_receiver import MOST_OF_ANOTHER_TIME
from gateway.seal_reader.keys import SealKeys
from gateway.simulator.seal_beacon import FakeSealFeed, SealBeacon
from tests.seal_reader.conftest import NUMBER, authenticator, receiver_for, running


async def test_a_seal_on_the_air_is_heard_with_its_strength(feed: FakeSealFeed, keys: SealKeys, beacon: SealBeacon) -> None:
    async with running(receiver_for(feed)) as told:
        await told.working()
        assert feed.transmit(beacon, rssi=-48.5)
        await told.until(lambda told: len(told.heard) == 1)
        (heard,) = told.heard
        assert (heard.device, heard.address, heard.rssi) == ("ble-1", beacon.address, -48.5)
        state = authenticator(keys).accept(heard)
        assert isinstance(state, VehicleSealHeard)
        assert (state.number, state.locked) == (NUMBER, True)


async def test_two_receivers_hear_one_frame_and_it_is_news_once(feed: FakeSealFeed, keys: SealKeys, beacon: SealBeacon) -> None:
    gate = authenticator(keys)
    async with running(receiver_for(feed)) as near, running(receiver_for(feed, name="ble-2")) as far:
        await near.working()
        await far.working()
        feed.transmit(beacon)
        await near.until(lambda told: len(told.heard) == 1)
        await far.until(lambda told: len(told.heard) == 1)
        answers = [gate.accept(heard) for heard in (*near.heard, *far.heard)]
        assert [(a.device, a.counter) for a in answers if isinstance(a, VehicleSealHeard)] == [("ble-1", 1), ("ble-2", 1)]


async def test_forged_and_replayed_frames_arrive_and_are_refused(feed: FakeSealFeed, keys: SealKeys, beacon: SealBeacon) -> None:
    gate = authenticator(keys)
    async with running(receiver_for(feed)) as told:
        await told.working()
        feed.transmit(beacon)
        feed.transmit(beacon)
        beacon.fault = "replayed"
        feed.transmit(beacon)
        beacon.fault = "forged"
        feed.transmit(beacon)
        beacon.fault = "silent"
        assert not feed.transmit(beacon)
        await told.until(lambda told: len(told.heard) == 4)
        answers = [gate.accept(heard) for heard in told.heard]
    assert [a.why if isinstance(a, SealRejected) else "heard" for a in answers] == ["heard", "heard", "replayed", "forged"]


async def test_bad_lines_are_counted_and_named_and_cost_nothing_else(feed: FakeSealFeed, beacon: SealBeacon) -> None:
    receiver = receiver_for(feed)
    async with running(receiver) as told:
        await told.working()
        feed.send(b'{"address": "x"}\n')
        feed.send(b"\xff\xfe\x00 garbage\n" + b"z" * 100_000 + b"\n")
        feed.transmit(beacon)
        await told.until(lambda told: len(told.heard) == 1)
        assert receiver.bad_lines == 3
        assert receiver.last_bad_line == "line 4: longer than 2048 bytes"
        assert [working for working, _ in told.states] == [True]


@pytest.mark.parametrize("away_s", [-7.0, 7.0])
async def test_a_line_of_another_time_is_no_evidence_of_now(feed: FakeSealFeed, beacon: SealBeacon, away_s: float) -> None:
    receiver = receiver_for(feed)
    async with running(receiver) as told:
        await told.working()
        feed.tell(beacon.address, -50, beacon.next_frame() or b"", at=utc_now() + timedelta(seconds=away_s))
        feed.transmit(beacon)
        await told.until(lambda told: len(told.heard) == 1)
        assert receiver.bad_lines == 1
        assert "from this gate's clock, 5 s are allowed" in receiver.last_bad_line


async def test_a_bridge_whose_clock_is_wrong_is_told_lost_once_and_back_once(feed: FakeSealFeed, beacon: SealBeacon) -> None:
    """It is connected, and yet no seal is heard: nobody would know."""
    receiver = receiver_for(feed)
    async with running(receiver) as told:
        await told.working()
        for _ in range(MOST_OF_ANOTHER_TIME - 1):
            feed.tell(beacon.address, -50, beacon.next_frame() or b"", at=utc_now() + timedelta(seconds=60))
        feed.transmit(beacon)
        await told.until(lambda told: len(told.heard) == 1)
        assert [working for working, _ in told.states] == [True]
        for _ in range(2 * MOST_OF_ANOTHER_TIME):
            feed.tell(beacon.address, -50, beacon.next_frame() or b"", at=utc_now() + timedelta(seconds=60))
        feed.send(b"\n")
        await told.lost()
        assert told.states[-1][1].startswith("receiver ble-1: its clock is wrong: line ")
        await feed.stop()
        await feed.start()  # a new connection is no better
        await feed.connected()
        feed.transmit(beacon)
        await told.until(lambda told: len(told.heard) == 2)
        assert [working for working, _ in told.states] == [True, False, True]


async def test_loss_and_return_are_each_told_once_and_seals_are_heard_again(feed: FakeSealFeed, beacon: SealBeacon) -> None:
    async with running(receiver_for(feed)) as told:
        await told.working()
        await feed.stop()
        await told.lost()
        await feed.start()
        await told.working(2)
        feed.transmit(beacon)
        await told.until(lambda told: len(told.heard) == 1)
        assert [working for working, _ in told.states] == [True, False, True]


async def test_a_feed_that_falls_silent_is_lost_though_its_connection_stands(feed: FakeSealFeed) -> None:
    async with running(receiver_for(feed, silence_s=0.1)) as told:
        await told.working()
        feed.mute = True
        await told.lost()
        assert told.states[-1][1] == "receiver ble-1: silent for 0.1 s, heartbeats included"
        feed.mute = False
        await told.working(2)


async def test_heartbeats_keep_a_quiet_lane_connected(keys: SealKeys, beacon: SealBeacon) -> None:
    feed = await FakeSealFeed(utc_now, heartbeat_s=0.02).start()
    async with running(receiver_for(feed, silence_s=5.0)) as told:
        await told.working()
        await feed.until(lambda: feed.heartbeats >= 10)
        feed.transmit(beacon)
        await told.until(lambda told: len(told.heard) == 1)
        assert [working for working, _ in told.states] == [True]
    await feed.stop()


async def test_a_feed_that_is_not_there_at_first_is_found_later(feed: FakeSealFeed) -> None:
    await feed.stop()
    async with running(receiver_for(feed)) as told:
        await told.lost()
        assert told.states == [(False, f"receiver ble-1: no connection to 127.0.0.1:{feed.port}")]
        await feed.start()
        await told.working()


async def test_check_says_whether_anybody_speaks(feed: FakeSealFeed) -> None:
    assert (await receiver_for(feed).check()).answers
    feed.mute = True
    receiver = receiver_for(feed, timeout_s=0.2)
    report = await receiver.check()
    assert (report.answers, report.detail) == (False, "receiver ble-1: silent for 0.2 s, heartbeats included")
    await feed.stop()
    assert "no connection" in (await receiver.check()).detail


async def test_a_flood_does_not_starve_the_loop(feed: FakeSealFeed, beacon: SealBeacon) -> None:
    """Others on the loop still get their turn while a bridge tells of ten thousand advertisements."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with running(receiver_for(feed)) as told:
        await told.working()
        lane = asyncio.create_task(other())
        payload = beacon.next_frame() or b""
        for _ in range(10_000):
            feed.tell(beacon.address, -50, payload)
        await told.until(lambda told: len(told.heard) == 10_000)
        lane.cancel()
        assert turns > 50


def test_a_wrong_entry_is_refused_by_name() -> None:
    entry = {"name": "ble-1", "host": "10.0.0.9", "port": 9000, "lanes": ["out-1"]}
    AdvertisementFeedConfig.model_validate(entry)
    for change, named in (({"lane": "out-1"}, "lane"), ({"lanes": []}, "lanes"), ({"port": 0}, "port")):
        with pytest.raises(ValidationError, match=named):
            AdvertisementFeedConfig.model_validate(entry | change)
    assert [name for name, field in AdvertisementFeedConfig.model_fields.items() if not field.description] == []
