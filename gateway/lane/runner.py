"""Feeds one lane's machine and carries out what it asks, in the only order that loses nothing:
store, then light and barrier, then (by the outbox) the platform.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from gateway.lane.actions import (
    Action,
    Amend,
    AnswerRuling,
    Attend,
    Close,
    Commit,
    FindOrders,
    OpenBarrier,
    ReportDevice,
    ShowLight,
    Sound,
)
from gateway.lane.machine import LaneMachine
from gateway.lane.rulings import RulingAnswer
from gateway.lane.transitions import LightColour
from gateway.model.clock import Clock
from gateway.model.lane_rules import Direction
from gateway.model.observation import (
    CLOCK,
    LAMPS,
    DeviceState,
    Observation,
    OrdersFound,
    PassiveSealRead,
    PassRead,
    Ruling,
    SealRejected,
    TextRead,
    Tick,
    VehicleSealHeard,
    View,
)
from gateway.model.order_standing import OrderStanding
from gateway.model.passage import Passage
from gateway.model.transport_order import TransportOrder
from gateway.signals.errors import SignalError
from gateway.store.errors import StoreError

log = logging.getLogger(__name__)

TICK_S: Final = 0.25  # fine enough for a verdict within a second of the last needed observation
TURN: Final = 50  # observations between two turns of the loop that serves the other lanes and the devices
RETRY_S: Final = 1.0  # a store that refuses a record is asked again this often
MOST_ENDED: Final = 200  # ends of passages that wait for the store; some 50 kB each
QUEUE: Final = 5000  # observations; a lane that is this far behind leaves out what the radio will say again,
FULL: Final = 2 * QUEUE  # and this far behind all reads, rather than fill the memory; never what a loop or a device says once


class Recorder(Protocol):
    """The gate's store, as a lane uses it. Both raise StoreError when the record was not stored."""

    async def commit_decision(self, passage: Passage, lane_title: str) -> int: ...

    async def close_passage(self, passage: Passage, lane_title: str) -> None: ...


class OrderFinder(Protocol):
    """The cached orders, as a lane uses them."""

    async def find(
        self, containers: Sequence[str], plates: Sequence[str], driving_licences: Sequence[str]
    ) -> tuple[TransportOrder, ...]: ...

    async def numbered(self, order_number: str) -> TransportOrder | None: ...

    async def standings(self, order_numbers: Sequence[str]) -> tuple[OrderStanding, ...]: ...

    def age_s(self, now: datetime) -> float | None: ...


class Outputs(Protocol):
    """Light, barrier and sounder. Raises SignalError when the module does not obey; the lane then stays red by itself."""

    async def show(self, light: str) -> None: ...

    async def open_barrier(self) -> None: ...

    async def sound(self, outcome: str) -> None: ...


@dataclass(slots=True)
class LaneMetrics:
    """Counted since start."""

    observations: int = 0
    dropped: int = 0
    passages: int = 0
    last_latency_s: float = 0.0  # from the observation that completed the evidence to the stored verdict


