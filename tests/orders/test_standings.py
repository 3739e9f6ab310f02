"""What a gate knows of an order beside its message: what the platform said, and which vehicles it let go on it itself."""

from pathlib import Path

from gateway.model.lane_rules import Direction, LaneRules
from gateway.model.observation import Ruling
from gateway.model.order_standing import OrderStanding, OrderUse
from gateway.model.passage import Passage
from gateway.model.verdict import Outcome, Verdict
from gateway.model.wire import OrderStandingEntry
from gateway.orders.order_cache import OrderCache
from gateway.store.gate_store import GateStore
from tests.orders.conftest import SetClock
from tests.orders.entries import order, page
from tests.store.passages import OPENED, closed, decided, passage_id

ORDER = order(1).order_number


def on_order(number: int, outcome: Outcome = Outcome.PASS, direction: Direction = Direction.OUT) -> Passage:
    """A passage decided on ORDER."""
    verdict = Verdict(outcome=outcome, reasons=(), checks=(), orders=(ORDER,), decided_at=OPENED)
    return decided(number).model_copy(update={"verdict": verdict, "rules": LaneRules(direction=direction)})


def use(number: int, direction: Direction = Direction.OUT) -> OrderUse:
    return OrderUse(lane="lane-1", direction=direction, at=OPENED, passage_id=passage_id(number))


async def test_what_the_platform_says_of_an_order_is_known_until_it_says_otherwise(cache: OrderCache) -> None:
    told = OrderStandingEntry(
        order_number=ORDER, state="cancelled", inspection="required", notes=("B", "C"), release_conditions=("5",)
    )
    await cache.apply(page(order(1), told))
    expected = OrderStanding.model_validate(told.model_dump(exclude={"kind"}))
    assert (expected.notes, expected.release_conditions) == (("B", "C"), ("5",))
    assert await cache.standings([ORDER, order(2).order_number]) == (expected,)
    await cache.apply(page(OrderStandingEntry(order_number=ORDER, inspection="done"), after=2))
    assert await cache.standings([ORDER]) == (OrderStanding(order_number=ORDER, inspection="done"),)
    assert await cache.standings([]) == ()


async def test_an_order_is_used_once_a_vehicle_was_let_go_on_it_and_a_restart_forgets_nothing(
    tmp_path: Path, clock: SetClock
) -> None:
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        cache = await OrderCache.open(store)
        await cache.apply(page(OrderStandingEntry(order_number=ORDER, state="closed")))
        await store.commit_decision(on_order(1, Outcome.REFER), "")
        await store.commit_decision(on_order(2, Outcome.STOP), "")
        assert (await cache.standings([ORDER]))[0].uses == ()
        await store.commit_decision(on_order(3), "")
        await store.close_passage(closed(on_order(3)))
        await store.commit_decision(on_order(4, direction=Direction.IN), "")
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        cache = await OrderCache.open(store)
        (known,) = await cache.standings([ORDER])
    assert known == OrderStanding(order_number=ORDER, state="closed", uses=(use(3), use(4, Direction.IN)))


async def test_a_persons_approval_uses_the_order_that_the_person_picked(cache: OrderCache, store: GateStore) -> None:
    picked = order(2).order_number
    ruling = Ruling(
        device="desk",
        at=OPENED,
        passage_id=passage_id(1),
        approved=True,
        person="officer",
        proof="pin",
        reason="seen",
        order=picked,
        expires_at=OPENED,
    )
    await store.close_passage(on_order(1, Outcome.REFER).model_copy(update={"ruling": ruling}))
    refused = ruling.model_copy(update={"approved": False})
    await store.close_passage(on_order(2, Outcome.REFER).model_copy(update={"ruling": refused}))
    assert await cache.standings([ORDER, picked]) == (OrderStanding(order_number=picked, uses=(use(1),)),)
