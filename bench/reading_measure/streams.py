"""How many cameras this machine carries: `python -m bench.reading_measure.streams`. Prints JSON, one object a number of cameras.

Lanes of two cameras each (one alone: a lane with the rear camera) are served as `gateway run` serves them: `LaneCamera`, `Eye`,
the reader with the lane file's default threads, `LaneRunner` with its state machine, pictures kept on disk. Only the cameras'
network, the database, the order cache and the lights are left out. The trucks are rendered before, so that drawing costs nothing.
"""

import argparse
import asyncio
import json
import os
import tempfile
import threading
import time
from bisect import bisect_right
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from bench.reading_measure.films import (
    FRAMES_PER_SECOND,
    LASTS_S,
    LOOKS_AT,
    OFF_LOOP_S,
    ON_LOOP_S,
    FilmCamera,
    Shown,
    films,
)
from bench.reading_measure.worker import answers_stream, keep_to, peak_mib
from gateway.lane.machine import LaneMachine
from gateway.lane.runner import LaneRunner
from gateway.model.backoff import Backoff
from gateway.model.clock import utc_now, uuid7
from gateway.model.device import KeepPicture
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import Observation, Presence
from gateway.model.order_standing import OrderStanding
from gateway.model.passage import Passage
from gateway.model.transport_order import TransportOrder, parse_order
from gateway.model.verdict import Outcome
from gateway.ocr.cameras.camera import Clocks, Identity, Source
from gateway.ocr.eye import Eye
from gateway.ocr.frame import Shot
from gateway.ocr.lane_camera import LaneCamera
from gateway.ocr.photographs import warm_up
from gateway.ocr.picture import decode_picture
from gateway.ocr.reader import Reader
from gateway.simulator.scene import View
from gateway.site.lane_file import ReadingConfig
from gateway.store.pictures import PictureFolder

IN_TIME_S: Final = 1.0  # what the gate promises: a verdict so soon after the last frame that it needs
GAP_S: Final = (2.0, 12.0)  # between two trucks of a lane: far more traffic than a gate has
FIRST_S: Final = 2.0  # the cameras see the empty lane first
CLOCKS: Final = Clocks(utc_now)


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of so many cameras. Latencies: seconds after the needed frame arrived, None where it never came."""

    cameras: int
    seconds: float
    trucks: int
    frames: tuple[float | None, ...]  # a camera's number, from the arrival of the first frame that shows it well enough
    verdicts: tuple[float | None, ...]  # a passage's PASS, from the last of those
    frames_received: int
    frames_dropped: int
    frames_read: int
    processor: float  # share of the cores that were used, 0 to 1
    peak_mib: float

    @property
    def frames_in_time(self) -> float:
        return in_time(self.frames)

    @property
    def verdicts_in_time(self) -> float:
        return in_time(self.verdicts)


def in_time(latencies: Sequence[float | None]) -> float:
    """The share that came within a second; what never came did not (0 to 1)."""
    return sum(latency is not None and latency <= IN_TIME_S for latency in latencies) / max(len(latencies), 1)


class Stage:
    """One lane's trucks: which film is on when, and when what was seen. Times are seconds since the beginning."""

    def __init__(self, shown: Shown, views: Sequence[View], begins: Sequence[float], clocks: Clocks = CLOCKS) -> None:
        self.shown = shown
        self.views = views
        self.begins = begins  # when each truck comes into view
        self._clocks = clocks
        self._zero, self._zero_at = clocks.monotonic(), clocks.now()
        self.arrived: dict[tuple[int, View], float] = {}  # when the needed frame of (truck, camera) arrived
        self.read: dict[tuple[int, View], float] = {}
        self.passed: dict[int, float] = {}

    @property
    def now(self) -> float:
        return self._clocks.monotonic() - self._zero

    def truck_at(self, at: datetime) -> int:
        """Which truck was there, or was there last; -1 before the first."""
        return bisect_right(self.begins, (at - self._zero_at).total_seconds()) - 1

    def picture(self, view: View, count: int) -> bytes:
        """What the camera sees now; `count` is how many pictures it has given."""
        now = self.now
        truck = bisect_right(self.begins, now) - 1
        place = int((now - self.begins[truck]) * FRAMES_PER_SECOND) if truck >= 0 else -1
        frames, empty = self.shown.film.frames[view], self.shown.film.empty[view]
        if not 0 <= place < len(frames):
            return empty[count % len(empty)]
        if place >= self.shown.needed[view]:
            self.arrived.setdefault((truck, view), now)
        return frames[place]

    def latencies(self, until: float) -> Iterator[tuple[list[float | None], float | None]]:
        """Of each truck that was gone in time: every camera's latency, and the verdict's."""
        for truck, begin in enumerate(self.begins):
            needed = [self.arrived.get((truck, view)) for view in self.views]
            if begin + LASTS_S + IN_TIME_S > until:
                continue
            came = [moment for moment in needed if moment is not None]
            cameras = [_after(self.read.get((truck, view)), self.arrived.get((truck, view))) for view in self.views]
            yield cameras, _after(self.passed.get(truck), max(came) if len(came) == len(needed) else None)


