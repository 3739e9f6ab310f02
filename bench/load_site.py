"""The site that `load.py` keeps busy: four lanes with four cameras, a reader, a Bluetooth adapter and an I/O module each."""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import cycle
from random import Random
from typing import Any, Final

from gateway.demo.parts import Parts
from gateway.demo.rehearsal import FEED_S
from gateway.model.clock import Clock
from gateway.seal_reader.keys import SealKeys
from gateway.simulator.pictures import RenderedScenes
from gateway.simulator.scene import Light, TruckLook, View
from gateway.simulator.seal_beacon import SealBeacon
from gateway.simulator.visits import visits
from gateway.site.lane_file import SiteConfig

LANES: Final = 4
VIEWS: Final = ("front", "rear", "side", "top")
FRAMES_PER_SECOND: Final = 5.5  # between two pictures the simulated camera waits so long, and sending comes on top: 5 arrive
TAGS_PER_SECOND: Final = 50.0  # of each reader
TAGS: Final = 40  # different ones before each reader
SEALS: Final = 200
SEAL_HZ: Final = 10.0
FIRST_SERIAL: Final = 4_000_000_000  # far from those of the trucks
TURN_S: Final = 0.02
EMPTY_PICTURES: Final = 80  # of each camera's empty lane: more than the gate remembers, or the camera would seem to be frozen


def site() -> SiteConfig:
    """Addresses do not matter: all move to this machine."""
    return SiteConfig.model_validate(
        {
            "name": "load",
            "title": {"zh_TW": "負載測試", "en": "Load"},
            "store": {"folder": "store"},
            "io_modules": [_module(number) for number in range(1, LANES + 1)],
            "readers": [_reader(number) for number in range(1, LANES + 1)],
            "seals": {
                "keys": {"file": "key"},
                "receivers": [
                    {"type": "bluez", "name": f"ble-{number}", "adapter": f"hci{number - 1}", "lanes": [f"lane-{number}"]}
                    for number in range(1, LANES + 1)
                ],
            },
            "lanes": [_lane(number) for number in range(1, LANES + 1)],
        }
    )


def _module(number: int) -> dict[str, Any]:
    lights = {"red": {"channel": 0}, "amber": {"channel": 1}, "green": {"channel": 2}}
    return {
        "type": "adam_6050",
        "name": f"io-{number}",
        "host": "192.0.2.1",
        "inputs": {"loop": {"channel": 0}},
        "outputs": lights | {"barrier": {"channel": 3}},
        "watchdog": {"timeout_s": 8},
    }


def _reader(number: int) -> dict[str, Any]:
    return {"type": "llrp", "name": f"uhf-{number}", "host": "192.0.2.2", "antennas": {1: {"lane": f"lane-{number}"}}}


def _lane(number: int) -> dict[str, Any]:
    module = f"io-{number}"
    cameras = [
        {"type": "mjpeg", "name": f"{view}-{number}", "url": "http://192.0.2.3/", "looks_at": view, "frames_per_second": 5}
        for view in VIEWS
    ]
    return {
        "name": f"lane-{number}",
        "title": {"zh_TW": f"第 {number} 車道", "en": f"Lane {number}"},
        "loop": {"module": module, "input": "loop"},
        "lights": {"module": module, "red": "red", "amber": "amber", "green": "green"},
        "barrier": {"module": module, "output": "barrier"},
        "cameras": cameras,
    }


class Film(RenderedScenes):
    """Rendered trucks; empty lanes are drawn beforehand, so that the simulator leaves the machine to the gate."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, FRAMES_PER_SECOND)
        self._empty: dict[tuple[str, Light], list[bytes]] = {}

    async def draw(self, camera: str, view: View, light: Light, truck: TruckLook | None, progress: float, shown: int) -> bytes:
        if truck is not None:
            return await super().draw(camera, view, light, truck, progress, shown)
        pictures = self._empty.setdefault((camera, light), [])
        if len(pictures) < EMPTY_PICTURES:
            pictures.append(await super().draw(camera, view, light, None, progress, shown))
            return pictures[-1]
        return pictures[shown % len(pictures)]


class Traffic:
    """All that happens at the site. `handed` counts what devices have handed over: `tags`, `seals`; and `trucks` sent."""

    def __init__(self, parts: Parts, clock: Clock, truck_every_s: float) -> None:
        self.handed: Counter[str] = Counter()
        self._parts, self._clock, self._truck_every_s = parts, clock, truck_every_s
        self._chance = Random(1)
        key = bytes.fromhex((parts.settings.folder / "seal-master.key").read_text(encoding="ascii"))
        first = int(clock().timestamp())  # a seal's counter only ever grows
        self._seals = [SealBeacon(FIRST_SERIAL + number, SealKeys({1: key}), counter=first) for number in range(SEALS)]

    @property
    def waiting(self) -> int:
        """Advertisements that the bus has not taken yet: this machine is too slow for the load."""
        radio = self._parts.simulated.radio
        return radio.bluetoothd.waiting if radio else 0

    async def announce(self) -> None:
        """The seals stand in the register: frames of strangers would be cheaper."""
        await self._parts.client.register(
            {"kind": "vehicle_seal", "serial": seal.serial, "number": f"LOAD{seal.serial % 1000:06d}"} for seal in self._seals
        )

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(_pace(SEALS * SEAL_HZ, self._advertise))
            for name in self._parts.simulated.readers:
                group.create_task(_pace(TAGS_PER_SECOND, partial(self._hold, name)))
            if self._truck_every_s:
                group.create_task(self._send_trucks())

    def _advertise(self, number: int) -> None:
        """Seals stand about the yard, each nearest to one lane; every frame is a new one."""
        seal = self._seals[number % SEALS]
        receiver = self._parts.simulated.receivers[f"ble-{1 + number % SEALS % LANES}"]
        payload = seal.next_frame()
        self.handed["seals"] += payload is not None and receiver.tell(seal.address, self._chance.uniform(-90, -75), payload)

    def _hold(self, reader: str, number: int) -> None:
        uid = f"e28011{number % TAGS:018x}"
        self.handed["tags"] += self._parts.simulated.readers[reader].see(uid, 1, self._chance.randint(-70, -50))

    async def _send_trucks(self) -> None:
        simulated, client = self._parts.simulated, self._parts.client
        lanes = cycle(simulated.plans)
        under_way: dict[str, asyncio.Task[str]] = {}
        for visit in visits(1, self._clock()):
            lane = next(lanes)
            await asyncio.sleep(self._truck_every_s)
            if lane in under_way and not under_way[lane].done():
                continue
            await client.register(visit.register())
            for order in visit.orders:
                await client.order(order)
            await asyncio.sleep(FEED_S)
            under_way[lane] = asyncio.create_task(simulated.visit(lane, visit))
            self.handed["trucks"] += 1


async def _pace(per_second: float, happen: Callable[[int], None]) -> None:
    """Steadily, and never more than a second's worth at once."""
    now = asyncio.get_running_loop().time
    begun, done = now(), 0
    while True:
        due = int((now() - begun) * per_second)
        for number in range(max(done, due - int(per_second)), due):
            happen(number)
        done = due
        await asyncio.sleep(TURN_S)
