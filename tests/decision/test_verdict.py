"""What a lane decides, and why: each check alone, by what a person at the gate would be told."""

from collections.abc import Iterable
from typing import Any

import pytest

from gateway.decision.evidence import gather
from gateway.decision.verdict import Decision, decide
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import Candidate, DeviceState, Observation, SealRejected
from gateway.model.reasons import Reason
from gateway.model.verdict import CheckResult, Outcome, Subject
from tests.evidence import (
    BOX,
    at,
    box_read,
    chip,
    empty_vehicle,
    found,
    in_order,
    order,
    pass_read,
    plate_read,
    positions,
    seal,
    second_order,
)

RULES = LaneRules()


def decision(observations: Iterable[Observation], rules: LaneRules = RULES, seconds: float = 1.0) -> Decision:
    return decide(gather(observations, rules.seal_rssi_dbm), at(seconds), rules)


def without(kind: str) -> list[Observation]:
    return [seen for seen in in_order() if seen.kind != kind]


def test_a_truck_in_order_passes_and_every_check_shows_expected_and_seen() -> None:
    verdict = decision(in_order()).verdict
    assert verdict.outcome is Outcome.PASS
    assert verdict.reasons == ()
    assert verdict.orders == ("BD15110459525700001",)
    checks = {check.subject: check for check in verdict.checks}
    assert (checks[Subject.CONTAINER].expected, checks[Subject.CONTAINER].seen) == (BOX, BOX)
    assert checks[Subject.CONTAINER].source == "rear"
    assert checks[Subject.PLATE].source == "front"
    assert checks[Subject.PASS].seen == "王小明"
    assert checks[Subject.PASSIVE_SEAL].seen == "WLS8854668"
    assert "locked" in checks[Subject.VEHICLE_SEAL].seen
    assert all(check.result is CheckResult.OK for check in verdict.checks)


@pytest.mark.parametrize(
    ("observations", "outcome", "reason"),
    [
        ([*in_order()[:-1], found()], Outcome.REFER, Reason.NO_ORDER),
        (without("container_read"), Outcome.REFER, Reason.BOX_UNREAD),
        (without("plate_read"), Outcome.REFER, Reason.PLATE_UNREAD),
        (without("pass_read"), Outcome.REFER, Reason.PASS_UNREAD),
        (without("passive_seal_read"), Outcome.REFER, Reason.E_SEAL_UNREAD),
        (without("vehicle_seal_heard"), Outcome.REFER, Reason.VEHICLE_SEAL_MISSING),
        ([*without("pass_read"), pass_read(None)], Outcome.REFER, Reason.PASS_UNKNOWN),
        ([*without("pass_read"), pass_read("B200000000")], Outcome.REFER, Reason.PASS_DIFFERS),
        ([*without("plate_read"), plate_read("KLB9999")], Outcome.REFER, Reason.PLATE_DIFFERS),
        ([*without("passive_seal_read"), chip("WLS1111111")], Outcome.STOP, Reason.E_SEAL_DIFFERS),
        ([*without("passive_seal_read"), chip(None)], Outcome.REFER, Reason.E_SEAL_UNREAD),
        ([*in_order(), seal(1, inserted=False, locked=False)], Outcome.REFER, Reason.VEHICLE_SEAL_NOT_INSERTED),
        ([*in_order(), seal(1, locked=False)], Outcome.REFER, Reason.VEHICLE_SEAL_NOT_LOCKED),
        ([*in_order(), seal(1, cable_cut=True)], Outcome.STOP, Reason.VEHICLE_SEAL_TAMPERED),
        ([*in_order(), seal(1, shell_opened=True)], Outcome.STOP, Reason.VEHICLE_SEAL_TAMPERED),
        ([*in_order(), seal(1, opened_while_sealed=True)], Outcome.STOP, Reason.VEHICLE_SEAL_TAMPERED),
        ([*in_order(), seal(1, motor_stuck=True)], Outcome.REFER, Reason.VEHICLE_SEAL_FAULTY),
        ([*without("vehicle_seal_heard"), seal(number="VS999999")], Outcome.REFER, Reason.VEHICLE_SEAL_DIFFERS),
        ([*without("vehicle_seal_heard"), seal(rssi=-95)], Outcome.REFER, Reason.VEHICLE_SEAL_MISSING),
        ([*without("vehicle_seal_heard"), seal(rssi=-60, elsewhere_rssi=-50)], Outcome.REFER, Reason.VEHICLE_SEAL_ELSEWHERE),
        (
            [*in_order(), SealRejected(device="ble", at=at(1), address="AA", number="VS000123", why="forged")],
            Outcome.STOP,
            Reason.SEAL_FORGED,
        ),
        ([*in_order(empty_vehicle())], Outcome.STOP, Reason.BOX_UNEXPECTED),
        (in_order(order(container={"number": "CSQU3054383", "size_type": "45G1"})), Outcome.STOP, Reason.BOX_DIFFERS),
        (in_order(order(vehicle={"departure_time": "2026-11-22T12:00:00"})), Outcome.REFER, Reason.ORDER_EXPIRED),
        (in_order(order(vehicle={"departure_time": "2026-11-23T18:00:00"})), Outcome.REFER, Reason.ORDER_TOO_EARLY),
    ],
)
def test_one_thing_wrong(observations: list[Observation], outcome: Outcome, reason: Reason) -> None:
    verdict = decision(observations).verdict
    assert verdict.outcome is outcome
    assert verdict.reasons == (reason,)


