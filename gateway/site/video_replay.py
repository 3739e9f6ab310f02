"""Recorded video through the very code of a live lane: the same eyes, the same machine, the same decision.

Only the surroundings differ: frames come in order of their own time instead of the wall's, orders come from a file, and what a
loop would say the cameras say themselves.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gateway.lane.actions import Action, Attend, Close, Commit, FindOrders
from gateway.lane.machine import LaneMachine
from gateway.lane.play import carry_out
from gateway.model.clock import RandomBytes, uuid7
from gateway.model.device import KeepPicture
from gateway.model.lane_rules import OpenedBy
from gateway.model.observation import ContainerRead, Observation, OrdersFound, PlateRead, Tick
from gateway.model.passage import Passage
from gateway.model.transport_order import TransportOrder
from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.errors import CameraError
from gateway.ocr.eye import Eye, Reads
from gateway.ocr.frame import Frame
from gateway.ocr.merged import merged
from gateway.orders.matching import find_among
from gateway.site.lane_file import LaneConfig

TICK: Final = timedelta(seconds=0.25)  # as often as a live lane looks at the clock


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One frame that was read."""

    camera: str
    index: int
    at: datetime
    read_ms: float
    reads: tuple[ContainerRead | PlateRead, ...]


@dataclass(frozen=True, slots=True)
class ReplayedPassage:
    """A passage that has ended, the frames it rests on, and how long its verdict took after the last needed frame."""

    passage: Passage
    frames: tuple[LookedAt, ...]
    read_latency_ms: float


@dataclass(slots=True)
class _Open:
    """What belongs to the passage that is under way."""

    frames: list[LookedAt] = field(default_factory=list)
    latency_ms: float = 0.0
    ended: list[Passage] = field(default_factory=list)


class VideoReplay:
    """One lane over recorded files. `recordings` are the lane's cameras with files in place of their addresses."""

    def __init__(
        self,
        lane: LaneConfig,
        recordings: Sequence[FileCamera],
        reader: Reads,
        keep: KeepPicture,
        orders: Sequence[TransportOrder],
        random_bytes: RandomBytes,
        wait_until: Callable[[datetime], None] | None = None,
    ) -> None:
        """`wait_until` paces the replay like the recording; without it frames follow each other as fast as they are read."""
        rules = lane.rules.model_copy(update={"opened_by": OpenedBy.CAMERA})
        self._recordings = recordings
        self._orders = orders
        self._wait_until = wait_until
        self._machine = LaneMachine(lane.name, rules, lambda at: uuid7(at, random_bytes))
        self._eyes = {camera.name: Eye(camera, reader, keep, announces_presence=True) for camera in recordings}
        self._attentive = False
        self._at = datetime.min
        self._open = _Open()
        self.idle_frames: list[LookedAt] = []  # read while no passage was open

    def run(self, start: datetime) -> Iterator[ReplayedPassage]:
        """Passages as they end. Raises CameraError for a damaged recording, after its good frames were used."""
        damage: CameraError | None = None
        try:
            yield from self._frames(start)
        except CameraError as error:
            damage = error
        self._carry_out(self._machine.end(self._at), self._at, time.perf_counter())
        yield from self._ended()
        if damage:
            raise damage

    def _frames(self, start: datetime) -> Iterator[ReplayedPassage]:
        self._at = next_tick = start
        with closing(merged(self._recordings, start)) as frames:
            for camera, frame in frames:
                while next_tick <= frame.at:
                    yield from self._feed(Tick(device="clock", at=next_tick), time.perf_counter())
                    next_tick += TICK
                if self._wait_until:
                    self._wait_until(frame.at)
                self._at = frame.at
                yield from self._look(camera, frame)

    def _look(self, camera: FileCamera, frame: Frame) -> Iterator[ReplayedPassage]:
        begun = time.perf_counter()
        look = self._eyes[camera.name].look(frame, self._attentive)
        if look.read:
            reads = tuple(seen for seen in look.observations if isinstance(seen, ContainerRead | PlateRead))
            self._note(LookedAt(camera.name, frame.index, frame.at, look.read_ms, reads))
        for seen in look.observations:
            yield from self._feed(seen, begun)

    def _note(self, frame: LookedAt) -> None:
        (self._open.frames if self._machine.passage or frame.reads else self.idle_frames).append(frame)

    def _feed(self, seen: Observation, begun: float) -> Iterator[ReplayedPassage]:
        self._carry_out(self._machine.observe(seen), seen.at, begun)
        yield from self._ended()

    def _ended(self) -> Iterator[ReplayedPassage]:
        for passage in self._open.ended:
            yield ReplayedPassage(passage, tuple(self._open.frames), self._open.latency_ms)
            self._open = _Open()

    def _carry_out(self, actions: Sequence[Action], at: datetime, begun: float) -> None:
        for action in carry_out(self._machine, actions, at, self._look_up):
            match action:
                case Attend():
                    self._attentive = action.attentive
                case Commit():
                    self._open.latency_ms = (time.perf_counter() - begun) * 1000
                case Close():
                    self._open.ended.append(action.passage)
                case _:
                    pass  # there is no light and no barrier

    def _look_up(self, wanted: FindOrders, at: datetime) -> OrdersFound:
        orders = find_among(self._orders, wanted.containers, wanted.plates, wanted.driving_licences)
        return OrdersFound(device="orders", at=at, orders=orders)
