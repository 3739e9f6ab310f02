"""What a person decides on a passage that waits: taken once, in time, by one who may, and acted on only once it is stored."""

from typing import Any

import pytest

from gateway.lane.actions import Action, AnswerRuling, Attend, Close, OpenBarrier, ShowLight, Sound
from gateway.lane.machine import LaneMachine
from gateway.lane.replay import commits_of, replay
from gateway.lane.rulings import RulingAnswer
from gateway.lane.transitions import LightColour, State
from gateway.model.observation import Correction, Observation, Ruling
from gateway.model.reasons import Reason
from gateway.model.verdict import CheckResult, Outcome, Subject
from tests.evidence import BOX, PICTURE, at, box_read, chip, empty_vehicle, left, order, pass_read, seal, tick
from tests.lane.test_machine import RULES, committed, feed, machine, shown

GREEN = ShowLight(LightColour.GREEN)


def ruling(lane: LaneMachine, seconds: float = 20, **changes: Any) -> Ruling:
    """An approval of the passage in the lane, good for a minute."""
    values: dict[str, Any] = {
        "device": "desk",
        "at": at(seconds),
        "passage_id": lane.passage.passage_id if lane.passage else "nobody",
        "approved": True,
        "person": "lin",
        "proof": "pin",
        "reason": "number compared at the doors",
        "expires_at": at(seconds + 60),
    }
    return Ruling(**{**values, **changes})


def waiting(*but: str, then: tuple[Observation, ...] = (), **orders: Any) -> LaneMachine:
    """A lane that has referred, or stopped, a truck that lacks some kinds of evidence."""
    lane = machine(RULES.model_copy(update={"seal_fresh_s": 60}))  # while nobody says a seal again
    feed(lane, *[seen for seen in shown() if seen.kind not in but], *then, tick(10.5), **orders)
    lane.stored()
    assert lane.state in {State.REFERRED, State.STOPPED}
    return lane


def answer(actions: list[Action]) -> RulingAnswer:
    return next(action.answer for action in actions if isinstance(action, AnswerRuling))


def test_an_approval_is_stored_before_the_light_turns_green() -> None:
    lane = waiting("pass_read")
    given = ruling(lane)
    actions = feed(lane, given)
    assert answer(actions) is RulingAnswer.TAKEN
    assert [action for action in actions if isinstance(action, ShowLight)] == []  # amber as before
    assert GREEN not in actions
    passage = committed(actions)
    assert passage.ruling == given
    assert passage.verdict is not None
    assert passage.verdict.outcome is Outcome.REFER, "the lane's own verdict stands"
    assert passage.weighed is not None
    assert passage.weighed.reasons == (Reason.PASS_UNREAD,), "what the person waived"
    assert lane.stored() == [GREEN, OpenBarrier(passage.passage_id), Sound(Outcome.PASS), Attend(True)]
    assert lane.state is State.RELEASED
    assert lane.stored() == [], "the barrier opens once"
    closed = next(action.passage for action in feed(lane, left(30)) if isinstance(action, Close))
    assert (closed.ruling, closed.weighed) == (given, passage.weighed)


def test_a_refusal_keeps_the_vehicle() -> None:
    lane = waiting("pass_read")
    feed(lane, ruling(lane, approved=False))
    assert lane.stored() == [ShowLight(LightColour.RED), Sound(Outcome.STOP)]
    assert lane.state is State.REFUSED


def test_a_ruling_is_used_once() -> None:
    lane = waiting("pass_read")
    given = ruling(lane)
    feed(lane, given)
    assert answer(feed(lane, given)) is RulingAnswer.ALREADY_RULED
    lane.stored()
    assert feed(lane, ruling(lane, approved=False)) == [
        AnswerRuling(ruling(lane, approved=False), RulingAnswer.ALREADY_RULED),
    ]
    assert lane.state is State.RELEASED


@pytest.mark.parametrize(("seconds", "taken"), [(79.9, RulingAnswer.TAKEN), (80, RulingAnswer.EXPIRED)])
def test_a_ruling_expires_by_the_lane_s_clock(seconds: float, taken: RulingAnswer) -> None:
    lane = waiting("pass_read")
    feed(lane, tick(seconds))
    assert answer(feed(lane, ruling(lane))) is taken


def test_a_ruling_on_a_vehicle_that_has_left_is_not_the_next_one_s() -> None:
    lane = waiting("pass_read")
    late = ruling(lane)
    feed(lane, left(19))
    assert answer(feed(lane, late)) is RulingAnswer.NO_SUCH_PASSAGE
    feed(lane, *[seen.model_copy(update={"at": at(25)}) for seen in shown() if seen.kind != "pass_read"], tick(40))
    lane.stored()
    assert lane.state is State.REFERRED
    assert answer(feed(lane, late)) is RulingAnswer.NO_SUCH_PASSAGE


def test_a_lane_that_has_not_decided_yet_takes_no_ruling() -> None:
    lane = machine()
    feed(lane, *[seen for seen in shown() if seen.kind != "pass_read"])
    assert answer(feed(lane, ruling(lane))) is RulingAnswer.NOT_WAITING
    feed(lane, pass_read(seconds=3))
    assert answer(feed(lane, ruling(lane))) is RulingAnswer.NOT_WAITING
    lane.stored()
    assert lane.state is State.PASSED
    assert answer(feed(lane, ruling(lane))) is RulingAnswer.NOT_WAITING