class LaneRunner:
    """One lane, live. `observe` may be called from the event loop by any driver; `run` lasts until cancelled."""

    def __init__(
        self,
        machine: LaneMachine,
        *,
        title: str,
        recorder: Recorder,
        orders: OrderFinder,
        outputs: Outputs | None,
        attend: Callable[[bool], None],
        changed: Callable[["LaneRunner"], None],
        clock: Clock,
        report: Callable[[DeviceState], None] | None = None,
        lights: str = "",
    ) -> None:
        """`report`: whom to tell what the lane finds out about its devices, so that the lane is told, too; None: only the lane.
        `lights`: the device that the lights hang on."""
        self.machine = machine
        self.metrics = LaneMetrics()
        self._title = title
        self._recorder = recorder
        self._orders = orders
        self._outputs = outputs
        self._attend = attend
        self._changed = changed
        self._clock = clock
        self._report = report or self.observe
        self._lights = lights
        self._green_shows = False
        self._queue: asyncio.Queue[Observation] = asyncio.Queue()
        self._next_tick = 0.0  # by the loop's time
        self._taken = 0
        self._pulses: set[asyncio.Task[None]] = set()
        self._ended: dict[str, Passage] = {}  # whose end is not stored yet, the oldest first
        self._ask_store_at = 0.0  # by the loop's time
        self._asked: list[tuple[Ruling, asyncio.Future[RulingAnswer]]] = []

    def set_direction(self, direction: Direction) -> None:
        """Turn a reversible lane round, for the vehicles that come from now on."""
        if direction is not self.machine.rules.direction:
            log.info("lane %s: vehicles now go %s", self.machine.lane, direction)
            self.machine.set_direction(direction)
            self._changed(self)

    def observe(self, seen: Observation) -> None:
        """Hand over one observation; never waits. Where the queue has no room for its kind it is dropped, and counted."""
        if self._has_room_for(seen):
            self._queue.put_nowait(seen)
            return
        self.metrics.dropped += 1
        if self.metrics.dropped == 1:
            log.error("lane %s is behind: observations are being dropped", self.machine.lane)

    async def rule(self, ruling: Ruling) -> RulingAnswer:
        """Hand over what a person decided, in its turn; returns once the lane has taken it, or has said why it does not.

        Taken is not yet stored: what came of it is what the lane then shows.
        """
        answered: asyncio.Future[RulingAnswer] = asyncio.get_running_loop().create_future()
        self._asked.append((ruling, answered))
        self.observe(ruling)
        return await answered

    def _answer(self, ruling: Ruling, answer: RulingAnswer) -> None:
        log.info("lane %s: passage %s, ruling of %s: %s", self.machine.lane, ruling.passage_id, ruling.person, answer)
        mine = next((asked for asked in self._asked if asked[0] is ruling), None)
        if mine:
            self._asked.remove(mine)
            if not mine[1].done():  # whoever asked may have given up
                mine[1].set_result(answer)

    def _has_room_for(self, seen: Observation) -> bool:
        if isinstance(seen, VehicleSealHeard | SealRejected):
            return self._queue.qsize() < QUEUE
        if isinstance(seen, TextRead | View | PassRead | PassiveSealRead):
            return self._queue.qsize() < FULL
        return True  # seldom, and said once; the lane waits for its orders, and a person for an answer

    async def run(self) -> None:
        """Serve the lane until cancelled. The light is red before anything else and after everything else."""
        await self._show("red")
        try:
            while True:
                await self._step(await self._next())
        finally:
            for ruling, _ in tuple(self._asked):
                self._answer(ruling, RulingAnswer.OUT_OF_SERVICE)
            await self._show("red")

    async def _next(self) -> Observation:
        """What comes next. A tick comes whenever one is due, however busy the radio is, and behind all that came before it."""
        now = asyncio.get_running_loop().time
        self._taken += 1
        if self._taken % TURN == 0:
            await asyncio.sleep(0)  # a queue that is never empty lets nobody else have a turn
        while True:
            if now() >= self._next_tick:
                self._next_tick = now() + TICK_S
                self.observe(Tick(device=CLOCK, at=self._clock()))
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._next_tick):
                    return await self._queue.get()

    async def _serve_for(self, seconds: float) -> None:
        """Go on taking observations for a while: the vehicle may leave while its record still waits for room."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            await self._step(await self._next())

    async def _step(self, seen: Observation) -> None:
        if not isinstance(seen, Tick):
            self.metrics.observations += 1
        if isinstance(seen, Ruling):
            await self._find_for(seen)
        if self._ended and asyncio.get_running_loop().time() >= self._ask_store_at:
            await self._store_ended()
        before = self.machine.state
        actions = self.machine.observe(seen)
        await self._carry_out(actions)
        if isinstance(seen, DeviceState) and seen.device == self._lights and not seen.working and self._green_shows:
            await self._carry_out(self.machine.observe(self._no_green(seen.detail)))
        if actions or self.machine.state is not before or not isinstance(seen, Tick):
            self._changed(self)

    async def _carry_out(self, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case ShowLight():
                    await self._show(action.colour)
                case OpenBarrier():
                    self._meanwhile(self._open_barrier(action.passage_id))
                case ReportDevice():
                    self._report(action.state)
                case Sound():
                    self._meanwhile(self._sound(action.outcome))
                case Attend():
                    self._attend(action.attentive)
                case FindOrders():
                    await self._find(action)
                case AnswerRuling():
                    self._answer(action.ruling, action.answer)
                case Commit():
                    await self._commit(action.passage)
                case Close() | Amend():
                    await self._close(action.passage)

    def _meanwhile(self, pulse: Coroutine[None, None, None]) -> None:
        """A pulse lasts; the lane does not wait."""
        task = asyncio.create_task(pulse)
        self._pulses.add(task)
        task.add_done_callback(self._pulses.discard)

    async def _find(self, wanted: FindOrders) -> None:
        self.observe(await self._found(wanted))

    async def _find_for(self, ruling: Ruling) -> None:
        """A corrected number may lead to another order, and a picked order may be one that nothing led to."""
        wanted = self.machine.lookup_for(ruling)
        if wanted:
            await self._carry_out(self.machine.observe(await self._found(wanted, ruling.order)))

    async def _found(self, wanted: FindOrders, picked: str = "") -> OrdersFound:
        try:
            found = await self._orders.find(wanted.containers, wanted.plates, wanted.driving_licences)
            if picked and picked not in {order.order_number for order in found}:
                named = await self._orders.numbered(picked)
                found = (*found, named) if named else found
            standings = await self._orders.standings([order.order_number for order in found])
        except StoreError as error:
            log.error("lane %s: the order cache cannot be read: %s", self.machine.lane, error)
            self.observe(DeviceState(device="orders", at=self._clock(), working=False, detail=str(error)))
            found, standings = (), ()
        now = self._clock()
        age_s = self._orders.age_s(now)
        return OrdersFound(device="orders", at=now, orders=found, standings=standings, cache_age_s=age_s)

    async def _commit(self, passage: Passage) -> None:
        """Store the record, however often that must be tried; nothing turns green before."""
        while True:
            try:
                await self._recorder.commit_decision(passage, self._title)
                break
            except StoreError as error:
                log.error("lane %s: passage %s is not stored yet: %s", passage.lane, passage.passage_id, error)
                await self._carry_out(self.machine.store_refused())
                self._changed(self)
                await self._serve_for(RETRY_S)
        if passage.verdict and passage.ruling is None and passage.withdrawn is None:
            self.metrics.passages += 1
            self.metrics.last_latency_s = (self._clock() - passage.verdict.decided_at).total_seconds()
            log.info(
                "lane %s: passage %s %s %s",
                passage.lane,
                passage.passage_id,
                passage.verdict.outcome,
                ",".join(passage.verdict.reasons) or "-",
            )
        await self._carry_out(self.machine.stored())
        self._changed(self)

    async def _close(self, passage: Passage) -> None:
        """Store what came after the decision, which is stored itself: the lane goes on, and a store that refuses is asked again."""
        self._ended.pop(passage.passage_id, None)
        self._ended[passage.passage_id] = passage
        if len(self._ended) > MOST_ENDED:
            lost = self._ended.pop(next(iter(self._ended)))
            log.error("lane %s: the end of passage %s is lost: the store has refused for too long", lost.lane, lost.passage_id)
        await self._store_ended()

    async def _store_ended(self) -> None:
        while self._ended:
            passage = next(iter(self._ended.values()))
            try:
                await self._recorder.close_passage(passage, self._title)
            except StoreError as error:
                log.error("lane %s: the end of passage %s is not stored yet: %s", passage.lane, passage.passage_id, error)
                self._ask_store_at = asyncio.get_running_loop().time() + RETRY_S
                return
            if self._ended.get(passage.passage_id) is passage:
                del self._ended[passage.passage_id]

    async def _show(self, colour: str) -> None:
        self._green_shows = colour == LightColour.GREEN
        if self._outputs is None:
            return
        try:
            await self._outputs.show(colour)
        except SignalError as error:
            log.warning("lane %s: the light does not obey: %s", self.machine.lane, error)
            if self._green_shows:
                self._green_shows = False
                self.observe(self._no_green(str(error)))

    def _no_green(self, detail: str) -> DeviceState:
        """The lights show green no more, or never did, and will not by themselves: the screen must not say otherwise."""
        return DeviceState(device=LAMPS, at=self._clock(), working=False, detail=detail)

    async def _open_barrier(self, passage_id: str) -> None:
        if self._outputs is None:
            return
        if not self._green_shows:
            log.error("lane %s: no green shows, so the barrier stays closed for passage %s", self.machine.lane, passage_id)
            return
        try:
            await self._outputs.open_barrier()
        except SignalError as error:
            log.error("lane %s: the barrier did not open for passage %s: %s", self.machine.lane, passage_id, error)

    async def _sound(self, outcome: str) -> None:
        if self._outputs is None:
            return
        try:
            await self._outputs.sound(outcome)
        except SignalError as error:
            log.warning("lane %s: the sounder does not obey: %s", self.machine.lane, error)