def _after(moment: float | None, begin: float | None) -> float | None:
    return None if moment is None or begin is None else moment - begin


class StageSource:
    """One camera's connection to its stage: a JPEG every fifth of a second."""

    def __init__(self, stage: Stage, view: View, clocks: Clocks) -> None:
        self._stage, self._view, self._clocks = stage, view, clocks
        self._stopped = threading.Event()

    def identity(self) -> Identity:
        return Identity("jpeg", FRAMES_PER_SECOND)

    def attend(self, attentive: bool) -> None:
        pass

    def stop(self) -> None:
        self._stopped.set()

    def shots(self) -> Generator[Shot]:
        due, index = self._clocks.monotonic(), 0
        while not self._stopped.wait(max(due - self._clocks.monotonic(), 0.0)):
            jpeg = self._stage.picture(self._view, index)
            yield Shot(self._clocks.now(), index, self._clocks.monotonic(), partial(decode_picture, jpeg))
            due, index = due + 1 / FRAMES_PER_SECOND, index + 1


@dataclass(slots=True)
class Orders:
    """An order cache that holds one order."""

    order: TransportOrder
    wanted: frozenset[str]

    async def find(
        self, containers: Sequence[str], plates: Sequence[str], driving_licences: Sequence[str]
    ) -> tuple[TransportOrder, ...]:
        return (self.order,) if self.wanted & {*containers, *plates} else ()

    async def numbered(self, order_number: str) -> TransportOrder | None:
        return self.order if order_number == self.order.order_number else None

    async def standings(self, order_numbers: Sequence[str]) -> tuple[OrderStanding, ...]:
        return ()

    def age_s(self, now: datetime) -> float | None:
        return 0.0


@dataclass(slots=True)
class Recorder:
    """Notes when a passage was decided instead of storing it."""

    stage: Stage

    async def commit_decision(self, passage: Passage, lane_title: str) -> int:
        if passage.verdict and passage.verdict.outcome is Outcome.PASS:
            self.stage.passed.setdefault(self.stage.truck_at(passage.opened_at), self.stage.now)
        return 1

    async def close_passage(self, passage: Passage, lane_title: str) -> None:
        pass


