"""Reasons beyond the sealing itself: the order's standing and place, look-alikes, swapped boxes, what is too old, the clock."""

from typing import Any

import pytest

from gateway.model.lane_rules import LaneRules
from gateway.model.observation import CLOCK, DeviceState, Observation, OrdersFound
from gateway.model.order_standing import OrderStanding, OrderUse
from gateway.model.policy import Rule, shipped_policy
from gateway.model.reasons import Reason
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Check, CheckResult, Outcome, Subject, Verdict
from tests.decision.test_verdict import decision, without
from tests.evidence import BOX, at, box_read, chip, found, in_order, order, pass_read, plate_read, seal, second_order

NUMBER = "BD15110459525700001"


def standing(orders: tuple[TransportOrder, ...] = (), age_s: float | None = 1.0, **said: Any) -> list[Observation]:
    """A truck in order, with what the gate knows of its order beside the message."""
    known = (OrderStanding(order_number=NUMBER, **said),)
    orders_found = OrdersFound(device="orders", at=at(0.6), orders=orders or (order(),), standings=known, cache_age_s=age_s)
    return [*in_order()[:-1], orders_found]


def used(seconds: float, lane: str = "lane-1", direction: str = "out") -> dict[str, Any]:
    return {"uses": [OrderUse.model_validate({"lane": lane, "direction": direction, "at": at(seconds), "passage_id": "before"})]}


def clock_off(offset_s: float) -> DeviceState:
    return DeviceState(device=CLOCK, at=at(0), working=False, detail=f"NTP {offset_s:+.1f} s", offset_s=offset_s)


def verdict_of(observations: list[Observation], **rules: Any) -> Verdict:
    return decision(observations, LaneRules(**rules)).verdict


def check_of(verdict: Verdict, subject: Subject) -> Check:
    return next(check for check in verdict.checks if check.subject is subject)


STOP, REFER = Outcome.STOP, Outcome.REFER
NEIGHBOUR = order(
    order_number="BD15110459525700009",
    container={"number": "CSQU3054383", "size_type": "45G1"},
    vehicle={"plate": "KLB-9999", "driving_licence": "B200000000"},
)
# Our box on the neighbour's tractor, with its own driver.
HERS = [*(seen for seen in without("plate_read")[:-1] if seen.kind != "pass_read"), plate_read("KLB9999"), pass_read("B200000000")]


