"""The life of an order: the same set of events gives the same life, in whatever order and however often it arrives."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from gateway.platform.orders.life import STATES, Event, Kind, Stage, Standing, life_of
from tests.platform.conftest import Client
from tests.platform.samples import Json, confirmation, order, verdict

BEGIN = datetime(2026, 11, 23, 3, tzinfo=UTC)
NUMBER = "BD11020459525700001"
LANES = (Kind.DEPARTED, Kind.ARRIVED)
ENDS = (Kind.UNSEALED, Kind.CLOSED)
RANKS = {stage: rank for rank, stage in enumerate((Stage.CANCELLED, *(one for one in Stage if one is not Stage.CANCELLED)))}


def event(kind: Kind, minute: int = 0, record: str = "") -> Event:
    return Event(kind, BEGIN + timedelta(minutes=minute), "somebody", "somewhere", record or f"{kind}/{minute}")


SETS = st.lists(
    st.builds(event, st.sampled_from(Kind), st.integers(0, 8), st.sampled_from(("", "a/1", "b/2"))), max_size=9, unique=True
)


@given(SETS, st.data())
def test_any_order_and_any_repetition_of_arrivals_is_the_same_life(events: list[Event], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=5)) if events else []
    arrived = data.draw(st.permutations([*events, *again]))
    assert life_of(arrived) == life_of(events)
    assert life_of(arrived).state in STATES


@given(SETS, st.sampled_from(Kind))
def test_what_arrives_late_and_is_older_than_everything_else_never_moves_the_state_backwards(
    events: list[Event], kind: Kind
) -> None:
    known = [one for one in events if one.at > BEGIN]
    before, after = life_of(known).state, life_of([*known, event(kind, 0, "late/1")]).state
    if kind is Kind.CANCELLED and not {one.kind for one in known} & {*LANES, *ENDS}:
        assert after is Stage.CANCELLED
    else:
        assert after is before or RANKS[after] > RANKS[before]


@given(SETS)
def test_of_the_steps_one_is_now_and_none_before_it_is_to_come(events: list[Event]) -> None:
    life = life_of(events)
    now = [step.stage for step in life.steps if step.standing is Standing.NOW]
    assert now == [life.state]
    place = [step.stage for step in life.steps].index(life.state)
    assert all(step.standing is not Standing.TO_COME for step in life.steps[:place])
    assert all(step.standing is Standing.TO_COME for step in life.steps[place + 1 :])


def test_the_whole_way() -> None:
    way = [Kind.ISSUED, Kind.SEALED, Kind.DEPARTED, Kind.ARRIVED, Kind.UNSEALED, Kind.CLOSED]
    states = [life_of([event(kind, minute) for minute, kind in enumerate(way[: end + 1])]).state for end in range(len(way))]
    assert states == [Stage.ISSUED, Stage.SEALED, Stage.IN_TRANSIT, Stage.ARRIVED, Stage.UNSEALED, Stage.CLOSED]


def test_a_vehicle_that_came_for_its_box_has_not_arrived_with_it() -> None:
    fetched = [event(Kind.ISSUED), event(Kind.ARRIVED, 5), event(Kind.DEPARTED, 30)]
    assert life_of(fetched).state is Stage.IN_TRANSIT
    assert life_of([*fetched, event(Kind.ARRIVED, 60, "passage/b/9")]).state is Stage.ARRIVED


def test_a_cancellation_holds_where_no_lane_let_the_vehicle_go() -> None:
    cancelled = [event(Kind.ISSUED), event(Kind.CANCELLED, 5)]
    assert [(step.stage, step.standing) for step in life_of(cancelled).steps] == [
        (Stage.ISSUED, Standing.DONE),
        (Stage.CANCELLED, Standing.NOW),
    ]
    gone = life_of([*cancelled, event(Kind.DEPARTED, 4)])
    assert gone.state is Stage.IN_TRANSIT
    assert Kind.CANCELLED in {one.kind for one in gone.events}


def test_seals_are_no_step_of_an_order_that_names_none() -> None:
    steps = {step.stage: step.standing for step in life_of([event(Kind.ISSUED), event(Kind.DEPARTED, 9)], names_seals=False).steps}
    assert (steps[Stage.SEALED], steps[Stage.UNSEALED], steps[Stage.ARRIVED]) == ("not_asked", "not_asked", "to_come")
    assert {step.stage: step.standing for step in life_of([event(Kind.DEPARTED, 9)]).steps}[Stage.SEALED] == "unrecorded"


# At a platform ----------------------------------------------------------------------------------------------------------


def passed(gate: str, sequence: int, decided: str, direction: str, **changes: Any) -> Json:
    at = f"2026-11-23T{decided}Z"
    made = confirmation(gate, sequence, passage_id=f"{gate}-{sequence}", direction=direction, opened_at=at, decided_at=at)
    return made | {"verdict": verdict("PASS", [NUMBER]) | {"decided_at": at}} | changes


async def life(platform: Client) -> tuple[str, list[str]]:
    status, found = await platform.get(f"/api/orders/{NUMBER}/life")
    assert status == 200, found
    state = (await platform.get(f"/api/orders/{NUMBER}"))[1]["state"]
    assert found["state"] == state
    return state, [one["kind"] for one in found["events"]]


async def test_records_in_any_order_lead_to_the_same_state(run_platform: Any, data_dir: Any) -> None:
    messages = [
        ("order", order()),
        ("lane", passed("origin", 1, "05:00:00", "out")),
        ("lane", passed("origin", 2, "06:00:00", "out", verdict=verdict("REFER", [NUMBER]))),
        ("lane", passed("goal", 1, "07:00:00", "in")),
    ]
    seen = set()
    for turn, arrivals in enumerate(permutations(messages)):
        if turn % 5:  # some of the two dozen: each starts a platform's database anew
            continue
        async with run_platform(database_url=SecretStr(f"sqlite:///{data_dir}-{turn}.sqlite")) as platform:
            for kind, message in arrivals:
                status, answer = await (platform.post("/api/orders", message) if kind == "order" else platform.confirm(message))
                assert status == 201, answer
            state, kinds = await life(platform)
            seen.add((state, tuple(kind for kind in kinds if kind != "issued")))
    assert seen == {("arrived", ("departed", "arrived"))}


async def test_what_a_lane_took_back_takes_its_step_back(platform: Client) -> None:
    await platform.post("/api/orders", order())
    first = passed("origin", 1, "05:00:00", "out", passage_id="p-1")
    await platform.confirm(first)
    assert await life(platform) == ("in_transit", ["issued", "departed"])
    withdrawn = verdict("STOP", [NUMBER]) | {"reasons": ["VEHICLE_SEAL_TAMPERED"], "decided_at": "2026-11-23T05:00:30Z"}
    await platform.confirm(first | {"sequence": 2, "withdrawn": withdrawn})
    assert await life(platform) == ("issued", ["issued"])
    # A person who then lets it go gives the step back, with the person's name; the older records come once more and change nothing.
    ruling = {
        "device": "desk",
        "at": "2026-11-23T05:02:00Z",
        "passage_id": "p-1",
        "approved": True,
        "person": "A017 陳美玲",
        "proof": "pin",
        "reason": "Compared",
        "expires_at": "2026-11-23T05:03:00Z",
    }
    await platform.confirm(first | {"sequence": 3, "withdrawn": withdrawn, "ruling": ruling})
    await platform.confirm(first)
    _, found = await platform.get(f"/api/orders/{NUMBER}/life")
    assert (found["state"], found["events"][-1]["who"], found["events"][-1]["record"]) == (
        "in_transit",
        "A017 陳美玲",
        "passage/origin/3",
    )


async def test_a_lane_that_does_not_say_which_way_moves_nothing(platform: Client) -> None:
    await platform.post("/api/orders", order())
    unsaid = passed("origin", 1, "05:00:00", "out")
    del unsaid["direction"]
    assert (await platform.confirm(unsaid))[0] == 201
    assert await life(platform) == ("issued", ["issued", "passed"])


async def test_a_new_version_keeps_the_state(platform: Client) -> None:
    await platform.post("/api/orders", order())
    await platform.confirm(passed("origin", 1, "05:00:00", "out"))
    await platform.post("/api/orders", order(message=2, destination="003C2001"))
    assert await life(platform) == ("in_transit", ["issued", "issued", "departed"])


async def test_a_gate_may_name_anything_as_an_order(platform: Client) -> None:
    hostile = passed("origin", 1, "05:00:00", "out", verdict=verdict("PASS", ["x" * 5000, "貨櫃", "", NUMBER]))
    assert (await platform.confirm(hostile))[0] == 201
    await platform.post("/api/orders", order())
    assert (await life(platform))[0] == "in_transit"