def test_an_empty_vehicle_passes_only_after_it_was_looked_at() -> None:
    found_empty = decision([*without("container_read")[:-1], found(empty_vehicle())])
    assert found_empty.verdict.outcome is Outcome.PASS
    assert found_empty.hold_s == RULES.empty_s


def test_a_plain_pass_is_given_at_once_and_a_20_foot_box_waits_for_its_companion() -> None:
    assert decision(in_order()).hold_s == 0
    small = order(container={"number": BOX, "size_type": "22G1"})
    assert decision(in_order(small)).hold_s == RULES.settle_s


def test_two_20_foot_boxes_are_two_orders() -> None:
    first = order(container={"number": BOX, "size_type": "22G1"})
    both = [*in_order(first, second_order())]
    waiting = decision(both).verdict
    assert waiting.outcome is Outcome.REFER
    assert waiting.reasons == (Reason.BOX_UNREAD,)
    verdict = decision([*both, box_read("CSQU3054383", 0.7, device="front", size_type="22G1")]).verdict
    assert verdict.outcome is Outcome.PASS
    assert set(verdict.orders) == {"BD15110459525700001", "BD15110459525700002"}


def test_two_boxes_of_one_trip_that_nobody_read_are_both_named() -> None:
    first = order(container={"number": BOX, "size_type": "22G1"})
    verdict = decision([*without("container_read")[:-1], found(first, second_order())]).verdict
    assert verdict.reasons == (Reason.BOX_UNREAD,)
    assert set(verdict.orders) == {"BD15110459525700001", "BD15110459525700002"}


def test_a_second_box_without_an_order_never_passes() -> None:
    first = order(container={"number": BOX, "size_type": "22G1"})
    verdict = decision([*in_order(first), box_read("CSQU3054383", 0.7, device="front", size_type="22G1")]).verdict
    assert verdict.outcome is not Outcome.PASS
    assert Reason.NO_ORDER in verdict.reasons


def test_the_order_confirms_a_reading_that_the_pictures_support() -> None:
    """G and Q look alike and the check digit cannot tell them apart: the order picks, with the plate beside it."""
    characters = ((Candidate(character="Q", probability=0.6), Candidate(character="G", probability=0.4)), *positions("ESU1234566"))
    doubtful = box_read("QESU1234566", accepted=False, characters=characters)
    wanted = order(container={"number": "GESU1234566", "size_type": "45G1"})
    verdict = decision([*without("container_read")[:-1], doubtful, found(wanted)]).verdict
    check = next(check for check in verdict.checks if check.subject is Subject.CONTAINER)
    assert (check.result, check.seen) == (CheckResult.OK, "GESU1234566")
    assert "order" in check.source
    assert verdict.outcome is Outcome.PASS


def doubtful_plate(first: float, second: float) -> Observation:
    """A plate whose last digit is a 6 or the order's 5."""
    last = (Candidate(character="6", probability=first), Candidate(character="5", probability=second))
    return plate_read("KLA1236", accepted=False, characters=(*positions("KLA123"), last))


def test_the_order_confirms_no_reading_beside_which_the_pictures_plainly_say_another() -> None:
    """F and P look alike to the check digit, too: another owner's box with this very serial number is not the order's box."""
    characters = (
        (Candidate(character="F", probability=0.985), Candidate(character="P", probability=0.015)),
        *positions("OLU2298572"),
    )
    seen = box_read("FOLU2298572", accepted=False, characters=characters)
    wanted = order(container={"number": "POLU2298572", "size_type": "45G1"})
    verdict = decision([*without("container_read")[:-1], seen, found(wanted)]).verdict
    assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, (Reason.BOX_UNSURE,))
    assert decision([*without("plate_read")[:-1], doubtful_plate(0.9, 0.1), found(order())]).verdict.outcome is Outcome.REFER
    assert decision([*without("plate_read")[:-1], doubtful_plate(0.6, 0.4), found(order())]).verdict.outcome is Outcome.PASS