def test_what_the_lane_stopped_is_released_only_by_one_who_may() -> None:
    lane = waiting("vehicle_seal_heard", then=(seal(0.55, cable_cut=True),))
    assert lane.state is State.STOPPED
    assert answer(feed(lane, ruling(lane))) is RulingAnswer.NOT_ALLOWED
    assert lane.state is State.STOPPED
    assert answer(feed(lane, ruling(lane, may_release_stopped=True))) is RulingAnswer.TAKEN
    assert GREEN in lane.stored()


def test_anybody_may_refuse_what_the_lane_stopped() -> None:
    lane = waiting("vehicle_seal_heard", then=(seal(0.55, cable_cut=True),))
    assert answer(feed(lane, ruling(lane, approved=False))) is RulingAnswer.TAKEN


def test_a_seal_that_is_cut_while_the_lane_waits_is_not_approved_by_one_who_may_not() -> None:
    lane = waiting("pass_read", then=())
    feed(lane, seal(15, cable_cut=True))
    assert answer(feed(lane, ruling(lane))) is RulingAnswer.NOT_ALLOWED


def test_a_vehicle_that_leaves_while_the_ruling_is_stored_gets_no_green() -> None:
    lane = waiting("pass_read")
    feed(lane, ruling(lane), left(21))
    actions = lane.stored()
    assert GREEN not in actions
    assert not any(isinstance(action, OpenBarrier) for action in actions)
    closed = next(action.passage for action in actions if isinstance(action, Close))
    assert closed.ruling is not None, "what was decided stays on the record"
    assert lane.state is State.IDLE


def test_a_store_that_refuses_the_ruling_turns_the_lane_red_until_it_takes_it() -> None:
    lane = waiting("pass_read")
    given = ruling(lane)
    feed(lane, given)
    assert lane.store_refused() == [ShowLight(LightColour.RED)]
    assert answer(feed(lane, given)) is RulingAnswer.ALREADY_RULED
    assert lane.stored()[0] == GREEN


# Corrections -------------------------------------------------------------------------------------------------------------


def corrected(read: str, to: str, subject: str = "container") -> tuple[Correction, ...]:
    return (Correction.model_validate({"subject": subject, "read": read, "corrected": to, "picture": PICTURE}),)


def test_a_corrected_character_outweighs_all_the_reads_that_it_corrects() -> None:
    wrong = BOX[:5] + "8" + BOX[6:]
    misread = tuple(box_read(wrong, 0.5 + i / 10, accepted=False, check_digit_valid=False) for i in range(20))
    lane = waiting("container_read", then=misread)
    passage = committed(feed(lane, ruling(lane, corrections=corrected(wrong, "temu 922135-3"))))
    assert passage.weighed is not None
    box = next(check for check in passage.weighed.checks if check.subject is Subject.CONTAINER)
    assert (box.seen, box.result, box.source) == (BOX, CheckResult.OK, "desk")
    assert passage.weighed.reasons == (), "nothing is left to waive"
    assert wrong in [read.number for read in passage.answer.containers], "what the machine read stays beside it"


def test_a_number_that_nobody_had_read_may_be_given() -> None:
    lane = waiting("container_read", "plate_read")
    given = ruling(lane, corrections=corrected("", BOX) + corrected("", "KLA-1235", "plate"))
    passage = committed(feed(lane, given))
    assert passage.weighed is not None
    assert passage.weighed.reasons == ()


def test_a_correction_that_shows_another_box_is_not_approved_by_one_who_may_not_release_it() -> None:
    lane = waiting("container_read")
    assert answer(feed(lane, ruling(lane, corrections=corrected("", "CSQU3054383")))) is RulingAnswer.NOT_ALLOWED


def test_correcting_one_box_leaves_the_other_alone() -> None:
    lane = waiting(
        "container_read", "pass_read", then=(box_read(seconds=0.5), box_read("CSQU3054389", 0.6, False, check_digit_valid=False))
    )
    passage = committed(feed(lane, ruling(lane, may_release_stopped=True, corrections=corrected("CSQU3054389", "CSQU3054383"))))
    assert passage.weighed is not None
    assert {check.seen for check in passage.weighed.checks if check.subject is Subject.CONTAINER} >= {BOX}


def test_a_corrected_number_is_looked_for_among_the_orders() -> None:
    lane = waiting("container_read", "plate_read", orders=())
    wanted = lane.lookup_for(ruling(lane, corrections=corrected("", BOX)))
    assert wanted is not None
    assert wanted.containers == (BOX,)
    assert lane.lookup_for(ruling(lane, passage_id="another")) is None


def test_the_order_that_was_picked_is_the_one_that_is_checked() -> None:
    first = empty_vehicle()
    second = empty_vehicle(message_id="04595257202611230002", order_number="BD15110459525700002")
    lane = waiting("container_read", orders=(first, second))
    assert lane.passage is not None
    assert lane.passage.verdict is not None
    assert lane.passage.verdict.reasons == (Reason.ORDER_AMBIGUOUS,)
    passage = committed(feed(lane, ruling(lane, order=first.order_number)))
    assert passage.weighed is not None
    assert (passage.weighed.orders, passage.weighed.reasons) == ((first.order_number,), ())


# Its record ----------------------------------------------------------------------------------------------------------------


def test_the_record_alone_leads_to_the_same_verdict_and_the_same_ruling() -> None:
    lane = waiting("pass_read", then=(chip(seconds=0.3),))
    feed(lane, tick(40))
    passage = committed(feed(lane, ruling(lane), orders=(order(),)))
    lane.stored()
    closed = next(action.passage for action in feed(lane, left(90)) if isinstance(action, Close))
    first, second = commits_of(closed)
    assert first.verdict == replay(closed) == closed.verdict
    assert (second.ruling, second.weighed) == (passage.ruling, passage.weighed)
