"""What a truck's devices send is on the air once, whoever hears it."""

import asyncio
import json
from dataclasses import replace

from gateway.model.clock import utc_now
from gateway.seal_reader.keys import SealKeys
from gateway.simulator.pictures import Placards
from gateway.simulator.seal_beacon import FakeSealFeed
from gateway.simulator.traffic import LanePlan, SimulatedSite
from gateway.simulator.visits import visits

LANES = (LanePlan("lane-1", (), 1.0, receivers=("ble-1", "ble-2")), LanePlan("lane-2", (), 1.0, receivers=("ble-3",)))
FRAMES = 3


async def test_every_receiver_within_earshot_hears_the_same_frame_of_a_seal() -> None:
    visit = next(visit for visit in visits(1, utc_now()) if visit.seals)
    keys = SealKeys({1: bytes(16)})
    async with SimulatedSite(LANES, (), (), keys, 1, utc_now, Placards()) as site:
        heard = [asyncio.create_task(_frames(feed)) for feed in site.receivers.values() if isinstance(feed, FakeSealFeed)]
        for feed in site.receivers.values():
            if isinstance(feed, FakeSealFeed):
                await feed.connected()
        await site.arrive("lane-1", replace(visit, seals=visit.seals[:1]), overheard=("lane-2", 20))
        first, second, neighbour = await asyncio.gather(*heard)
    assert [payload for payload, _ in first] == [payload for payload, _ in second] == [payload for payload, _ in neighbour]
    assert len({payload for payload, _ in first}) == FRAMES  # and each is a new one
    assert max(rssi for _, rssi in neighbour) < min(rssi for _, rssi in first + second)


async def _frames(feed: FakeSealFeed) -> list[tuple[str, float]]:
    """The first frames that a bridge tells of: payload (hex) and strength (dBm)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", feed.port)
    frames: list[tuple[str, float]] = []
    while len(frames) < FRAMES:
        line = (await reader.readline()).strip()
        if line:
            told = json.loads(line)
            frames.append((told["payload"], told["rssi"]))
    writer.close()
    return frames
