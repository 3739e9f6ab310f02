"""The test bench itself: a gate process, its devices and scenarios over real sockets; and that its checks can fail."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.demo.bench import Bench, Result
from gateway.demo.bench_table import bench_table
from gateway.demo.parts import Parts, PartsSettings
from gateway.demo.scenario import Scenario, load_scenario
from gateway.demo.watch import Watch
from gateway.model.clock import utc_now
from gateway.site.checked_yaml import parse_checked
from gateway.site.lane_file import load_site

SITE = Path(__file__).parents[2] / "lane_config" / "rehearsal.yaml"

AS_THEY_ARE = (
    "all-in-order",
    "seal-opened-after-green",
    "referred-and-approved",
    "opened-by-hand",
    "reader-unplugged",
    "clock-jumps-a-day",
    "gate-killed-under-a-truck",
    "barrier-does-not-close",
    "rtsp-camera-refuses",
)

# Every line of what is expected here is wrong.
WRONG = """\
title: {en: Everything that is expected of it is wrong, zh_TW: 預期皆錯}
trucks:
  truck: {but: [another_box]}
script:
  - unplug: seals
  - await_lost: seals
  - plug_in: seals
  - arrive: truck
  - wait_for_light: truck
  - leave: truck
expect:
  passages:
    - {truck: truck, outcome: PASS, taken_back: true}
    - {truck: truck, outcome: PASS}
  lost: [reader]
  never: [amber]
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    settings = PartsSettings(load_site(SITE), tmp_path_factory.mktemp("bench"), seed=1, placards=True, settable_clock=True)
    wrong = parse_checked(WRONG, Path("wrong.yaml"), Scenario, "scenario")

    class Restless(Watch):
        async def settled(self, lanes: tuple[str, ...]) -> str:
            return f"a vehicle is still in {lanes[0]}"

    async def rehearse() -> list[Result]:
        async with Parts.running(settings, utc_now) as parts, Watch.watching(parts) as watch:
            named = [*(load_scenario(name) for name in AS_THEY_ARE), ("wrong", wrong)]
            found = await Bench(parts, watch, utc_now).run(named, lambda _: None)
            return [*found, *await Bench(parts, Restless(parts), utc_now).run([("restless", named[0][1])], lambda _: None)]

    return {result.name: result for result in asyncio.run(rehearse())}


@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_a_scenario_comes_out_as_it_says(results: dict[str, Result], name: str) -> None:
    assert results[name].problems == ()
    assert results[name].is_good


def test_what_came_out_otherwise_is_said_one_by_one(results: dict[str, Result]) -> None:
    said = "; ".join(results["wrong"].problems)
    assert "1 passages, not 2" in said
    assert "STOP BOX_DIFFERS" in said
    assert "the green was not taken back" in said
    assert "green came 0 times, not 2" in said
    assert "the barrier's pulse came 0 times, not 2" in said
    assert "uhf was not shown as out of order" in said
    assert "ble-1 was shown as out of order" in said
    assert "amber came, and must not" in said
    assert "the driver of 'truck' left on red" in said


def test_the_table_names_every_scenario_with_what_was_expected_and_what_came(results: dict[str, Result]) -> None:
    lines = bench_table([results["all-in-order"], results["wrong"]]).splitlines()
    assert lines[1].split() == ["all-in-order", "PASS", "the", "same", "yes", f"{results['all-in-order'].seconds:.0f}"]
    assert "PASS; PASS; lost: reader" in lines[2]
    assert "STOP BOX_DIFFERS; lost: seals" in lines[2]
    assert "NO" in lines[2].split()


def test_a_skipped_scenario_and_a_known_gap_are_neither_good_nor_hidden(results: dict[str, Result]) -> None:
    scenario = load_scenario("all-in-order")[1].model_copy(update={"gap": "one loop cannot tell two vehicles that touch"})
    gap = replace(results["all-in-order"], scenario=scenario)
    skipped = replace(gap, skipped="lane x has no reader")
    assert "known gap" in bench_table([gap])
    assert "skipped: lane x has no reader" in bench_table([skipped])
    assert not skipped.is_good


def test_a_lane_that_is_not_at_rest_spoils_no_scenario(results: dict[str, Result]) -> None:
    assert len(results["restless"].problems) == 1
    assert results["restless"].problems[0].startswith("not performed, since the lane is not at rest: a vehicle is still in lane-")
    assert not any(results["restless"].passages)
