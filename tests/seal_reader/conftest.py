"""A seal with a real key, a feed on a real socket, and the gate's side of both."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from gateway.model.clock import utc_now
from gateway.model.device import Advertisement
from gateway.seal_reader.config import AdvertisementFeedConfig
from gateway.seal_reader.counters import CounterStore, MemoryCounters
from gateway.seal_reader.feed_receiver import FeedReceiver
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.listener import SealAuthenticator
from gateway.seal_reader.receiver import Receiver
from gateway.simulator.seal_beacon import FakeSealFeed, SealBeacon
from tests.driver_loop import DriverTold, at_work

MASTER = bytes(range(16))
SERIAL = 20261123
NUMBER = "VSL0000042"
START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def keys() -> SealKeys:
    return SealKeys({1: MASTER})


@pytest.fixture
def beacon(keys: SealKeys) -> SealBeacon:
    return SealBeacon(SERIAL, keys)


def authenticator(keys: SealKeys, counters: CounterStore | None = None) -> SealAuthenticator:
    return SealAuthenticator(keys, {SERIAL: NUMBER}.get, counters or MemoryCounters())


def heard(payload: bytes | None, after_s: float = 0.0, rssi: float = -55.0) -> Advertisement:
    assert payload is not None
    return Advertisement("ble-1", START + timedelta(seconds=after_s), "C0:00:01:35:29:03", rssi, payload)


@dataclass
class Told(DriverTold):
    """What the receiver's loop reported."""

    heard: list[Advertisement] = field(default_factory=list)

    def on_advertisement(self, advertisement: Advertisement) -> None:
        self.heard.append(advertisement)
        self.changed.set()


@pytest.fixture
async def feed() -> AsyncIterator[FakeSealFeed]:
    feed = await FakeSealFeed(utc_now).start()
    yield feed
    await feed.stop()


def receiver_for(feed: FakeSealFeed, **changes: object) -> FeedReceiver:
    entry = {"name": "ble-1", "host": "127.0.0.1", "port": feed.port, "lanes": ["out-1"], "retry_s": 0.2}
    return FeedReceiver(AdvertisementFeedConfig.model_validate(entry | changes), utc_now)


def running(receiver: Receiver) -> AbstractAsyncContextManager[Told]:
    told = Told()
    return at_work(told, receiver.run(told.on_advertisement, told.on_state))