@pytest.mark.parametrize(
    ("observations", "rules", "outcome", "reasons"),
    [
        (standing(state="cancelled"), {}, STOP, [Reason.ORDER_CANCELLED]),
        (standing(state="closed"), {}, REFER, [Reason.ORDER_CLOSED]),
        (standing(**used(-600)), {}, REFER, [Reason.ORDER_USED]),
        (standing(inspection="required"), {}, STOP, [Reason.INSPECTION_NOT_DONE]),
        (in_order(), {"places": ("KELW230W",)}, REFER, [Reason.ORDER_WRONG_DIRECTION]),
        (in_order(), {"places": ("003C2001",)}, REFER, [Reason.ORDER_WRONG_PLACE]),
        (in_order(), {"places": ("017A1150",), "direction": "in"}, REFER, [Reason.ORDER_WRONG_DIRECTION]),
        (standing(age_s=73 * 3600), {}, REFER, [Reason.ORDERS_STALE]),
        ([clock_off(-61), *in_order()], {}, REFER, [Reason.CLOCK_WRONG]),
        (in_order(order(container={"number": "TEMU9221355"})), {}, REFER, [Reason.BOX_ONE_OFF]),
        (in_order(order(container={"number": "TEMU9221358"})), {}, REFER, [Reason.BOX_ONE_OFF]),
        (in_order(order(container={"number": "TEMU9221332"})), {}, STOP, [Reason.BOX_DIFFERS]),
        (
            [*without("container_read")[:-1], box_read(size_type="22G1"), found(order())],
            {"require_size": True},
            REFER,
            [Reason.SIZE_DIFFERS],
        ),
        ([*without("plate_read"), plate_read("KLA7777", accepted=False)], {}, REFER, [Reason.PLATE_UNSURE]),
        (
            [*without("pass_read"), pass_read().model_copy(update={"valid_until": at(-1)})],
            {},
            REFER,
            [Reason.PASS_EXPIRED],
        ),
        (in_order(order(operation_kind="2", seals=[])), {}, REFER, [Reason.SEAL_NOT_ON_ORDER]),
        (in_order(order(seals=[])), {}, REFER, [Reason.SEAL_NOT_ON_ORDER]),
        (
            [*without("vehicle_seal_heard"), seal(rssi=-60, elsewhere_rssi=-40), seal(number="VS000999")],
            {},
            REFER,
            [Reason.VEHICLE_SEAL_ELSEWHERE],
        ),
        ([*without("vehicle_seal_heard"), seal(-9.5)], {}, REFER, [Reason.VEHICLE_SEAL_STALE]),
        ([*in_order(), seal(0.7, low_battery=True)], {}, REFER, [Reason.VEHICLE_SEAL_LOW_BATTERY]),
        ([*in_order(), seal(0.7, low_battery=True, cable_cut=True)], {}, STOP, [Reason.VEHICLE_SEAL_TAMPERED]),
        (
            [*HERS, found(order(), NEIGHBOUR)],
            {},
            STOP,
            [Reason.BOX_SWAPPED, Reason.PLATE_DIFFERS, Reason.PASS_DIFFERS],
        ),
    ],
)
def test_one_thing_wrong(observations: list[Observation], rules: dict[str, Any], outcome: Outcome, reasons: list[Reason]) -> None:
    verdict = verdict_of(observations, **rules)
    assert (verdict.outcome, list(verdict.reasons)) == (outcome, reasons)


@pytest.mark.parametrize(
    ("observations", "rules"),
    [
        (standing(), {}),
        (standing(**used(-30)), {}),  # this vehicle, seen twice
        (standing(**used(-600, direction="in")), {}),  # it came in on this order
        (standing(inspection="done"), {}),
        (standing(inspection="required"), {"inspection_places": ("KELW230W",)}),
        (in_order(), {"places": ("017A1150", "017A1151")}),
        (in_order(), {"places": ("KELW230W",), "direction": "in"}),
        (standing(age_s=71 * 3600), {}),
        (standing(age_s=None), {}),
        ([clock_off(59), *in_order()], {}),
        ([clock_off(900), *in_order(), DeviceState(device=CLOCK, at=at(0.7), working=True)], {}),
        ([*without("container_read")[:-1], box_read(size_type="22G1"), found(order())], {}),
        ([*without("container_read")[:-1], box_read(size_type="45R1"), found(order())], {"require_size": True}),
        ([*without("pass_read"), pass_read().model_copy(update={"valid_until": at(60)})], {}),
        (in_order(order(operation_kind="2", seals=[])), {"require_seals": False}),
        (in_order(order(load_kind="B", seals=[])), {}),
        (in_order(order(seals=[{"kind": "7", "number": "OWN1"}])), {}),
        ([*in_order(), seal(0.7, low_battery=True)], {"direction": "in"}),
        ([*without("plate_read"), plate_read("KLB9999"), found(order(), NEIGHBOUR)], {"require_plate": False}),
    ],
)
def test_what_is_no_reason_to_hold_a_truck(observations: list[Observation], rules: dict[str, Any]) -> None:
    verdict = verdict_of(observations, **rules)
    assert (verdict.outcome, verdict.reasons) == (Outcome.PASS, ())


def test_the_check_names_policy_and_rule_and_what_is_needed() -> None:
    check = check_of(verdict_of(in_order(order(operation_kind="2", seals=[]))), Subject.REQUIRED_SEALS)
    assert (check.expected, check.seen, check.result) == ("passive e-seal / vehicle seal", "no seal", CheckResult.MISSING)
    assert check.source.startswith("policy tw-2026-11#")
    assert check.source.endswith("rule transit")


