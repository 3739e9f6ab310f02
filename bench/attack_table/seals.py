"""Seal frames, as real bytes of an advertisement: forged, replayed, and so many of them that nothing else would be heard."""

import os
import time
from datetime import timedelta
from typing import Final

from bench.attack_table.scene import Attack, Scene, Tried
from gateway.model.clock import utc_now
from gateway.model.device import Advertisement
from gateway.seal_reader.counters import MemoryCounters
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.listener import SealAuthenticator
from gateway.simulator.seal_beacon import SealBeacon

SERIAL: Final = 20261123
MASTER: Final = bytes(range(16))


class _Air:
    def __init__(self) -> None:
        self.keys = SealKeys({1: MASTER})
        self.beacon = SealBeacon(SERIAL, self.keys)
        self.gate = SealAuthenticator(self.keys, {SERIAL: "VSL0000042"}.get, MemoryCounters())
        self._begun = utc_now()

    def hear(self, payload: bytes, after_s: float = 0.0) -> bool:
        """Whether the gate believes it."""
        heard = Advertisement("ble-1", self._begun + timedelta(seconds=after_s), "C0:00:00:00:00:01", -50.0, payload)
        before = self.gate.counts["heard"]
        self.gate.accept(heard)
        return self.gate.counts["heard"] > before

    def frame(self) -> bytes:
        made = self.beacon.next_frame()
        assert made is not None
        return made


async def forged(scene: Scene) -> Tried:
    """Other keys, tags guessed, every bit of a good frame turned, frames cut and grown."""
    air = _Air()
    good = air.frame()
    forger = SealBeacon(SERIAL, SealKeys({1: bytes(16)}), counter=4_000_000_000)
    frames = [made for _ in range(scene.times(1000)) if (made := forger.next_frame())]
    frames += [good[:-4] + os.urandom(4) for _ in range(scene.times(10_000))]
    frames += [_turned(good, bit) for bit in range(len(good) * 8)]
    frames += [good[:length] for length in range(len(good))] + [good + b"\0", good + good]
    believed = sum(air.hear(frame) for frame in frames)
    still = air.hear(air.frame())
    return Tried("seal frames forged", len(frames), f"{believed} believed; the seal itself is still heard", not believed and still)


def _turned(frame: bytes, bit: int) -> bytes:
    changed = bytearray(frame)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


async def replayed(scene: Scene) -> Tried:
    """Everything the seal has ever sent, recorded, and sent again a minute and a day later, and after a restart."""
    air = _Air()
    recorded = [air.frame() for _ in range(scene.times(1000))]
    for number, frame in enumerate(recorded):
        air.hear(frame, number * 0.1)
    late = len(recorded) * 0.1
    believed = sum(air.hear(frame, late + after_s) for after_s in (60.0, 86400.0) for frame in recorded)
    counters = MemoryCounters()
    counters.advance(SERIAL, air.beacon.counter)
    air.gate = SealAuthenticator(air.keys, {SERIAL: "VSL0000042"}.get, counters)
    believed += sum(air.hear(frame, late + 90_000.0) for frame in recorded)
    return Tried("seal frames replayed, also after a restart", 3 * len(recorded), f"{believed} believed", believed == 0)


async def flood(scene: Scene) -> Tried:
    """Forged frames of one seal and of ten thousand serials: what a gate spends on each, and whether it keeps something of them."""
    air = _Air()
    count = scene.times(50_000)
    frames = [os.urandom(4).join((air.frame()[:6], air.frame()[10:])) for _ in range(1000)]
    begun = time.perf_counter()
    believed = sum(air.hear(frames[number % 1000], 1.0) for number in range(count))
    each_us = (time.perf_counter() - begun) / count * 1e6
    still = air.hear(air.frame(), 2.0)
    held = not believed and still and each_us < 1000
    return Tried(
        "a flood of forged seal frames", count, f"{believed} believed, {each_us:.0f} µs each; the seal is still heard", held
    )


ATTACKS: Final[tuple[Attack, ...]] = (forged, replayed, flood)
