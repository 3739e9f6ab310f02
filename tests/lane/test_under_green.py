"""A vehicle that was let go: nobody else leaves on its green, and it does not leave on it if something is wrong after all."""

import pytest

from gateway.lane.actions import Action, Attend, Close, Commit, OpenBarrier, ReportDevice, ShowLight, Sound
from gateway.lane.machine import LaneMachine
from gateway.lane.replay import commits_of
from gateway.lane.rulings import RulingAnswer
from gateway.lane.transitions import LightColour, State
from gateway.model.lane_rules import LaneRules, OpenedBy
from gateway.model.observation import LAMPS, DeviceState, ManualOpening, Observation
from gateway.model.passage import Passage
from gateway.model.reasons import Reason
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome
from tests.evidence import (
    at,
    box_read,
    came,
    chip,
    empty_vehicle,
    left,
    order,
    pass_read,
    plate_read,
    seal,
    second_order,
    tick,
)
from tests.lane.test_machine import committed, feed, machine, shown
from tests.lane.test_rulings import answer, ruling

RED, AMBER, GREEN = (ShowLight(colour) for colour in (LightColour.RED, LightColour.AMBER, LightColour.GREEN))
FOLLOWERS: list[Observation] = [
    plate_read("KNA5678", 4),
    box_read("CSQU3054383", 4),
    pass_read("B200000000", 4, uid="b1"),
    chip("WLS1111111", 4, epc="e201"),
]


def passed(rules: LaneRules | None = None) -> LaneMachine:
    lane = machine(rules or LaneRules(patience_s=10))
    feed(lane, *shown())
    assert GREEN in lane.stored()
    return lane


def lights(actions: list[Action]) -> list[ShowLight]:
    return [action for action in actions if isinstance(action, ShowLight)]


def closed(actions: list[Action]) -> Passage:
    return next(action.passage for action in actions if isinstance(action, Close))


# Another vehicle ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", FOLLOWERS, ids=lambda seen: seen.kind)
def test_a_second_vehicle_under_the_same_loop_does_not_leave_on_the_first_one_s_green(sign: Observation) -> None:
    lane = passed()
    first = lane.passage
    assert first is not None
    actions = feed(lane, sign, orders=())
    assert lights(actions) == [RED, AMBER]
    assert closed(actions).passage_id == first.passage_id
    assert sign not in closed(actions).observations
    assert lane.state is State.READING
    assert lane.passage is not None
    assert lane.passage.passage_id != first.passage_id
    assert sign in lane.passage.observations
    second = committed(feed(lane, left(9), orders=()))
    assert second.verdict is not None
    assert second.verdict.outcome is Outcome.REFER


def test_what_is_still_heard_of_the_vehicle_ahead_does_not_serve_the_one_that_follows() -> None:
    lane = passed()
    feed(lane, FOLLOWERS[0], pass_read(seconds=4.1), seal(4.2), chip(seconds=4.3), orders=())
    assert lane.evidence is not None
    assert (lane.evidence.passes, lane.evidence.vehicle_seals, lane.evidence.passive_seals) == ((), (), ())


def test_what_was_heard_of_the_one_that_follows_is_its_own() -> None:
    lane = passed()
    feed(lane, seal(2, number="VS000999"), FOLLOWERS[0], orders=())
    assert lane.evidence is not None
    assert [heard.number for heard in lane.evidence.vehicle_seals] == ["VS000999"]


@pytest.mark.parametrize(
    "sign",
    [
        plate_read("KLA1235", 4),
        plate_read("KLA1285", 4, accepted=False),
        plate_read("HBA1234", 4),  # its own trailer, seen from behind
        plate_read("KNA5678", 4, accepted=False),
        box_read(seconds=4),
        box_read("CSQU3054389", 4, check_digit_valid=False),
        pass_read(seconds=4),
        pass_read(None, 4, uid="b1"),
        chip(seconds=4),
        chip(None, 4, epc="e201"),
        seal(4, number="VS000999"),  # waits behind, and its radio reaches here
    ],
    ids=lambda seen: f"{seen.kind}-{getattr(seen, 'number', '')}",
)
def test_its_own_plates_box_pass_and_seals_leave_the_green_alone(sign: Observation) -> None:
    lane = passed()
    assert feed(lane, sign) == []
    assert lane.state is State.PASSED


