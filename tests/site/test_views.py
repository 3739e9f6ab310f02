"""What the screen says of a lane, where that is not simply the verdict on record."""

from pathlib import Path

from gateway.look.marks import Mark
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import LAMPS, DeviceState
from gateway.model.reasons import Reason
from gateway.model.verdict import Outcome
from gateway.site.lane_file import load_site
from gateway.site.views import lane_view
from tests.evidence import NOW, at, in_order, seal
from tests.lane.test_machine import feed, machine

LANE = load_site(Path(__file__).parents[2] / "lane_config" / "rehearsal.yaml").lanes[0]


def shown_after_green(seen: DeviceState | None) -> tuple[Mark, str, Outcome, tuple[Reason, ...]]:
    lane = machine(LaneRules())
    feed(lane, *in_order()[:-1])
    lane.stored()
    feed(lane, seen or seal(5, locked=False))
    lane.stored()
    view = lane_view(LANE, lane, (), (), lambda: NOW)
    assert view.passage is not None
    assert view.passage.verdict is not None
    return view.mark, view.light, view.passage.verdict.outcome, view.passage.verdict.reasons


def test_lamps_that_failed_under_green_are_red_on_the_screen() -> None:
    lost = DeviceState(device=LAMPS, at=at(5), working=False)
    assert shown_after_green(lost) == (Mark.STOP, "red", Outcome.STOP, (Reason.GREEN_ENDED,))


def test_a_release_that_was_taken_back_is_shown_with_its_reason() -> None:
    assert shown_after_green(None) == (Mark.STOP, "red", Outcome.STOP, (Reason.VEHICLE_SEAL_NOT_LOCKED,))
