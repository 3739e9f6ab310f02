"""Orders that came after their truck was seen leaving: flagged with by how much, whichever of the two arrived first."""

from typing import Any

import pytest

from tests.platform.conftest import Client
from tests.platform.orders.test_life import NUMBER, passed
from tests.platform.samples import Json, order, verdict

# The tests' platform has its first message at 03:43:51; the sights below were at the gate's own time.
SEEN_AT = "03:40:00"


def plate(number: str = "KLA1234") -> Json:
    position = [[{"character": one, "probability": 0.99}] for one in number]
    return {
        "number": number,
        "text": number,
        "role": "tractor",
        "confidence": 0.99,
        "accepted": True,
        "characters": position,
        "alternatives": [],
        "sights": [],
        "reads": 3,
    }


def sight(at: str = SEEN_AT, boxes: bool = True, orders: tuple[str, ...] = (), outcome: str = "STOP", **changes: Any) -> Json:
    """A lane that lets vehicles out saw one, and knew no order for it unless `orders` names one."""
    made = passed("origin", 1, at, "out", verdict=verdict(outcome, list(orders)))
    made["answer"] = {"containers": made["answer"]["containers"] if boxes else [], "plates": [plate()]}
    return made | changes


async def late_s(platform: Client) -> int | None:
    _, state = await platform.get(f"/api/orders/{NUMBER}")
    late: int | None = state["late_s"]
    return late


@pytest.mark.parametrize("first", ["order", "sight"])
async def test_an_order_that_came_after_its_truck_left_is_late(platform: Client, first: str) -> None:
    if first == "sight":
        await platform.confirm(sight())
    await platform.post("/api/orders", order())
    if first == "order":
        assert await late_s(platform) is None
        await platform.confirm(sight())
    late = await late_s(platform)
    assert late is not None
    assert 3 * 60 < late < 5 * 60
    _, page = await platform.get("/api/orders", params={"late": "yes"})
    assert len(page["items"]) == 1
    _, text = await platform.get("/metrics")
    assert b"gateway_platform_late_orders_total 1.0" in text


async def test_the_plate_alone_is_enough_where_no_other_box_was_on_it(platform: Client) -> None:
    await platform.confirm(sight(boxes=False))
    await platform.post("/api/orders", order())
    assert await late_s(platform) is not None


@pytest.mark.parametrize(
    ("why", "seen"),
    [
        ("it came in", sight(direction="in")),
        ("the record does not say which way", sight(direction=None)),
        ("it was another journey's order", sight(orders=("BD11020459525700009",), outcome="PASS")),
        ("it came after the order", sight("23:59:00")),
        ("it was long before the departure time", sight("01:00:00")),
        ("nothing was read for sure", sight(answer={"containers": [], "plates": [plate() | {"accepted": False}]})),
        ("another truck", sight(answer={"containers": [], "plates": [plate("KLB777")]})),
    ],
)
async def test_an_order_is_not_late(platform: Client, why: str, seen: Json) -> None:
    assert (await platform.confirm(seen))[0] == 201
    await platform.post("/api/orders", order())
    assert await late_s(platform) is None, why


async def test_another_box_on_the_truck_is_another_journey(platform: Client) -> None:
    await platform.confirm(sight())
    await platform.post("/api/orders", order(container={"number": "MSKU9070323"}))
    assert await late_s(platform) is None


async def test_a_day_later_it_is_another_journey(platform: Client) -> None:
    long_ago = sight() | {"opened_at": "2026-11-22T03:40:00Z", "decided_at": "2026-11-22T03:40:00Z"}
    early = order()
    early["vehicle"] |= {"departure_time": "2026-11-22T11:40:00"}
    await platform.confirm(long_ago)
    await platform.post("/api/orders", early)
    assert await late_s(platform) is None


async def test_a_person_who_reads_another_plate_takes_the_flag_back(platform: Client) -> None:
    await platform.confirm(sight(boxes=False, passage_id="p-1"))
    await platform.post("/api/orders", order())
    assert await late_s(platform) is not None
    again = sight(passage_id="p-1", sequence=2) | {"answer": {"containers": [], "plates": [plate("KLB777")]}}
    await platform.confirm(again)
    assert await late_s(platform) is None


async def test_a_correction_of_the_order_does_not_make_it_late_or_in_time(platform: Client) -> None:
    await platform.confirm(sight())
    await platform.post("/api/orders", order())
    first = await late_s(platform)
    await platform.post("/api/orders", order(message=2, destination="003C2001"))
    assert await late_s(platform) == first


async def test_what_is_no_number_is_not_kept(platform: Client) -> None:
    odd = sight(answer={"containers": [], "plates": [plate(""), plate("號" * 9), plate("X" * 400), plate()]})
    assert (await platform.confirm(odd))[0] == 201
    await platform.post("/api/orders", order())
    assert await late_s(platform) is not None