def test_cameras_read_on_while_the_light_is_green_unless_told_otherwise() -> None:
    lane = machine()
    feed(lane, *shown())
    assert Attend(True) in lane.stored()
    lane = machine(LaneRules(read_under_green=False))
    feed(lane, *shown())
    assert Attend(True) not in lane.stored()


def test_another_vehicle_that_is_seen_while_the_release_is_stored_gets_no_green() -> None:
    lane = machine()
    feed(lane, *shown(), FOLLOWERS[0])
    actions = lane.stored()
    assert GREEN not in actions
    assert not any(isinstance(action, OpenBarrier) for action in actions)
    assert lane.state is State.READING


# Taken back --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"locked": False}, Reason.VEHICLE_SEAL_NOT_LOCKED),
        ({"inserted": False}, Reason.VEHICLE_SEAL_NOT_INSERTED),
        ({"shell_opened": True}, Reason.VEHICLE_SEAL_TAMPERED),
    ],
)
def test_a_seal_opened_under_green_turns_the_light_red_and_stops_the_vehicle(changes: dict[str, bool], reason: Reason) -> None:
    lane = passed()
    decided = lane.passage.verdict if lane.passage else None
    actions = feed(lane, seal(4, **changes))
    assert actions[0] == RED
    passage = committed(actions)
    assert passage.verdict == decided, "it stands as it was given"
    assert passage.withdrawn is not None
    assert reason in passage.withdrawn.reasons
    assert lane.stored() == [Sound(Outcome.STOP)]
    assert lane.state is State.STOPPED
    assert answer(feed(lane, ruling(lane))) is RulingAnswer.NOT_ALLOWED
    assert [commit.withdrawn for commit in commits_of(closed(feed(lane, left(30))))] == [None, passage.withdrawn]


def test_a_seal_opened_while_the_release_is_stored_prevents_the_green() -> None:
    lane = machine()
    feed(lane, *shown(), seal(0.7, cable_cut=True))
    actions = lane.stored()
    assert lights(actions) == [RED]
    assert not any(isinstance(action, OpenBarrier) for action in actions)
    lane.stored()
    assert lane.state is State.STOPPED


def test_a_seal_of_another_order_may_be_opened() -> None:
    lane = passed()
    assert feed(lane, seal(4, number="VS000999", locked=False)) == []


def test_a_seal_that_a_person_let_go_unlocked_does_not_take_the_release_back() -> None:
    lane = machine()
    feed(lane, *[seen for seen in shown() if seen.kind != "vehicle_seal_heard"], seal(0.7, locked=False), tick(10.5))
    lane.stored()
    feed(lane, ruling(lane))
    assert GREEN in lane.stored()
    assert feed(lane, seal(25, locked=False)) == []


def test_a_box_that_is_read_on_a_vehicle_let_go_as_empty_stops_it() -> None:
    lane = machine(LaneRules(empty_s=3))
    feed(lane, *[seen for seen in shown() if seen.kind != "container_read"], tick(4), orders=(empty_vehicle(),))
    assert GREEN in lane.stored()
    passage = committed(feed(lane, box_read("CSQU3054383", 6)))
    assert passage.withdrawn is not None
    assert Reason.BOX_UNEXPECTED in passage.withdrawn.reasons


def test_two_boxes_in_order_and_one_more_is_the_next_vehicle_s() -> None:
    lane = machine()
    orders = (order(container={"number": "TEMU9221353", "size_type": "22G1"}), second_order())
    feed(lane, *shown(), box_read("CSQU3054383", 0.7), tick(2), orders=orders)
    assert GREEN in lane.stored()
    assert feed(lane, box_read("CSQU3054383", 3), box_read(seconds=3.1)) == []
    feed(lane, box_read("MSKU9070323", 4))
    assert lane.state is State.READING


# Green ends --------------------------------------------------------------------------------------------------------------


def test_a_green_that_nobody_uses_ends_and_waits_for_a_person() -> None:
    lane = passed(LaneRules(patience_s=10, green_s=30))
    assert feed(lane, tick(5), tick(34.9)) == []
    assert lights(feed(lane, tick(35))) == [RED]
    assert answer(feed(lane, ruling(lane, 40))) is RulingAnswer.TAKEN
    actions = lane.stored()
    assert GREEN in actions
    assert sum(isinstance(action, OpenBarrier) for action in actions) == 1, "a new release, and once"
    assert feed(lane, tick(41), tick(70.9)) == []
    passage = closed([*feed(lane, left(71)), *feed(lane, tick(72))])
    assert [commit.ruling is None for commit in commits_of(passage)] == [True, False]


