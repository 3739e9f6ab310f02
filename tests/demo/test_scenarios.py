"""Scenario files: those that are shipped hang together, and what is wrong with one is said with its line and key."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.demo.scenario import Scenario, load_scenario, shipped_names
from gateway.demo.steps import STEPS
from gateway.model.verdict import Outcome
from gateway.simulator.visits import SPOILS
from gateway.site.checked_yaml import CheckedYamlError, parse_checked

ENOUGH = 30

GOOD = """\
title: {en: One box, zh_TW: 單櫃}
trucks:
  truck: {}
script:
  - arrive: truck
  - wait_for_light: truck
  - leave: truck
expect:
  passages:
    - {truck: truck, outcome: PASS}
"""


def problems(text: str) -> str:
    with pytest.raises(CheckedYamlError) as caught:
        parse_checked(text, Path("mine.yaml"), Scenario, "scenario")
    return "\n".join(caught.value.problems)


@pytest.mark.parametrize("name", shipped_names())
def test_what_is_shipped_can_be_performed(name: str) -> None:
    found, scenario = load_scenario(name)
    assert found == name
    assert scenario.lanes <= 2


def test_there_are_enough_and_they_cover_every_step_and_everything_that_may_be_wrong_with_a_truck() -> None:
    scenarios = [load_scenario(name)[1] for name in shipped_names()]
    assert len(scenarios) >= ENOUGH
    assert {type(step) for scenario in scenarios for step in scenario.script} == set(STEPS.values())
    assert {spoil for scenario in scenarios for truck in scenario.trucks.values() for spoil in truck.but} == set(SPOILS)
    assert {found.outcome for scenario in scenarios for found in scenario.expect.passages} == set(Outcome)
    assert len({scenario.title.zh_TW for scenario in scenarios}) == len(scenarios)


def test_a_refusal_never_expects_a_reason_that_a_pass_has() -> None:
    for name in shipped_names():
        for found in load_scenario(name)[1].expect.passages:
            assert bool(found.reasons) is (found.outcome is not Outcome.PASS), name


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("  truck: {}", "  truck: {boxes: 3}", "mine.yaml:3: trucks.truck.boxes: "),
        ("  truck: {}", "  truck: {but: [no_wheels]}", "mine.yaml:3: trucks.truck.but: no 'no_wheels'; there are: "),
        ("  - arrive: truck", "  - arive: truck", "mine.yaml:5: script.0: a step says one thing to do: arrive, "),
        ("  - arrive: truck", "  - {arrive: truck, quickly: true}", "mine.yaml:5: script.0.quickly: unknown key"),
        ("  - arrive: truck", "  - arrive: other", "script.0: no truck 'other'; there are: truck"),
        ("  - arrive: truck", "  - {spoil: module, how: freeze}", "mine.yaml:5: script.0.how: module cannot freeze; it can: "),
        ("  - arrive: truck", "  - {spoil: arm, how: mute}", "mine.yaml:5: script.0.how: arm cannot mute; it can: stays_closed, "),
        ("  - arrive: truck", "  - {spoil: clock, how: mute}", "mine.yaml:5: script.0.how: clock cannot mute; it can: nothing"),
        ("  - arrive: truck", "  - unplug: arm", "mine.yaml:5: script.0.unplug: "),
        ("  - leave: truck", "  - pause_s: 1", "script: 'truck' never leaves"),
        ("  - leave: truck", "  - leave: truck\n  - leave: truck", "script.3: 'truck' is in no lane"),
        ("outcome: PASS", "outcome: GO", "mine.yaml:10: expect.passages.0.outcome: "),
        ("outcome: PASS", "outcome: REFER, reasons: [TIRED]", "mine.yaml:10: expect.passages.0.reasons"),
        ("{truck: truck, outcome", "{truck: bus, outcome", "expect.passages: no truck 'bus'; there are: truck"),
        ("expect:", "hope:", "mine.yaml:8: hope: unknown key"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_key(wrong: str, right: str, said: str) -> None:
    assert wrong in GOOD
    assert said in problems(GOOD.replace(wrong, right))


def test_an_unknown_name_points_to_the_list() -> None:
    with pytest.raises(CheckedYamlError, match="--list"):
        load_scenario("no-such-scenario")


def test_a_file_of_ones_own_is_known_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "friday.yaml").write_text(GOOD, encoding="utf-8")
    assert load_scenario(str(tmp_path / "friday.yaml"))[0] == "friday"


@given(st.text(max_size=60), st.integers(0, 12))
def test_no_text_in_a_scenario_raises_anything_but_its_own_error(text: str, line: int) -> None:
    lines = GOOD.splitlines()
    lines.insert(line % len(lines), text)
    with suppress(CheckedYamlError):
        parse_checked("\n".join(lines), Path("mine.yaml"), Scenario, "scenario")


def test_every_scenario_and_every_step_is_in_the_handbook() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rehearsal.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z0-9_-]+)`", page))
    assert set(shipped_names()) <= named
    assert set(STEPS) <= named
    assert set(SPOILS) <= named