def test_what_the_order_had_to_confirm_waits_for_another_look() -> None:
    assert decision([*without("plate_read")[:-1], doubtful_plate(0.6, 0.4), found(order())]).hold_s == RULES.settle_s
    assert decision(in_order()).hold_s == 0


def test_a_20_foot_box_read_at_one_end_may_hide_another_where_both_ends_are_read() -> None:
    small = order(container={"number": BOX, "size_type": "22G1"})
    both = LaneRules(both_ends=True)
    verdict = decision(in_order(small), both).verdict
    assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, (Reason.BOX_UNREAD,))
    many = [box_read(seconds=0.5 + n / 10, confidence=0.999, size_type="22G1") for n in range(6)]
    assert decision([*in_order(small), *many], both).verdict.outcome is Outcome.REFER  # more looks at the same end
    faint = box_read(accepted=False, device="front", size_type="22G1")
    assert decision([*in_order(small), *many, faint], both).verdict.outcome is Outcome.PASS
    assert decision(in_order(), both).verdict.outcome is Outcome.PASS  # 40 feet: nothing fits beside it


def test_the_order_never_makes_a_reading_up() -> None:
    """The pictures say another number, however faintly: the order's own number is not put in its place."""
    other = box_read("CSQU3054383", accepted=False)
    verdict = decision([*without("container_read")[:-1], other, found(order())]).verdict
    assert verdict.outcome is Outcome.REFER
    assert verdict.reasons == (Reason.BOX_UNSURE,)
    assert all(check.seen != BOX for check in verdict.checks if check.subject is Subject.CONTAINER)


def test_a_trailer_plate_alone_is_never_another_vehicle() -> None:
    verdict = decision([*without("plate_read"), plate_read("HA76")]).verdict
    assert verdict.reasons == (Reason.PLATE_UNREAD,)


def test_both_plates_of_a_rig() -> None:
    assert decision([*in_order(), plate_read("HBA6708", device="rear")]).verdict.outcome is Outcome.PASS


def test_a_lost_device_is_noted_when_nothing_is_missing_and_named_when_something_is() -> None:
    lost = DeviceState(device="uhf", at=at(0), working=False, detail="no answer")
    passed = decision([lost, *in_order()]).verdict
    assert passed.outcome is Outcome.PASS
    assert [check.seen for check in passed.checks if check.subject is Subject.DEVICE] == ["uhf"]
    assert decision([lost, *without("pass_read")]).verdict.reasons == (Reason.PASS_UNREAD, Reason.DEVICE_LOST)


def test_rules_may_ask_for_less() -> None:
    rules = LaneRules(require_pass=False, require_plate=False, require_seals=False)
    verdict = decision([box_read(), found(order())], rules).verdict
    assert verdict.outcome is Outcome.PASS
    assert {check.result for check in verdict.checks} == {CheckResult.OK, CheckResult.NOTED}


def test_two_orders_for_one_box_are_told_apart_by_date_and_else_referred() -> None:
    old = order(order_number="BD15110459525700009", vehicle={"departure_time": "2026-11-20T12:00:00"})
    assert decision(in_order(old, order())).verdict.orders == ("BD15110459525700001",)
    twin = order(order_number="BD15110459525700009")
    assert decision(in_order(twin, order())).verdict.reasons == (Reason.ORDER_AMBIGUOUS,)


def test_equal_evidence_gives_equal_bytes() -> None:
    first: Any = decision(in_order()).verdict.model_dump_json()
    assert decision(in_order()).verdict.model_dump_json() == first


def test_a_seal_is_in_the_lane_that_heard_it_most_strongly_over_the_passage() -> None:
    passing_by = [seal(0.1, rssi=-60, elsewhere_rssi=-50), seal(0.3, rssi=-45, elsewhere_rssi=-70), seal(0.5, rssi=-62)]
    assert decision([*without("vehicle_seal_heard"), *passing_by]).verdict.outcome is Outcome.PASS
    gone_elsewhere = [*passing_by, seal(0.6, rssi=-65, elsewhere_rssi=-44)]
    assert Reason.VEHICLE_SEAL_ELSEWHERE in decision([*without("vehicle_seal_heard"), *gone_elsewhere]).verdict.reasons
