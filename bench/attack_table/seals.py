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
MOST_US: Final = 1000  # an adapter hands over some hundred frames a second: a tenth of a core at most


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
    still = air.hear(good)
    return Tried(
        "seal frames forged",
        len(frames),
        f"{believed} believed",
        not believed,
        f"the frame itself, after them: {_heard(still)}",
        still,
    )


def _turned(frame: bytes, bit: int) -> bytes:
    changed = bytearray(frame)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _heard(believed: bool) -> str:
    return "believed" if believed else "not believed"


async def replayed(scene: Scene) -> Tried:
    """Everything the seal has ever sent, recorded, and sent again a minute and a day later, and after a restart."""
    air = _Air()
    recorded = [air.frame() for _ in range(scene.times(1000))]
    honest = sum(air.hear(frame, number * 0.1) for number, frame in enumerate(recorded))
    late = len(recorded) * 0.1
    believed = sum(air.hear(frame, late + after_s) for after_s in (60.0, 86400.0) for frame in recorded)
    counters = MemoryCounters()
    counters.advance(SERIAL, air.beacon.counter)
    air.gate = SealAuthenticator(air.keys, {SERIAL: "VSL0000042"}.get, counters)
    believed += sum(air.hear(frame, late + 90_000.0) for frame in recorded)
    still = air.hear(air.frame(), late + 90_001.0)
    honestly = f"{honest} of {len(recorded)} believed when they were new; the next one after all that: {_heard(still)}"
    served = honest == len(recorded) and still
    return Tried(
        "seal frames replayed, also after a restart", 3 * len(recorded), f"{believed} believed", not believed, honestly, served
    )


async def flood(scene: Scene) -> Tried:
    """Forged frames in the names of a thousand seals, as fast as they can be judged: what a gate spends on each."""
    air = _Air()
    count = scene.times(50_000)
    frames = [air.frame()[:6] + os.urandom(4) + air.frame()[10:] for _ in range(1000)]
    begun = time.perf_counter()
    believed = sum(air.hear(frames[number % 1000], 1.0) for number in range(count))
    each_us = (time.perf_counter() - begun) / count * 1e6
    still = air.hear(air.frame(), 2.0)
    got = f"{believed} believed, {each_us:.0f} µs each"
    return Tried(
        "a flood of forged seal frames",
        count,
        got,
        not believed and each_us < MOST_US,
        f"the seal's next frame: {_heard(still)}",
        still,
    )


ATTACKS: Final[tuple[Attack, ...]] = (forged, replayed, flood)