def test_a_work_instruction_reaches_the_verdict() -> None:
    bare = order(load_kind="B", seals=[])
    assert verdict_of(standing((bare,))).outcome is Outcome.PASS
    assert verdict_of(standing((bare,), notes=["B"])).reasons == (Reason.SEAL_NOT_ON_ORDER,)


def test_a_release_condition_reaches_the_verdict() -> None:
    bare = order(load_kind="B", seals=[])
    five = Rule.model_validate(
        {
            "id": "five",
            "title": {"zh_TW": "五", "en": "five"},
            "source": "s",
            "basis": "proposal",
            "when": {"release_condition": ["5"]},
            "need": "any",
            "seals": ["8"],
        }
    )
    policy = shipped_policy().model_copy(update={"rules": (five, *shipped_policy().rules)})
    assert verdict_of(standing((bare,), release_conditions=["8"]), policy=policy).outcome is Outcome.PASS
    assert verdict_of(standing((bare,), release_conditions=["8", "5"]), policy=policy).reasons == (Reason.SEAL_NOT_ON_ORDER,)


def test_a_new_order_counts_before_a_withdrawn_and_a_used_one() -> None:
    anew = order(order_number="BD15110459525700007")
    for said in ({"state": "cancelled"}, used(-600)):
        verdict = verdict_of(standing((order(), anew), **said))
        assert (verdict.outcome, verdict.orders) == (Outcome.PASS, ("BD15110459525700007",))


def test_a_withdrawn_order_of_the_same_trip_expects_no_box() -> None:
    first, second = order(container={"number": BOX, "size_type": "22G1"}), second_order()
    known = (OrderStanding(order_number=second.order_number, state="cancelled"),)
    orders_found = OrdersFound(device="orders", at=at(0.6), orders=(first, second), standings=known)
    assert verdict_of([*in_order()[:-1], orders_found]).orders == (first.order_number,)


LOST = [DeviceState(device=device, at=at(0), working=False, detail="no answer") for device in ("uhf", "ble", "front")]
WITHOUT = {"without": {"uhf": ["pass", "passive_seal"], "ble": ["vehicle_seal"], "front": ["plate"]}}


@pytest.mark.parametrize("kind", ["plate_read", "pass_read", "passive_seal_read", "vehicle_seal_heard"])
def test_a_lane_does_without_what_its_rules_name_while_the_device_is_out_of_order(kind: str) -> None:
    verdict = verdict_of([*LOST, *without(kind)], **WITHOUT)
    assert verdict.outcome is Outcome.PASS
    (waived,) = [check for check in verdict.checks if check.source.startswith("waived: ")]
    assert waived.result is CheckResult.NOTED
    assert {check.seen for check in verdict.checks if check.subject is Subject.DEVICE} == {"uhf", "ble", "front"}
    assert Reason.DEVICE_LOST in verdict_of([*LOST, *without(kind)]).reasons
    assert verdict_of(without(kind), **WITHOUT).outcome is Outcome.REFER


def test_what_differs_is_never_waived_and_a_seal_only_beside_another_seal() -> None:
    for wrong, reason in [
        ([*without("plate_read"), plate_read("KLB9999")], Reason.PLATE_DIFFERS),
        ([*without("passive_seal_read"), chip("WLS1111111")], Reason.E_SEAL_DIFFERS),
        ([*in_order(), seal(1, locked=False)], Reason.VEHICLE_SEAL_NOT_LOCKED),
    ]:
        assert reason in verdict_of([*LOST, *wrong], **WITHOUT).reasons
    neither = [seen for seen in without("passive_seal_read") if seen.kind != "vehicle_seal_heard"]
    reasons = verdict_of([*LOST, *neither], **WITHOUT).reasons
    assert reasons == (Reason.E_SEAL_UNREAD, Reason.VEHICLE_SEAL_MISSING, Reason.DEVICE_LOST)


def test_a_lane_that_does_without_looks_a_little_longer() -> None:
    rules = LaneRules.model_validate(WITHOUT)
    assert decision([*LOST, *without("plate_read")], rules).hold_s == rules.empty_s
