"""Lose each kind of seal receiver again and again: how long until the gate notices, until it is back, and what was lost.

`python bench/seal_loss.py [REPETITIONS] [SILENCE_S]`. A Bluetooth adapter through BlueZ (the real bleak on a private D-Bus):
bluetoothd dies and is started, or is restarted at once; the adapter is unplugged; it falls silent until it scans afresh, or until
it is switched off and on, which the gate does by itself ("back" is then counted from when the silence was noticed). A network
bridge: its connection is cut; it falls silent. Silence is noticed when `silence_s` is over (90 s unless the lane file says
otherwise; here 2 s, to be done sooner). Seals advertise at 10 Hz all the time: every frame that the receiver's device has handed
over must arrive, and what has changed about a seal while nobody heard it must be known once the receiver is back.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from loss import HEADING, REPETITIONS, Gate, Loss, Step, nothing, repeat
from pydantic import TypeAdapter

from gateway.model.clock import utc_now
from gateway.model.device import Advertisement
from gateway.model.observation import VehicleSealHeard
from gateway.seal_reader.config import BluezReceiverConfig, ReceiverConfig
from gateway.seal_reader.counters import MemoryCounters
from gateway.seal_reader.drivers import receiver_of
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.listener import SealAuthenticator
from gateway.simulator.private_bus import ADDRESS_VARIABLE
from gateway.simulator.radio import Radio
from gateway.simulator.seal_beacon import FakeSealFeed, SealBeacon

RECEIVER: TypeAdapter[ReceiverConfig] = TypeAdapter(ReceiverConfig)
SEALS: Final = 20
EVERY_S: Final = 0.1
RSSI: Final = -55.0  # dBm
UNDER_WAY_S: Final = 0.02  # from the radio through bluetoothd and the bus; what is there when one of these dies it takes along
SILENCE_S: Final = 2.0


@dataclass
class Yard:
    """Seals near one receiver, and what the gate makes of them."""

    tell: Callable[[str, float, bytes], bool]  # whether the receiver's device has heard (address, dBm, payload) and handed it over
    gate: Gate = field(default_factory=Gate)
    air: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while frames are under way

    def __post_init__(self) -> None:
        keys = SealKeys({1: bytes(16)})
        self.seals = [SealBeacon(serial, keys) for serial in range(1, SEALS + 1)]
        self._judge = SealAuthenticator(keys, str, MemoryCounters())

    async def advertise(self) -> None:
        while True:
            async with self.air:
                for seal in self.seals:
                    payload = seal.next_frame()
                    if payload is not None and self.tell(seal.address, RSSI, payload):
                        self.gate.expect(f"{seal.serial} {seal.counter}")
                await asyncio.sleep(UNDER_WAY_S)
            await asyncio.sleep(EVERY_S - UNDER_WAY_S)

    def hear(self, advertisement: Advertisement) -> None:
        seen = self._judge.accept(advertisement)
        if isinstance(seen, VehicleSealHeard):
            self.gate.tell(f"{seen.number} {seen.counter}")
            self.gate.tell(f"{seen.number} has {seen.battery_percent} %")

    def changes(self, number: int) -> tuple[str, ...]:
        """One seal says something else from now on."""
        self.seals[0].battery_percent = number % 100
        return (f"{self.seals[0].serial} has {number % 100} %",)

    def between_frames(self, step: Callable[[], Awaitable[object] | None]) -> Step:
        async def done() -> None:
            async with self.air:
                answer = step()
                if answer is not None:
                    await answer

        return done

    async def measure(self, config: ReceiverConfig, loss: Loss, repetitions: int) -> None:
        running = asyncio.create_task(receiver_of(config, utc_now).run(self.hear, self.gate.on_state))
        await self.gate.until(lambda: self.gate.working)
        advertising = asyncio.create_task(self.advertise())
        line = await repeat(loss, self.gate, repetitions)
        for task in (advertising, running):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        print(line, flush=True)


async def lose_adapter(repetitions: int, silence_s: float) -> None:
    config = BluezReceiverConfig(name="ble", lanes=("lane",), silence_s=silence_s)
    radio = Radio([config])
    os.environ[ADDRESS_VARIABLE] = radio.bus_address
    bluetoothd, adapter = radio.bluetoothd, radio.adapters[config.name]
    await radio.start()
    await adapter.start()

    async def restart() -> None:
        bluetoothd.stop()
        await bluetoothd.start()

    ways: dict[str, tuple[Callable[[], Any], Step]] = {
        "bluetoothd dies": (bluetoothd.stop, bluetoothd.start),
        "bluetoothd restarted": (restart, nothing),
        "unplugged": (adapter.stop, adapter.start),
        "silent until it rescans": (lambda: bluetoothd.deafen(config.adapter, "scan"), nothing),
        "silent until it is reset": (lambda: bluetoothd.deafen(config.adapter, "reset"), nothing),
    }
    for how, (lose, mend) in ways.items():
        yard = Yard(adapter.tell)
        await yard.measure(config, Loss("bluez", how, yard.between_frames(lose), mend, yard.changes), repetitions)
    await radio.stop()


async def lose_bridge(repetitions: int, silence_s: float) -> None:
    feed = await FakeSealFeed(utc_now, heartbeat_s=silence_s / 4).start()
    settings = {"type": "advertisement_feed", "name": "ble", "host": "127.0.0.1", "port": feed.port, "lanes": ["lane"]}
    config = RECEIVER.validate_python(settings | {"silence_s": silence_s})

    def mute(muted: bool) -> Step:
        async def step() -> None:
            feed.mute = muted

        return step

    ways: dict[str, tuple[Step, Step]] = {"cut": (feed.stop, feed.start), "silent": (mute(True), mute(False))}
    for how, (lose, mend) in ways.items():
        yard = Yard(lambda *heard: not feed.mute and feed.tell(*heard))
        await yard.measure(config, Loss("advertisement_feed", how, yard.between_frames(lose), mend, yard.changes), repetitions)
    await feed.stop()


async def main(repetitions: int, silence_s: float) -> None:
    print(f"silence_s {silence_s:g}, {SEALS} seals at {1 / EVERY_S:g} Hz\n{HEADING}", flush=True)
    await lose_bridge(repetitions, silence_s)
    await lose_adapter(repetitions, silence_s)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # the losses are counted here
    given = [float(number) for number in sys.argv[1:]]
    asyncio.run(main(int(given[0]) if given else REPETITIONS, given[1] if len(given) > 1 else SILENCE_S))
