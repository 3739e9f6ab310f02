"""From an advertisement to a seal's state: authentic, known and fresh, or rejected with the reason."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from gateway.model.device import Advertisement
from gateway.model.observation import SealRejected, VehicleSealHeard
from gateway.seal_reader.counters import CounterStore
from gateway.seal_reader.errors import FrameError, SealKeyError
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.profile import SealFlag, SealFrame, SignedFrame, parse

Why = Literal["unknown", "forged", "replayed", "malformed"]

# A seal repeats each frame until it makes the next one, 5 s later at most, and several receivers hear each repetition.
# Whoever repeats a frame for longer is not the seal.
REPEAT_FOR: Final = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class _Newest:
    payload: bytes
    at: datetime


class SealAuthenticator:
    """Judges every advertisement of a site; all receivers share one, so that no frame counts in two lanes at two times.

    `numbers` gives the seal number that orders use for a serial, or None. `counts` counts what came of the frames:
    `heard`, or why they were rejected.
    """

    def __init__(self, keys: SealKeys, numbers: Callable[[int], str | None], counters: CounterStore) -> None:
        self.counts: Counter[str] = Counter()
        self._keys, self._numbers, self._counters = keys, numbers, counters
        self._newest: dict[int, _Newest] = {}  # of authentic, known seals only: nobody else can make it grow

    def accept(self, heard: Advertisement) -> VehicleSealHeard | SealRejected | None:
        """None: not a seal's frame at all."""
        try:
            signed = parse(heard.payload)
        except FrameError:
            return self._reject(heard, None, "malformed")
        if signed is None:
            return None
        number = self._numbers(signed.frame.serial)
        why = self._objection(signed, number, heard)
        if why is not None or number is None:
            return self._reject(heard, number, why or "unknown")
        self.counts["heard"] += 1
        return _state(heard, number, signed.frame)

    def _objection(self, signed: SignedFrame, number: str | None, heard: Advertisement) -> Why | None:
        """The tag is judged first: what a frame says means nothing before it is authentic."""
        frame = signed.frame
        try:
            key = self._keys.of(frame.key_id, frame.serial)
        except SealKeyError:
            return "unknown"
        if not signed.verified(key):
            return "forged"
        if number is None:
            return "unknown"
        return None if self._is_fresh(frame, heard) else "replayed"

    def _is_fresh(self, frame: SealFrame, heard: Advertisement) -> bool:
        """A higher counter is news. The same one is the same frame heard again, for a while. A lower one is a recording."""
        last = self._counters.last(frame.serial)
        if last is None or frame.counter > last:
            self._counters.advance(frame.serial, frame.counter)
            self._newest[frame.serial] = _Newest(heard.payload, heard.at)
            return True
        newest = self._newest.get(frame.serial)
        return newest is not None and newest.payload == heard.payload and abs(heard.at - newest.at) <= REPEAT_FOR

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
