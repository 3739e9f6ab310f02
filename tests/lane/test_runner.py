"""A lane at work: it keeps up with a busy radio, and time passes for it all the same."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.lane import runner
from gateway.lane.machine import LaneMachine
from gateway.lane.rulings import RulingAnswer
from gateway.lane.runner import FULL, QUEUE, LaneRunner, Outputs
from gateway.lane.transitions import State
from gateway.model.clock import utc_now
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import DeviceState, ManualOpening, OrdersFound, PassRead, Presence, Ruling
from gateway.model.order_standing import OrderStanding
from gateway.model.passage import Passage
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome
from gateway.signals.errors import ModuleLostError
from gateway.store.errors import StoreFullError
from tests.evidence import box_read, order, seal

PATIENCE_S = 10.0  # for a loaded machine; nothing here needs it


class Store:
    """Keeps what the lane decides, and knows no orders."""

    def __init__(self) -> None:
        self.decided: asyncio.Queue[Passage] = asyncio.Queue()
        self.ended: asyncio.Queue[Passage] = asyncio.Queue()
        self.orders: tuple[TransportOrder, ...] = ()
        self.hangs = False

    async def commit_decision(self, passage: Passage, lane_title: str) -> int:
        if self.hangs:
            await asyncio.Event().wait()
        self.decided.put_nowait(passage)
        return self.decided.qsize()

    async def close_passage(self, passage: Passage, lane_title: str) -> None:
        self.ended.put_nowait(passage)

    async def find(
        self, containers: Sequence[str], plates: Sequence[str], driving_licences: Sequence[str]
    ) -> tuple[TransportOrder, ...]:
        return ()

    async def numbered(self, order_number: str) -> TransportOrder | None:
        return next((order for order in self.orders if order.order_number == order_number), None)

    async def standings(self, order_numbers: Sequence[str]) -> tuple[OrderStanding, ...]:
        return ()

    def age_s(self, now: datetime) -> float | None:
        return 0.0


@asynccontextmanager
async def at_work(
    store: Store, patience_s: float, changed: Callable[[LaneRunner], None] = lambda _: None, outputs: Outputs | None = None
) -> AsyncIterator[LaneRunner]:
    lane = LaneRunner(
        LaneMachine("lane-1", LaneRules(patience_s=patience_s, settle_s=patience_s / 2), lambda _: "passage"),
        title="",
        recorder=store,
        orders=store,
        outputs=outputs,
        attend=lambda _: None,
        changed=changed,
        clock=utc_now,
    )
    running = asyncio.create_task(lane.run())
    try:
        yield lane
    finally:
        running.cancel()
        await asyncio.wait({running})


async def test_what_waits_is_taken_in_a_few_turns_of_the_loop() -> None:
    """Two hundred seals at 10 Hz are 2000 observations a second; with several turns for each the lane falls ever further behind."""
    async with at_work(Store(), patience_s=10) as lane:
        waiting = QUEUE // 2
        for _ in range(waiting):
            lane.observe(seal(0))
        turns = 0
        while lane.metrics.observations < waiting:
            turns += 1
            assert turns < waiting / 10
            await asyncio.sleep(0)
        assert turns > 10  # and yet others had theirs
        assert lane.metrics.dropped == 0


async def test_patience_ends_though_the_radio_is_never_silent() -> None:
    store = Store()
    async with at_work(store, patience_s=0.1) as lane:

        async def on_the_air() -> None:
            while True:
                lane.observe(seal(0).model_copy(update={"at": utc_now()}))
                await asyncio.sleep(0)

        lane.observe(Presence(device="loop", at=utc_now(), occupied=True))
        radio = asyncio.create_task(on_the_air())
        async with asyncio.timeout(PATIENCE_S):
            passage = await store.decided.get()
        radio.cancel()
    assert passage.verdict is not None
    assert passage.verdict.outcome is Outcome.REFER


async def test_a_flood_on_the_radio_takes_no_room_from_the_loop_nor_from_reads() -> None:
    store = Store()
    async with at_work(store, patience_s=0.1) as lane:
        for _ in range(QUEUE + 100):
            lane.observe(seal(0))
        lane.observe(Presence(device="loop", at=utc_now(), occupied=True))
        lane.observe(tag_read())
        assert lane.metrics.dropped == 100
        async with asyncio.timeout(PATIENCE_S):
            passage = await store.decided.get()
    assert [type(seen) for seen in passage.observations if isinstance(seen, Presence | PassRead)] == [Presence, PassRead]


async def test_reads_that_nobody_takes_fill_no_memory_and_the_loop_is_heard_behind_them() -> None:
    store = Store()
    async with at_work(store, patience_s=0.1) as lane:
        for _ in range(FULL + 7):
            lane.observe(tag_read())
        assert lane.metrics.dropped == 7
        lane.observe(Presence(device="loop", at=utc_now(), occupied=True))
        async with asyncio.timeout(PATIENCE_S):
            assert (await store.decided.get()).verdict is not None


async def test_orders_that_were_found_reach_a_lane_whose_queue_is_full() -> None:
    store = Store()
    async with at_work(store, patience_s=0.1) as lane:
        for _ in range(FULL):
            lane.observe(tag_read())
        lane.observe(OrdersFound(device="orders", at=utc_now(), orders=(), cache_age_s=1.0))
        assert lane.metrics.dropped == 0


async def test_a_device_that_is_lost_while_nobody_is_in_the_lane_is_told_at_once() -> None:
    told: asyncio.Queue[LaneRunner] = asyncio.Queue()
    async with at_work(Store(), patience_s=10, changed=told.put_nowait) as lane:
        lane.observe(DeviceState(device="barriers", at=utc_now(), working=False, detail="no answer"))
        async with asyncio.timeout(PATIENCE_S):
            assert await told.get() is lane


def tag_read() -> PassRead:
    return PassRead(device="reader", at=utc_now(), technology="uhf", uid="E280")


async def referred(lane: LaneRunner, store: Store) -> Ruling:
    """Bring a vehicle that shows nothing before a lane at work, and approve it."""
    lane.observe(Presence(device="loop", at=utc_now(), occupied=True))
    async with asyncio.timeout(PATIENCE_S):
        await store.decided.get()
    return Ruling(
        device="desk",
        at=utc_now(),
        passage_id="passage",
        approved=True,
        person="lin",
        proof="pin",
        reason="seen at the counter",
        expires_at=utc_now() + timedelta(minutes=5),
    )


async def test_whoever_rules_is_told_whether_it_was_taken() -> None:
    store = Store()
    async with at_work(store, patience_s=0.1) as lane:
        ruling = await referred(lane, store)
        async with asyncio.timeout(PATIENCE_S):
            assert await lane.rule(ruling.model_copy(update={"passage_id": "the last one"})) is RulingAnswer.NO_SUCH_PASSAGE
            assert await lane.rule(ruling) is RulingAnswer.TAKEN
            assert (await store.decided.get()).ruling == ruling
            assert await lane.rule(ruling) is RulingAnswer.ALREADY_RULED
        assert lane.metrics.passages == 1


async def test_a_read_that_was_under_way_when_its_vehicle_drove_through_is_stored_with_its_record() -> None:
    store = Store()
    async with at_work(store, patience_s=60) as lane, asyncio.timeout(PATIENCE_S):
        came = Presence(device="loop", at=utc_now() - timedelta(seconds=1), occupied=True)
        lane.observe(came)
        lane.observe(Presence(device="loop", at=came.at + timedelta(milliseconds=400), occupied=False))
        assert (await store.ended.get()).answer.containers == ()
        lane.observe(box_read().model_copy(update={"at": came.at + timedelta(milliseconds=300)}))
        assert [box.number for box in (await store.ended.get()).answer.containers] == ["TEMU9221353"]
        assert store.decided.qsize() == 1, "the verdict stands"


async def test_a_lane_that_is_shut_down_leaves_nobody_waiting_for_an_answer() -> None:
    store = Store()
    async with at_work(store, patience_s=0.1) as lane:
        ruling = await referred(lane, store)
        store.hangs = True
        first = asyncio.create_task(lane.rule(ruling))
        second = asyncio.create_task(lane.rule(ruling))
        async with asyncio.timeout(PATIENCE_S):
            assert await first is RulingAnswer.TAKEN
    async with asyncio.timeout(PATIENCE_S):
        assert await second is RulingAnswer.OUT_OF_SERVICE


async def test_a_picked_order_that_nothing_led_to_is_looked_up_by_its_number() -> None:
    store = Store()
    async with at_work(store, patience_s=0.1) as lane:
        ruling = await referred(lane, store)
        store.orders = (order(),)
        picked = ruling.model_copy(update={"order": order().order_number, "may_release_stopped": True})
        async with asyncio.timeout(PATIENCE_S):
            assert await lane.rule(picked) is RulingAnswer.TAKEN
            passage = await store.decided.get()
    found = [seen for seen in passage.observations if isinstance(seen, OrdersFound)]
    assert [one.order_number for one in found[-1].orders] == [order().order_number]


class DeafLamps:
    """Lights that never show green, and a barrier that counts its pulses."""

    def __init__(self) -> None:
        self.pulses = 0

    async def show(self, light: str) -> None:
        if light == "green":
            raise ModuleLostError("module io: no answer")

    async def open_barrier(self) -> None:
        self.pulses += 1

    async def sound(self, outcome: str) -> None:
        """Nobody listens."""


async def test_where_no_green_shows_the_barrier_stays_closed_and_the_lane_says_so() -> None:
    store, lamps, told = Store(), DeafLamps(), asyncio.Queue[State]()
    async with at_work(store, patience_s=0.1, changed=lambda lane: told.put_nowait(lane.machine.state), outputs=lamps) as lane:
        ruling = await referred(lane, store)
        async with asyncio.timeout(PATIENCE_S):
            assert await lane.rule(ruling) is RulingAnswer.TAKEN
            while await told.get() is not State.LAPSED:
                pass
    assert lamps.pulses == 0


class RefusingStore(Store):
    """Refuses the end of a passage twice, as a full disk does."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals = 2

    async def close_passage(self, passage: Passage, lane_title: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise StoreFullError(Path("gate.sqlite3"), "no space left")
        await super().close_passage(passage, lane_title)


async def test_the_end_of_a_passage_that_the_store_refused_is_stored_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may tell of a barrier that was opened by hand, which the platform hears of only then."""
    monkeypatch.setattr(runner, "RETRY_S", 0.01)
    store = RefusingStore()
    async with at_work(store, patience_s=0.05) as lane:
        lane.observe(Presence(device="loop", at=utc_now(), occupied=True))
        async with asyncio.timeout(PATIENCE_S):
            decided = await store.decided.get()
        lane.observe(ManualOpening(device="key", at=utc_now()))
        lane.observe(Presence(device="loop", at=utc_now(), occupied=False))
        async with asyncio.timeout(PATIENCE_S):
            ended = await store.ended.get()
    assert (ended.passage_id, len(ended.manual_openings)) == (decided.passage_id, 1)
    assert store.refusals == 0