@dataclass(slots=True)
class Lane:
    """A lane at work on a stage."""

    stage: Stage
    reader: Reader
    keep: KeepPicture
    cameras: list[LaneCamera] = field(init=False)
    runner: LaneRunner = field(init=False)

    def __post_init__(self) -> None:
        self.cameras = [self._camera(view) for view in self.stage.views]
        film, wants_plate = self.stage.shown.film, View.FRONT in self.stage.views
        rules = LaneRules(require_pass=False, require_seals=False, require_plate=wants_plate)
        self.runner = LaneRunner(
            LaneMachine("lane", rules, lambda at: uuid7(at, os.urandom)),
            title="",
            recorder=Recorder(self.stage),
            orders=Orders(parse_order(film.visit.orders[0]).order, frozenset(film.numbers.values())),
            outputs=None,
            attend=self._attend,
            changed=lambda _: None,
            clock=utc_now,
        )

    def _camera(self, view: View) -> LaneCamera:
        def connect(clocks: Clocks) -> Source:
            return StageSource(self.stage, view, clocks)

        config = FilmCamera(name=view.value, looks_at=LOOKS_AT[view], open_source=connect)
        return LaneCamera(config, Eye(config, self.reader, self.keep), CLOCKS, Backoff(0.5, 15.0, os.urandom))

    def _attend(self, attentive: bool) -> None:
        for camera in self.cameras:
            camera.attend(attentive)

    def start(self, group: asyncio.TaskGroup) -> None:
        group.create_task(self.runner.run())
        group.create_task(self._loop())
        for camera, view in zip(self.cameras, self.stage.views, strict=True):
            group.create_task(camera.run(partial(self._observe, view)))

    async def _loop(self) -> None:
        """The loop in the ground, as trucks come and go."""
        for begin in self.stage.begins:
            for after, occupied in ((ON_LOOP_S, True), (OFF_LOOP_S, False)):
                await asyncio.sleep(max(begin + after - self.stage.now, 0.0))
                self.runner.observe(Presence(device="loop", at=utc_now(), occupied=occupied))

    def _observe(self, view: View, seen: Observation) -> None:
        if self.stage.shown.film.gives(view, seen):
            self.stage.read.setdefault((self.stage.truck_at(seen.at), view), self.stage.now)
        self.runner.observe(seen)


async def carry(cameras: int, shown: Sequence[Shown], reader: Reader, seconds: float, keep: KeepPicture) -> Carried:
    """Serve so many cameras for so long."""
    both, alone = (View.FRONT, View.REAR), (View.REAR,)
    lanes = []
    for index, views in enumerate([both] * (cameras // 2) + [alone] * (cameras % 2)):
        begins = _begins(Random(index), seconds)
        lanes.append(Lane(Stage(shown[index % len(shown)], views, begins), reader, keep))
    begun, busy = time.monotonic(), time.process_time()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for lane in lanes:
                lane.start(group)
    elapsed, busy = time.monotonic() - begun, time.process_time() - busy
    results = [result for lane in lanes for result in lane.stage.latencies(seconds)]
    counts = [camera.counts for lane in lanes for camera in lane.cameras]
    return Carried(
        cameras=cameras,
        seconds=seconds,
        trucks=len(results),
        frames=tuple(latency for seen, _ in results for latency in seen),
        verdicts=tuple(verdict for _, verdict in results),
        frames_received=sum(count.received for count in counts),
        frames_dropped=sum(count.dropped for count in counts),
        frames_read=sum(count.read for count in counts),
        processor=round(busy / elapsed / len(os.sched_getaffinity(0)), 3),
        peak_mib=round(peak_mib(), 1),
    )


def _begins(rng: Random, seconds: float) -> list[float]:
    """When trucks come into a lane's view, by chance: one after the other, with a gap between them."""
    begins, at = [], FIRST_S + rng.uniform(0.0, GAP_S[1])
    while at < seconds:
        begins.append(at)
        at += LASTS_S + rng.uniform(*GAP_S)
    return begins


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    answers = answers_stream()
    keep_to(args.cores)
    reading = ReadingConfig()
    reader = Reader.load(reading.engine, reading.threads, reading.parallel)
    warm_up(reader)
    shown = films(reader, args.seed, utc_now())
    for cameras in args.cameras:
        with tempfile.TemporaryDirectory() as folder:
            carried = asyncio.run(carry(cameras, shown, reader, args.seconds, PictureFolder(Path(folder)).keep))
        answers.write(json.dumps(asdict(carried)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
