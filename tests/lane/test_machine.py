"""The lane: what it does, in which order, and that its record alone leads to the same verdict."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.lane.actions import Action, Amend, AnswerRuling, Attend, Close, Commit, FindOrders, OpenBarrier, ShowLight, Sound
from gateway.lane.machine import LaneMachine
from gateway.lane.replay import commits_of, replay
from gateway.lane.rulings import RulingAnswer
from gateway.lane.transitions import LIGHTS, TRANSITIONS, LightColour, State, Trigger, diagram
from gateway.model.lane_rules import Direction, LaneRules, OpenedBy
from gateway.model.observation import LAMPS, Correction, DeviceState, ManualOpening, Observation, OrdersFound, Ruling, TextRead
from gateway.model.passage import Passage
from gateway.model.reasons import Reason
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome
from tests.evidence import at, box_read, came, chip, in_order, left, order, pass_read, plate_read, seal, tick

RULES = LaneRules(patience_s=10, settle_s=1)


def machine(rules: LaneRules = RULES) -> LaneMachine:
    return LaneMachine("lane-1", rules, lambda moment: f"passage-{moment:%H%M%S%f}")


def shown() -> list[Observation]:
    """What a truck in order shows to a lane; the lane asks for the orders itself."""
    return in_order()[:-1]


def feed(lane: LaneMachine, *observations: Observation, orders: tuple[TransportOrder, ...] = (order(),)) -> list[Action]:
    """Observe, answering every question for orders at once, as the runner does."""
    actions: list[Action] = []
    waiting = list(observations)
    while waiting:
        seen = waiting.pop(0)
        asked = lane.observe(seen)
        actions += asked
        answers = [a for a in asked if isinstance(a, FindOrders)]
        waiting = [OrdersFound(device="orders", at=seen.at, orders=orders) for _ in answers] + waiting
    return actions


def committed(actions: list[Action]) -> Passage:
    return next(action.passage for action in actions if isinstance(action, Commit))


def test_an_order_that_is_transmitted_while_the_truck_waits_is_found() -> None:
    lane = machine()
    feed(lane, *shown(), orders=())
    assert lane.state is State.READING
    assert feed(lane, tick(3.3), orders=()) != [], "a lane without an order looks again"
    assert feed(lane, tick(3.6), orders=()) == [], "but not at every tick"
    passage = committed(feed(lane, tick(5)))
    assert passage.verdict is not None
    assert passage.verdict.outcome is Outcome.PASS
    assert replay(passage) == passage.verdict


def test_a_truck_in_order() -> None:
    lane = machine()
    actions = feed(lane, *shown())
    assert [type(action) for action in actions][:2] == [ShowLight, Attend]
    assert any(isinstance(action, FindOrders) for action in actions)
    passage = committed(actions)
    assert passage.verdict is not None
    assert passage.verdict.outcome is Outcome.PASS
    assert not any(isinstance(a, OpenBarrier) or a == ShowLight(LightColour.GREEN) for a in actions), (
        "nothing acts before it is stored"
    )
    assert lane.stored() == [ShowLight(LightColour.GREEN), OpenBarrier(passage.passage_id), Sound(Outcome.PASS), Attend(True)]
    ended = feed(lane, left(20))
    assert ended[0] == ShowLight(LightColour.RED)
    closed = next(action.passage for action in ended if isinstance(action, Close))
    assert closed.closed_at == at(20)
    assert closed.verdict == passage.verdict
    assert lane.state is State.IDLE


def test_what_is_read_after_the_verdict_is_on_the_record_and_leaves_the_verdict_alone() -> None:
    lane = machine()
    decided = committed(feed(lane, *shown())).verdict
    lane.stored()
    ended = feed(lane, box_read("CSQU3054383", seconds=5, device="front", accepted=False), left(20))
    closed = next(action.passage for action in ended if isinstance(action, Close))
    assert closed.verdict == decided
    assert "CSQU3054383" in [box.number for box in closed.answer.containers]
    assert replay(closed) == decided


def test_the_barrier_opens_once() -> None:
    lane = machine()
    feed(lane, *shown())
    assert sum(isinstance(action, OpenBarrier) for action in lane.stored() + lane.stored() + lane.stored()) == 1


def test_a_referral_waits_for_patience_and_a_late_read_still_saves_it() -> None:
    lane = machine()
    unread = [seen for seen in shown() if seen.kind != "container_read"]
    assert not [a for a in feed(lane, *unread, tick(5)) if isinstance(a, Commit)]
    late = feed(lane, box_read(seconds=8))
    assert committed(late).verdict is not None
    assert committed(late).verdict.outcome is Outcome.PASS  # type: ignore[union-attr]


def test_patience_ends() -> None:
    lane = machine()
    actions = feed(lane, *[seen for seen in shown() if seen.kind != "container_read"], tick(9.9))
    assert not any(isinstance(action, Commit) for action in actions)
    verdict = committed(feed(lane, tick(10))).verdict
    assert verdict is not None
    assert verdict.reasons == (Reason.BOX_UNREAD,)
    assert lane.stored() == [Sound(Outcome.REFER)]  # amber already
    assert lane.state is State.REFERRED


def test_a_stop_settles_first() -> None:
    lane = machine()
    wrong = order(container={"number": "CSQU3054383", "size_type": "45G1"})
    assert not any(isinstance(action, Commit) for action in feed(lane, *shown(), tick(1.0), orders=(wrong,)))
    assert committed(feed(lane, tick(1.7))).verdict is not None
    assert lane.stored() == [ShowLight(LightColour.RED), Sound(Outcome.STOP)]
    assert lane.state is State.STOPPED


def test_a_stop_with_something_unread_waits_for_the_whole_picture() -> None:
    lane = machine()
    unread = [seen for seen in shown() if seen.kind != "plate_read"]
    assert not any(isinstance(action, Commit) for action in feed(lane, *unread, seal(0.7, cable_cut=True), tick(5)))
    assert not any(isinstance(action, Commit) for action in feed(lane, plate_read(seconds=6), tick(6.9)))
    verdict = committed(feed(lane, tick(7))).verdict
    assert verdict is not None
    assert verdict.reasons == (Reason.VEHICLE_SEAL_TAMPERED,)


def test_a_vehicle_that_leaves_early_is_decided_on_what_there_is_and_never_turns_green() -> None:
    lane = machine()
    actions = feed(lane, came(), pass_read(), left(2))
    assert committed(actions).verdict is not None
    stored = lane.stored()
    assert not any(isinstance(action, OpenBarrier) or action == ShowLight(LightColour.GREEN) for action in stored)
    assert any(isinstance(action, Close) for action in stored)


def test_the_next_truck_may_arrive_while_the_last_is_being_stored() -> None:
    lane = machine()
    feed(lane, came(), left(2))
    assert feed(lane, came(2.1), pass_read(seconds=2.2)) == []
    actions = lane.stored()
    assert any(isinstance(action, Close) for action in actions)
    assert lane.state is State.READING
    assert lane.passage is not None
    assert [seen.kind for seen in lane.passage.observations] == ["pass_read", "presence"]


def test_a_store_that_refuses_turns_the_lane_red_until_it_takes_the_record() -> None:
    lane = machine()
    feed(lane, *shown())
    assert lane.store_refused() == [ShowLight(LightColour.RED)]
    assert lane.store_refused() == []
    assert lane.stored()[0] == ShowLight(LightColour.GREEN)


def test_what_came_just_before_the_vehicle_was_noticed_counts_and_older_does_not() -> None:
    lane = machine()
    feed(lane, pass_read(seconds=-30, uid="old"), pass_read(seconds=-2, uid="new"), came())
    assert lane.evidence is not None
    assert [seen.uid for seen in lane.evidence.passes] == ["new"]


def test_evidence_of_the_last_truck_is_not_the_next_one_s() -> None:
    lane = machine()
    feed(lane, *shown())
    lane.stored()
    feed(lane, left(3), came(3.5))
    assert lane.evidence is not None
    assert lane.evidence.passes == ()
    assert lane.evidence.vehicle_seals == ()


def test_what_is_still_heard_of_the_last_truck_is_not_the_next_one_s() -> None:
    lane = machine()
    feed(lane, *shown())
    lane.stored()
    feed(lane, left(3), pass_read(seconds=3.2), seal(3.3), pass_read(seconds=3.4, uid="next"), came(3.5))
    assert lane.evidence is not None
    assert [seen.uid for seen in lane.evidence.passes] == ["next"]
    assert lane.evidence.vehicle_seals == ()


def amended(actions: list[Action]) -> list[Passage]:
    return [action.passage for action in actions if isinstance(action, Amend)]


def test_a_read_that_comes_late_of_a_frame_before_the_last_truck_left_is_on_that_one_s_record_and_on_no_other() -> None:
    lane = machine()
    decided = committed(feed(lane, *shown())).verdict
    lane.stored()
    first = lane.passage
    late = box_read("CSQU3054383", seconds=2.9)
    [record] = amended(feed(lane, left(3), came(3.5), late))
    assert lane.evidence is not None
    assert lane.evidence.answer.containers == ()
    assert first is not None
    assert (record.passage_id, record.closed_at, record.observations[-1]) == (first.passage_id, at(3), late)
    assert {box.number for box in record.answer.containers} == {"TEMU9221353", "CSQU3054383"}
    assert record.verdict == decided, "it stands as it was given"
    assert replay(record) == decided
    assert closed_record(feed(lane, left(9)), lane.stored()).answer.containers == ()


def closed_record(*actions: list[Action]) -> Passage:
    return next(action.passage for some in actions for action in some if isinstance(action, Close))


def test_what_is_read_of_a_vehicle_that_drove_through_while_its_record_is_stored_is_on_it() -> None:
    lane = machine()
    actions = feed(lane, came(), left(0.6))
    feed(lane, box_read(seconds=0.3), box_read("CSQU3054383", seconds=0.7))
    record = closed_record(lane.stored())
    assert [box.number for box in record.answer.containers] == ["TEMU9221353"]
    assert record.verdict == committed(actions).verdict
    assert replay(record) == record.verdict
    [again] = amended(feed(lane, plate_read(seconds=0.5)))
    assert [plate.number for plate in again.answer.plates] == ["KLA1235"]
    assert [box.number for box in again.answer.containers] == ["TEMU9221353"]


@pytest.mark.parametrize(
    "seen",
    [
        plate_read(seconds=-0.1),  # of a frame before it came
        box_read(seconds=3.1),  # of one after it had gone
        pass_read(seconds=2.9),  # a radio is never late
    ],
)
def test_what_comes_late_and_is_not_of_a_frame_of_the_last_vehicle_is_on_nobody_s_record(seen: Observation) -> None:
    lane = machine()
    feed(lane, *shown())
    lane.stored()
    feed(lane, left(3))
    assert feed(lane, seen) == []
    assert lane.passage is None


@pytest.mark.parametrize(("waited_s", "kept"), [(4.0, True), (4.25, False), (-0.5, False)])
def test_a_record_waits_for_reads_only_so_long_and_not_over_a_clock_that_was_put_back(waited_s: float, kept: bool) -> None:
    lane = machine(RULES.model_copy(update={"late_s": 4}))
    feed(lane, *shown())
    lane.stored()
    assert bool(amended(feed(lane, left(3), tick(3 + waited_s), box_read(seconds=2.4)))) is kept


def test_a_lost_device_still_counts_for_the_next_truck() -> None:
    lane = machine()
    feed(lane, DeviceState(device="uhf", at=at(-100), working=False), came())
    assert lane.evidence is not None
    assert lane.evidence.lost_devices == ("uhf",)


def test_without_a_loop_the_passage_ends_when_nothing_is_seen_any_more() -> None:
    rules = LaneRules(opened_by=OpenedBy.CAMERA, quiet_s=3, require_pass=False, require_seals=False)
    lane = machine(rules)
    feed(lane, came(0), box_read(), plate_read(), came(1))
    assert lane.state is State.COMMITTING
    lane.stored()
    assert not any(isinstance(action, Close) for action in feed(lane, tick(3.9)))
    assert any(isinstance(action, Close) for action in feed(lane, tick(4.0)))


def test_a_clock_put_back_an_hour_does_not_make_the_lane_deaf_or_patient_for_an_hour() -> None:
    lane = machine()
    feed(lane, *shown())
    lane.stored()
    feed(lane, left(20), tick(-3600), came(-3590))
    assert lane.state is State.READING
    feed(lane, pass_read(seconds=-3589), tick(-7200))
    assert not any(isinstance(action, Commit) for action in feed(lane, tick(-7190.1)))
    passage = committed(feed(lane, tick(-7190)))
    assert replay(passage) == passage.verdict


def test_what_was_heard_before_the_clock_was_put_back_is_not_the_next_vehicle_s() -> None:
    lane = machine()
    feed(lane, pass_read(seconds=0), tick(-60), came(-3))
    assert lane.evidence is not None
    assert lane.evidence.passes == ()


def test_a_seal_at_ten_hertz_does_not_fill_the_record() -> None:
    lane = machine()
    feed(lane, came(), *[seal(i / 10, counter=i) for i in range(60)])
    assert lane.passage is not None
    assert len(lane.passage.observations) < 10


def test_a_seal_that_opens_in_the_lane_is_seen_at_once() -> None:
    lane = machine()
    unread = [seen for seen in shown() if seen.kind != "pass_read"]
    feed(lane, *unread, seal(0.8, counter=8, locked=False))
    assert lane.decision is not None
    assert Reason.VEHICLE_SEAL_NOT_LOCKED in lane.decision.verdict.reasons


def test_end_decides_and_closes() -> None:
    lane = machine()
    actions = feed(lane, came(), box_read())
    actions = lane.end(at(4))
    assert committed(actions).verdict is not None
    assert lane.end(at(5)) == []


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_light_and_a_way_on(state: State) -> None:
    assert state in LIGHTS
    assert TRANSITIONS[state]
    assert (LIGHTS[state] is LightColour.GREEN) == (state in {State.PASSED, State.RELEASED})


def test_green_is_reached_only_through_a_stored_pass_or_a_stored_approval() -> None:
    ways = {trigger for row in TRANSITIONS.values() for trigger, to in row.items() if LIGHTS[to] is LightColour.GREEN}
    assert ways == {Trigger.STORED_PASS, Trigger.STORED_APPROVAL}


def test_the_diagram_in_the_docs_is_the_table() -> None:
    assert diagram() in (Path(__file__).parents[2] / "docs" / "lane.md").read_text(encoding="utf-8")


plates = st.sampled_from(["KLA1235", "KNA5678", "HA76"])
seen_things = st.one_of(
    st.builds(came, st.just(0.0)),
    st.builds(left, st.just(0.0)),
    st.builds(tick, st.just(0.0)),
    st.builds(box_read, st.sampled_from(["TEMU9221353", "CSQU3054383"]), st.just(0.0), st.booleans()),
    st.builds(plate_read, plates, st.just(0.0), st.booleans()),
    st.builds(pass_read, st.sampled_from(["A123456789", "B200000000", None]), st.just(0.0)),
    st.builds(chip, st.sampled_from(["WLS8854668", "WLS1111111", None]), st.just(0.0)),
    st.builds(seal, st.just(0.0), locked=st.booleans(), cable_cut=st.booleans()),
    st.builds(ManualOpening, device=st.just("io.key"), at=st.just(at(0))),
    st.builds(DeviceState, device=st.sampled_from([LAMPS, "uhf"]), at=st.just(at(0)), working=st.booleans()),
)
rulings = st.fixed_dictionaries(
    {
        "approved": st.booleans(),
        "may_release_stopped": st.booleans(),
        "order": st.sampled_from(["", order().order_number]),
        "corrections": st.sampled_from(
            [
                (),
                (Correction(subject="container", read="", corrected="TEMU9221353"),),
                (Correction(subject="plate", read="HA76", corrected="KLA-1235"),),
            ]
        ),
    }
)


class AnyHistory(RuleBasedStateMachine):
    """Random histories: whatever comes, in whatever order. What is asserted here is what the gate promises."""

    @initialize(opened_by=st.sampled_from(list(OpenedBy)), orders=st.sampled_from([(), (order(),)]))
    def start(self, opened_by: OpenedBy, orders: tuple[TransportOrder, ...]) -> None:
        self.orders = orders
        self.lane = machine(LaneRules(opened_by=opened_by, patience_s=5, quiet_s=2, green_s=8, stuck_s=12))
        self.seconds = 0.0
        self.latest = 0.0
        self.light = LightColour.RED
        self.open = ""  # the passage that is in the lane
        self.waiting: Passage | None = None
        self.commits: dict[str, list[Passage]] = {}
        self.releases: list[Passage] = []  # stored, and not yet used for a pulse
        self.green_for = ""
        self.closed: list[str] = []
        self.records: dict[str, Passage] = {}  # the last word on each
        self.clock_was_put_back = False

    def take(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case ShowLight():
                    self.light = action.colour
                case OpenBarrier():
                    assert self.releases, "a barrier opens for a stored release only, and once for each"
                    assert self.releases.pop().passage_id == action.passage_id == self.open
                    self.green_for = action.passage_id
                case Commit():
                    self.committed(action.passage)
                case FindOrders():
                    self.take(self.lane.observe(OrdersFound(device="orders", at=at(self.seconds), orders=self.orders)))
                case Close():
                    self.close(action.passage)
                case Amend():
                    self.amend(action.passage)
                case AnswerRuling(answer=RulingAnswer.TAKEN):
                    assert action.ruling.passage_id == self.open
                    assert action.ruling.expires_at > at(self.seconds)

    def committed(self, passage: Passage) -> None:
        assert self.waiting is None, "one record at a time"
        assert passage.passage_id not in self.closed
        assert Passage.model_validate_json(passage.model_dump_json()) == passage
        self.commits.setdefault(passage.passage_id, []).append(passage)
        assert replay(passage) == passage.verdict, "the record alone gives the same verdict"
        again = commits_of(passage)[-1]
        assert (again.ruling, again.weighed) == (passage.ruling, passage.weighed), "and the same ruling"
        self.waiting, self.open = passage, passage.passage_id

    def close(self, passage: Passage) -> None:
        assert passage.closed_at is not None
        assert passage.passage_id not in self.closed
        assert passage.verdict is not None, "nobody leaves unrecorded"
        self.closed.append(passage.passage_id)
        self.records[passage.passage_id] = passage
        self.releases.clear()
        self.open = ""

    def amend(self, passage: Passage) -> None:
        before = self.records[passage.passage_id]
        assert before.observations == passage.observations[:-1], "nothing but the late read is new"
        assert before.verdict == passage.verdict == replay(passage)
        assert before.closed_at is not None
        assert before.opened_at <= passage.observations[-1].at <= before.closed_at
        assert passage.passage_id == self.closed[-1], "the vehicle before the last is long gone"
        self.records[passage.passage_id] = passage

    @rule(seen=st.one_of(st.builds(box_read), st.builds(plate_read)), ago=st.floats(0, 8))
    def a_read_comes_late(self, seen: Observation, ago: float) -> None:
        self.take(self.lane.observe(seen.model_copy(update={"at": at(self.seconds - ago)})))

    @rule(ago=st.floats(0, 3), follows=st.booleans())
    def a_vehicle_drives_through(self, ago: float, follows: bool) -> None:
        for seen in (came(), tick(0), left(0)):
            self.something_is_seen(seen, 1)
        self.the_record_is_stored()
        if follows:
            self.something_is_seen(came(), 0.5)
        self.a_read_comes_late(box_read(), ago)

    @invariant()
    def nothing_that_was_read_is_of_two_vehicles(self) -> None:
        if hasattr(self, "lane") and not self.clock_was_put_back:
            reads = [{seen for seen in one.observations if isinstance(seen, TextRead)} for one in self.records.values()]
            assert sum(map(len, reads)) == len(set().union(*reads))

    @rule(seen=seen_things, later=st.floats(0.01, 3))
    def something_is_seen(self, seen: Observation, later: float) -> None:
        self.seconds += later
        self.take(self.lane.observe(seen.model_copy(update={"at": at(self.seconds)})))

    @rule()
    def a_truck_in_order_shows_itself(self) -> None:
        for seen in shown():
            self.something_is_seen(seen, 0.1)

    @rule(changes=rulings, on=st.sampled_from(["this", "last"]), good_for=st.sampled_from([-1, 60]))
    def somebody_rules(self, changes: dict[str, Any], on: str, good_for: float) -> None:
        last = self.closed[-1] if self.closed else "nobody"
        passage_id = self.open if on == "this" and self.open else last
        moment = at(self.seconds)
        given = Ruling(
            device="desk",
            at=moment,
            passage_id=passage_id,
            person="lin",
            proof="pin",
            reason="seen",
            expires_at=moment + timedelta(seconds=good_for),
            **changes,
        )
        actions = self.lane.observe(given)
        assert sum(isinstance(action, AnswerRuling) for action in actions) == 1, "whoever rules is answered"
        self.take(actions)

    @rule(back=st.floats(0, 100))
    def the_clock_is_put_back(self, back: float) -> None:
        self.seconds -= back
        self.clock_was_put_back = True
        self.take(self.lane.observe(tick(self.seconds)))

    @rule()
    def the_record_is_stored(self) -> None:
        if self.waiting:
            passage, self.waiting = self.waiting, None
            if passage.withdrawn is None or (passage.ruling and passage.observations[-1] == passage.ruling):
                approved = (
                    passage.ruling.approved if passage.ruling else bool(passage.verdict and passage.verdict.outcome is Outcome.PASS)
                )
                self.releases = [passage] if approved else []
            self.take(self.lane.stored())

    @rule()
    def the_store_refuses(self) -> None:
        if self.waiting:
            self.take(self.lane.store_refused())

    @invariant()
    def green_only_for_a_stored_release(self) -> None:
        if hasattr(self, "lane") and self.light is LightColour.GREEN:
            assert self.lane.state in {State.PASSED, State.RELEASED}
            assert self.lane.passage is not None
            assert self.lane.passage.passage_id == self.green_for
            assert self.waiting is None

    @invariant()
    def light_and_state_agree(self) -> None:
        if hasattr(self, "lane"):
            assert self.light is LIGHTS[self.lane.state]

    def teardown(self) -> None:
        """Every passage ends: the vehicle leaves, or nothing is seen any more."""
        if not hasattr(self, "lane"):
            return
        for later in (30, 60, 90):
            self.seconds += 30
            self.the_record_is_stored()
            self.take(self.lane.observe(tick(self.seconds)))
            self.the_record_is_stored()
            self.take(self.lane.observe(left(self.seconds + later / 1000)))
            self.the_record_is_stored()
        assert self.lane.state is State.IDLE


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


@given(st.lists(st.tuples(seen_things, st.floats(0.01, 2)), max_size=60))
@settings(max_examples=60, deadline=None)
def test_every_passage_ends(history: list[tuple[Observation, float]]) -> None:
    lane = machine()
    seconds = 0.0
    for seen, later in history:
        seconds += later
        for action in lane.observe(seen.model_copy(update={"at": at(seconds)})):
            if isinstance(action, Commit):
                lane.stored()
    for seen in (left(0), tick(0)):
        moment = at(seconds) + timedelta(seconds=100)
        for action in lane.observe(seen.model_copy(update={"at": moment})):
            if isinstance(action, Commit):
                lane.stored()
    assert lane.state is State.IDLE


def test_a_lane_that_is_turned_round_keeps_the_direction_in_which_its_vehicle_came() -> None:
    lane = machine()
    feed(lane, came())
    lane.set_direction(Direction.IN)
    first = lane.passage
    feed(lane, left(2))
    lane.stored()
    feed(lane, came(5))
    second = lane.passage
    assert [passage and passage.rules.direction for passage in (first, second)] == [Direction.OUT, Direction.IN]


def test_a_box_on_a_crane_needs_no_vehicle_and_no_driver() -> None:
    lane = machine(LaneRules.model_validate({"profile": "crane", "require_seals": False}))
    passage = committed(feed(lane, came(), box_read()))
    assert passage.verdict is not None
    assert passage.verdict.outcome is Outcome.PASS
