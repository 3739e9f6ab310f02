"""What holds for every verdict, whatever a lane has seen and whatever the gate knows of orders."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.decision.evidence import gather
from gateway.decision.verdict import decide
from gateway.model.lane_rules import Direction, LaneRules
from gateway.model.observation import CLOCK, DeviceState, Observation, OrdersFound, SealRejected
from gateway.model.order_standing import OrderStanding, OrderUse
from gateway.model.verdict import CheckResult, Outcome, Verdict
from tests.evidence import BOX, at, box_read, chip, empty_vehicle, order, pass_read, plate_read, seal, second_order

ORDERS = (
    order(),
    order(container={"number": BOX, "size_type": "22G1"}),
    second_order(),
    empty_vehicle(order_number="BD15110459525700003"),
    order(order_number="BD15110459525700004", operation_kind="2", seals=[{"kind": "8", "number": "VS000123"}]),
    order(order_number="DA15110459525700005", operation_kind="3", seals=[]),
    order(order_number="BD15110459525700006", container={"number": "TEMU9221355"}, vehicle={"plate": "HBA-6708"}),
    order(order_number="BD15110459525700007", vehicle={"plate": "KLB-9999", "driving_licence": "B200000000"}),
    order(order_number="BD15110459525700008", container=None, vehicle={"departure_time": "2026-11-20T12:00:00"}),
)
GOOD: tuple[Observation, ...] = (pass_read(), chip(), seal(), plate_read(), box_read())
SEEN: tuple[Observation, ...] = (
    box_read(accepted=False),
    box_read("TEMU9221355"),
    box_read("CSQU3054383", 0.7, device="front", size_type="22G1"),
    box_read("CMAU5110875", 0.8, device="side"),
    plate_read(accepted=False),
    plate_read("KLB9999"),
    plate_read("HBA6708", device="rear"),
    pass_read(None, uid="a1"),
    pass_read("B200000000", uid="b0"),
    pass_read().model_copy(update={"valid_until": at(-5)}),
    chip(None, epc="e201"),
    chip("WLS1111111", epc="e202"),
    seal(-30),
    seal(0.4, low_battery=True),
    seal(0.4, locked=False),
    seal(0.4, elsewhere_rssi=-30),
    seal(0.5, number="VS999999"),
    SealRejected(device="ble", at=at(0.5), address="AA", number="VS000123", why="replayed"),
    DeviceState(device="uhf", at=at(0), working=False, detail="no answer"),
    DeviceState(device="ble", at=at(0), working=False, detail="no answer"),
    DeviceState(device=CLOCK, at=at(0), working=False, detail="NTP +90.0 s", offset_s=90.0),
)
# None of these speaks for any of ORDERS: whoever adds one has less reason to open.
CONTRARY: tuple[Observation, ...] = (
    plate_read("KLC5555", 0.9),
    pass_read("C300000000", uid="c0"),
    chip("WLS2222222", epc="e203"),
    seal(0.9, cable_cut=True),
    seal(0.9, locked=False),
    seal(0.9, number="VS888888"),
    SealRejected(device="ble", at=at(0.9), address="AA", number="VS000123", why="forged"),
    DeviceState(device="front", at=at(0.9), working=False, detail="no picture"),
    DeviceState(device=CLOCK, at=at(0.9), working=False, detail="NTP +90.0 s", offset_s=90.0),
    box_read("MSKU9070323", 0.9, device="side"),
)

RULES = st.builds(
    LaneRules,
    direction=st.sampled_from(Direction),
    require_plate=st.booleans(),
    require_pass=st.booleans(),
    require_seals=st.booleans(),
    require_size=st.booleans(),
    places=st.sampled_from([(), (), ("017A1150",), ("003C2001",)]),
    without=st.sampled_from([{}, {"uhf": ("pass", "passive_seal"), "ble": ("vehicle_seal",)}]),
)


@st.composite
def standings(draw: st.DrawFn, number: str) -> OrderStanding:
    use = OrderUse(lane="lane-1", direction=Direction.OUT, at=at(0) - timedelta(hours=1), passage_id="before")
    return OrderStanding(
        order_number=number,
        state=draw(st.sampled_from(["open", "open", "cancelled", "closed"])),
        inspection=draw(st.sampled_from(["none", "none", "required", "done"])),
        notes=draw(st.sampled_from([(), ("B",)])),
        uses=draw(st.sampled_from([(), (use,)])),
    )


@st.composite
def what_was_seen(draw: st.DrawFn) -> list[Observation]:
    """A truck in order of which something is missing, and other things are seen, in any order; and any orders among them.

    Mostly little is wrong, so that many are near the line between a pass and a referral, and on both sides of it.
    """
    orders = draw(st.lists(st.sampled_from(ORDERS), unique_by=lambda one: one.order_number, max_size=4))
    known = [draw(standings(one.order_number)) for one in draw(st.lists(st.sampled_from(orders or ORDERS), max_size=1))]
    age_s = draw(st.sampled_from([None, 1.0, 2.0, 1e7]))
    missing = draw(st.lists(st.sampled_from(GOOD), max_size=2))
    more = draw(st.lists(st.sampled_from(SEEN), unique_by=repr, max_size=4))
    found = OrdersFound(device="orders", at=at(0.6), orders=tuple(orders), standings=tuple(known), cache_age_s=age_s)
    return draw(st.permutations([*(one for one in GOOD if one not in missing), *more, found]))


def verdict_of(observations: list[Observation], rules: LaneRules) -> Verdict:
    return decide(gather(observations, rules.seal_rssi_dbm), at(1), rules).verdict


@given(seen=what_was_seen(), rules=RULES)
def test_no_evidence_raises_and_a_pass_holds_in_every_check(seen: list[Observation], rules: LaneRules) -> None:
    verdict = verdict_of(seen, rules)
    if verdict.outcome is Outcome.PASS:
        assert verdict.reasons == ()
        assert verdict.orders
        assert {check.result for check in verdict.checks} <= {CheckResult.OK, CheckResult.NOTED}
    else:
        assert verdict.reasons
    assert all((check.reason is None) == (check.result in {CheckResult.OK, CheckResult.NOTED}) for check in verdict.checks)
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


@given(seen=what_was_seen(), rules=RULES, against=st.lists(st.sampled_from(CONTRARY), min_size=1, unique_by=repr))
def test_what_speaks_against_a_vehicle_never_lets_it_go(seen: list[Observation], rules: LaneRules, against: list[Any]) -> None:
    if verdict_of(seen, rules).outcome is not Outcome.PASS:
        assert verdict_of([*seen, *against], rules).outcome is not Outcome.PASS


@given(seen=what_was_seen(), rules=RULES)
def test_withdrawing_every_order_lets_nobody_go(seen: list[Observation], rules: LaneRules) -> None:
    found = next(one for one in seen if isinstance(one, OrdersFound))
    withdrawn = tuple(OrderStanding(order_number=one.order_number, state="cancelled") for one in found.orders)
    assert verdict_of([*seen, found.model_copy(update={"standings": withdrawn})], rules).outcome is not Outcome.PASS