def test_lamps_that_show_no_green_are_not_said_to_be_green() -> None:
    lane = passed()
    lost = DeviceState(device=LAMPS, at=at(5), working=False)
    assert feed(lane, lost)[0] == RED
    assert lane.state is State.LAPSED
    feed(lane, left(6), came(10))
    assert lane.evidence is not None
    assert lane.evidence.lost_devices == ()


# The loop ----------------------------------------------------------------------------------------------------------------


def stuck() -> LaneMachine:
    lane = machine(LaneRules(patience_s=10, stuck_s=100, quiet_s=3, require_pass=False, require_seals=False))
    feed(lane, came(), tick(10), orders=())
    lane.stored()
    assert feed(lane, tick(99.9)) == []
    actions = feed(lane, tick(100))
    assert [action.state.working for action in actions if isinstance(action, ReportDevice)] == [False]
    assert [action for action in actions if isinstance(action, Attend)] == [Attend(True)], "cameras say now who is there"
    assert lane.state is State.IDLE
    return lane


def test_a_lane_whose_loop_is_stuck_works_by_what_is_seen() -> None:
    lane = stuck()
    actions = feed(lane, plate_read(seconds=200), box_read(seconds=200.1))
    assert GREEN in lane.stored()
    assert committed(actions).verdict is not None
    feed(lane, tick(203))
    assert closed(feed(lane, tick(203.2))).closed_at == at(203.2)


def test_a_loop_that_is_free_again_works_again() -> None:
    lane = stuck()
    actions = feed(lane, left(300))
    assert [action.state.working for action in actions if isinstance(action, ReportDevice)] == [True]
    assert Attend(False) in actions
    assert feed(lane, plate_read(seconds=301)) == []
    feed(lane, came(302))
    assert lane.state is State.READING


def test_a_vehicle_of_which_anything_was_seen_is_no_stuck_loop() -> None:
    lane = machine(LaneRules(patience_s=10, stuck_s=100))
    feed(lane, came(), plate_read(seconds=1, accepted=False), tick(10), orders=())
    lane.stored()
    assert feed(lane, tick(1000)) == []


# By hand -----------------------------------------------------------------------------------------------------------------


def by_hand(seconds: float) -> ManualOpening:
    return ManualOpening(device="io.key", at=at(seconds))


@pytest.mark.parametrize("opened_by", list(OpenedBy))
def test_a_manual_opening_while_nobody_is_there_is_a_passage_of_its_own(opened_by: OpenedBy) -> None:
    lane = machine(LaneRules(opened_by=opened_by, quiet_s=4))
    actions = feed(lane, by_hand(0))
    assert Attend(True) in actions, "for the pictures"
    assert not any(isinstance(action, Commit) for action in feed(lane, tick(3.9)))
    passage = committed(feed(lane, tick(4)))
    assert passage.verdict is not None
    assert passage.verdict.outcome is Outcome.REFER
    assert [seen.kind for seen in passage.observations] == ["manual_opening", "tick"]
    assert not any(isinstance(action, OpenBarrier) for action in lane.stored())
    assert lane.state is State.IDLE


def test_a_manual_opening_belongs_to_the_vehicle_that_stands_there() -> None:
    lane = machine()
    feed(lane, came(), tick(10), orders=())
    lane.stored()
    assert feed(lane, by_hand(12)) == []
    assert by_hand(12) in closed(feed(lane, left(15))).observations


def test_a_manual_opening_while_a_record_is_stored_is_not_lost() -> None:
    lane = machine()
    feed(lane, came(), left(2))
    feed(lane, by_hand(2))
    lane.stored()
    assert lane.passage is not None
    assert by_hand(2) in lane.passage.observations


# Who strays in -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plate", ["ABC1234", "HEA1235"])  # a car's, a motorcycle's
def test_a_car_or_a_motorcycle_is_referred_without_the_whole_patience(plate: str) -> None:
    lane = machine(LaneRules(patience_s=15, empty_s=3))
    none: tuple[TransportOrder, ...] = ()
    feed(lane, came(), plate_read(plate, 1), orders=none)
    passage = committed(feed(lane, tick(4.5), orders=none))
    assert passage.verdict is not None
    assert passage.verdict.reasons == (Reason.NO_ORDER,)
