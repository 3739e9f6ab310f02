"""A clock that is off is logged once, shown, and stands on every record that is made meanwhile."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.lane.actions import Action, Close, Commit, FindOrders
from gateway.lane.machine import LaneMachine
from gateway.lane.replay import replay
from gateway.model.confirmation import confirm
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import Observation, OrdersFound
from gateway.model.passage import Passage
from gateway.model.verdict import CheckResult, Outcome, Subject
from gateway.site.clock_report import ClockReport
from gateway.site.lane_file import load_site
from gateway.site.routing import Routing
from gateway.timekeeping.clock_watch import NTP, PLATFORM, ClockWatch
from tests.evidence import NOW, in_order, left, order

DESK = Path(__file__).parents[2] / "lane_config" / "desk.yaml"


class Gate:
    """One lane, and a clock that a test puts forward and back."""

    def __init__(self) -> None:
        self.wall, self.steady = NOW, 0.0
        self.lane = LaneMachine("desk", LaneRules(), lambda _: "0192f0e4-0000-7000-8000-000000000001")
        self.told: list[Observation] = []
        self.watch = ClockWatch(lambda: self.wall, lambda: self.steady, limit_s=1.0)
        routing = Routing({"desk": self._observe}, load_site(DESK), lambda: self.wall, lambda _delay, _then: None)
        self.routing = routing
        self.report = ClockReport(self.watch, lambda: self.wall, routing.state_of("clock", ()), [routing.to("desk")])

    def _observe(self, seen: Observation) -> None:
        self.told.append(seen)
        self.lane.observe(seen)

    def truck(self) -> Passage:
        """A truck in order passes; its record as it was committed, and closed."""
        actions: list[Action] = []
        for seen in in_order()[:-1]:
            actions += self.lane.observe(seen)
            while actions and isinstance(actions[-1], FindOrders):
                actions.pop()
                actions += self.lane.observe(OrdersFound(device="orders", at=seen.at, orders=(order(),)))
        committed = next(action.passage for action in actions if isinstance(action, Commit))
        self.lane.stored()
        assert any(isinstance(action, Close) for action in self.lane.observe(left(20)))
        return committed


def test_every_record_made_meanwhile_says_so_and_the_verdict_does_not_change() -> None:
    gate = Gate()
    gate.watch.measured(NTP, 2.4)
    gate.report.look()
    passage = gate.truck()
    assert passage.verdict is not None
    assert (passage.verdict.outcome, passage.verdict.reasons) == (Outcome.PASS, ())
    record = confirm(passage, "gate", 1, "")
    (check,) = [check for check in record.verdict.checks if check.subject is Subject.CLOCK]
    assert (check.seen, check.source, check.result, check.reason) == ("NTP +2.4 s", "clock", CheckResult.NOTED, None)
    assert replay(passage) == passage.verdict
    assert gate.routing.lost_devices("desk") == ("clock",)


def test_a_clock_that_is_right_is_on_no_record() -> None:
    gate = Gate()
    gate.watch.measured(NTP, 0.3)
    gate.watch.measured(PLATFORM, -0.9)
    gate.report.look()
    passage = gate.truck()
    assert passage.verdict is not None
    assert not any(check.subject in {Subject.CLOCK, Subject.DEVICE} for check in passage.verdict.checks)
    assert gate.routing.lost_devices("desk") == ()


def test_it_is_logged_once_when_it_is_off_and_once_when_it_is_right_however_it_moves(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    gate = Gate()
    gate.watch.measured(NTP, 0.0)
    gate.report.look()
    for put_forward in (3.0, 0.1, 600.0, -0.2):
        gate.wall += timedelta(seconds=put_forward)
        gate.report.look()
        gate.report.look()
    gate.watch.measured(NTP, 0.0)
    gate.report.look()
    states = [seen for seen in gate.told if seen.kind == "device_state"]
    assert [seen.detail for seen in states] == ["NTP +0.000 s", "NTP +3.0 s", "NTP +603.1 s", "NTP +0.000 s"]
    said = [record.getMessage().split(":")[0] for record in caplog.records]
    assert said == ["device clock works", "device clock lost", "device clock works"]


def test_before_anything_was_measured_nothing_is_said() -> None:
    gate = Gate()
    assert gate.report.look() == {}
    assert gate.told == []
