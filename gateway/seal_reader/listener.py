"""From an advertisement to a seal's state: authentic, known and fresh, or rejected with the reason."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from gateway.model.device import Advertisement
from gateway.model.observation import SealRejected, VehicleSealHeard
from gateway.seal_reader.counters import CounterStore
from gateway.seal_reader.errors import FrameError, SealKeyError
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.profile import SealFlag, SealFrame, SignedFrame, parse

Why = Literal["unknown", "forged", "replayed", "malformed"]
Freshness = Literal["heard", "late", "replayed"]

# A seal repeats each frame until it makes the next one, 5 s later at most, and several receivers hear each repetition.
# Whoever repeats a frame for longer is not the seal.
REPEAT_FOR: Final = timedelta(seconds=15)
REMEMBERED: Final = 16  # frames of one seal: as many as it makes within REPEAT_FOR, some flags changing meanwhile
# A frame that only a slower receiver has heard comes after the next ones. So far behind it is the seal's own, and of no use.
SLOWER: Final = timedelta(seconds=5)
OVERTAKEN: Final = 2  # frames


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A frame that was news, and when it was."""

    counter: int
    payload: bytes
    at: datetime

    def is_again(self, heard: Advertisement) -> bool:
        return self.payload == heard.payload and abs(heard.at - self.at) <= REPEAT_FOR


@dataclass(slots=True)
class _Memory:
    """What was lately heard of one seal."""

    frames: deque[_Fresh] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    by_receiver: dict[str, int] = field(default_factory=dict)  # the counter that each receiver heard last

    def explains(self, frame: SealFrame, heard: Advertisement) -> bool:
        """Whether a frame that is not news may be the seal's own: heard again, or overtaken and heard by nobody else."""
        if any(known.is_again(heard) for known in self.frames):
            return True
        newest = self.frames[-1]
        is_near = newest.counter - frame.counter <= OVERTAKEN and abs(heard.at - newest.at) <= SLOWER
        return is_near and all(known.counter != frame.counter for known in self.frames)


class SealAuthenticator:
    """Judges every advertisement of a site; all receivers share one, so that no frame counts in two lanes at two times.

    `numbers` gives the seal number that orders use for a serial, or None. `counts` counts what came of the frames:
    `heard`, `late` (rightly not new: neither used nor rejected), or why they were rejected.
    """

    def __init__(self, keys: SealKeys, numbers: Callable[[int], str | None], counters: CounterStore) -> None:
        self.counts: Counter[str] = Counter()
        self._keys, self._numbers, self._counters = keys, numbers, counters
        self._memories: dict[int, _Memory] = {}  # of authentic, known seals only: nobody else can make it grow
        self._begun: datetime | None = None

    def accept(self, heard: Advertisement) -> VehicleSealHeard | SealRejected | None:
        """None: not a seal's frame at all, or one that comes late by no fault of the seal."""
        self._begun = self._begun or heard.at
        try:
            signed = parse(heard.payload)
        except FrameError:
            return self._reject(heard, None, "malformed")
        if signed is None:
            return None
        number = self._numbers(signed.frame.serial)
        why = self._objection(signed, number)
        if why is not None or number is None:
            return self._reject(heard, number, why or "unknown")
        freshness = self._freshness(signed.frame, heard)
        if freshness == "replayed":
            return self._reject(heard, number, freshness)
        self.counts[freshness] += 1
        return _state(heard, number, signed.frame) if freshness == "heard" else None

    def _objection(self, signed: SignedFrame, number: str | None) -> Why | None:
        """The tag is judged first: what a frame says means nothing before it is authentic."""
        frame = signed.frame
        try:
            key = self._keys.of(frame.key_id, frame.serial)
        except SealKeyError:
            return "unknown"
        if not signed.verified(key):
            return "forged"
        return "unknown" if number is None else None

    def _freshness(self, frame: SealFrame, heard: Advertisement) -> Freshness:
        """A higher counter is news. The newest frame again is the same frame heard again, for a while. A lower one is a
        recording, unless this receiver is only slower than another that has told of the next already.
        """
        last = self._counters.last(frame.serial)
        if last is not None and frame.counter <= last and frame.serial not in self._memories:
            return "late" if frame.counter == last and self._has_just_begun(heard) else "replayed"
        memory = self._memories.setdefault(frame.serial, _Memory())
        if last is None or frame.counter > last:
            self._counters.advance(frame.serial, frame.counter)
            memory.frames.append(_Fresh(frame.counter, heard.payload, heard.at))
        elif frame.counter < memory.by_receiver.get(heard.device, 0) or not memory.explains(frame, heard):
            return "replayed"
        memory.by_receiver[heard.device] = frame.counter
        return "heard" if frame.counter == memory.frames[-1].counter else "late"

    def _has_just_begun(self, heard: Advertisement) -> bool:
        """Right after a restart a seal still repeats the frame whose counter the service before has stored."""
        return self._begun is not None and abs(heard.at - self._begun) <= REPEAT_FOR

    def _reject(self, heard: Advertisement, number: str | None, why: Why) -> SealRejected:
        self.counts[why] += 1
        return SealRejected(device=heard.device, at=heard.at, address=heard.address, number=number, why=why)


def _state(heard: Advertisement, number: str, frame: SealFrame) -> VehicleSealHeard:
    flags = frame.flags
    return VehicleSealHeard(
        device=heard.device,
        at=heard.at,
        number=number,
        rssi=heard.rssi,
        inserted=SealFlag.PLUG_INSERTED in flags,
        locked=SealFlag.MOTOR_LOCKED in flags,
        task_active=SealFlag.TASK_ACTIVE in flags,
        shell_opened=SealFlag.SHELL_OPENED in flags,
        cable_cut=SealFlag.CABLE_CUT in flags,
        opened_while_sealed=SealFlag.OPENED_WHILE_SEALED in flags,
        motor_stuck=SealFlag.MOTOR_STUCK in flags,
        low_battery=SealFlag.LOW_BATTERY in flags,
        wrong_credential=SealFlag.WRONG_CREDENTIAL in flags,
        battery_percent=frame.battery_percent,
        counter=frame.counter,
    )
