"""The bench of verdicts: what counts as right and wrong, passages that repeat exactly, and a lane that is wrong is found out."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from bench.decision_measure import drive as driving
from bench.decision_measure.__main__ import measure, one, rates
from bench.decision_measure.numbers import container, sister, tractor, twin
from bench.decision_measure.table import judged
from bench.decision_measure.trips import KEEP, KINDS, NOW, PASS, REFER, STOP, one_box, two_boxes
from gateway.model.container_number import ContainerNumber
from gateway.model.lane_rules import LaneRules
from gateway.model.plate import Plate, VehicleClass
from gateway.model.verdict import Outcome, Verdict


def verdict(outcome: Outcome, *orders: str) -> Verdict:
    return Verdict(outcome=outcome, reasons=(), checks=(), orders=orders, decided_at=NOW)


def test_numbers_are_such_as_the_road_shows() -> None:
    rng = Random(1)
    for _ in range(50):
        number = container(rng)
        for other in (number, sister(rng, number), twin(rng, number)):
            assert ContainerNumber(other).check_digit_valid
        assert twin(rng, number) != number != sister(rng, number)
        assert Plate.parse(tractor(rng)).vehicle_class in {VehicleClass.TRACTOR, VehicleClass.HEAVY_GOODS}


def test_a_verdict_is_held_against_the_truth() -> None:
    trip = one_box(Random(1))
    (own,) = trip.carried
    assert judged(trip, verdict(Outcome.PASS, own)) == "correct"
    assert judged(trip, verdict(Outcome.PASS, "BD15110459525799999")) == "wrong pass"
    assert judged(trip, verdict(Outcome.REFER)) == "referred"
    assert judged(trip, verdict(Outcome.STOP)) == "wrong stop"
    for expected in (REFER, STOP, KEEP):
        assert judged(replace(trip, expected=expected), verdict(Outcome.PASS, own)) == "wrong pass"
    assert judged(replace(trip, expected=STOP), verdict(Outcome.REFER)) == "referred"
    assert judged(replace(trip, expected=REFER), verdict(Outcome.STOP)) == "wrong stop"
    assert judged(replace(trip, expected=KEEP), verdict(Outcome.REFER)) == "correct"
    assert Outcome.PASS in PASS


def test_every_fault_changes_the_truth_and_every_rate_is_told() -> None:
    told = rates()
    assert sum(float(line.split()[0]) for line in told[: len(KINDS)]) == pytest.approx(100, abs=1)
    assert {"MISSED = 0.03", "CHIP_MISSED = 0.026"} <= set(told)
    rng = Random(2)
    for kind in KINDS:
        made = kind.base(rng)
        while not kind.suits(made):
            made = kind.base(rng)
        if kind.fault:
            assert Outcome.PASS not in kind.fault(rng, made).expected, kind.name
    assert len(two_boxes(rng).carried) == 2


def test_one_passage_repeats_exactly_and_lasts_no_longer_than_the_vehicle_stands() -> None:
    first, again = one(7, 3), one(7, 3)
    assert first == again
    assert first != one(7, 4)
    closed = first[1].closed
    assert closed.closed_at == closed.opened_at + timedelta(seconds=driving.LEAVES_S)


def test_a_lane_that_lets_vehicles_out_wrongly_is_found_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure(1, 100, 12, None) == 0  # in it: number 109, a box whose number the check digit cannot tell from the order's
    monkeypatch.setattr(driving, "RULES", LaneRules(require_pass=False, require_seals=False, require_plate=False))
    assert measure(1, 12, 20, None) == 1
    assert "WRONG PASS: --seed 1 --only" in capsys.readouterr().out
