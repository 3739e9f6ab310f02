"""What a gate reports of its health: what its screen shows of the site, and every lane of the lane file with its devices."""

from pathlib import Path

import pytest

from gateway.display.view import SiteView
from gateway.model.gate_health import MOST_DEVICES, MOST_LANES, HealthReport, LaneHealth
from gateway.model.observation import DeviceState
from gateway.site.health import health_of
from gateway.site.lane_file import LaneConfig, SiteConfig, load_site
from gateway.site.routing import Routing
from gateway.store.space import SpaceState
from tests.evidence import NOW

BERTH = load_site(Path(__file__).parents[2] / "lane_config" / "kaohsiung-ct4-b116.yaml")


def routing_of(site: SiteConfig) -> Routing:
    return Routing({lane.name: lambda _: None for lane in site.lanes}, site, lambda: NOW, lambda _delay, _then: None)


def configs_of(site: SiteConfig) -> dict[str, LaneConfig]:
    return {lane.name: lane for lane in site.lanes}


def view(**changes: object) -> SiteView:
    site = {"title_zh": "", "title_en": "", "lanes": (), "platform_up": True, "version": "0.9.1", "updated_at": NOW}
    return SiteView.model_validate(site | changes)


def says(routing: Routing, lane: str, device: str, working: bool) -> None:
    routing.to(lane)(DeviceState(device=device, at=NOW, working=working))


def test_a_site_that_has_not_looked_at_itself_reports_nothing() -> None:
    assert health_of(None, configs_of(BERTH), routing_of(BERTH)) is None


def test_the_report_has_the_site_and_each_lane_with_what_it_lost_and_what_came_back() -> None:
    routing = routing_of(BERTH)
    says(routing, "b116-1", "rear", working=False)
    says(routing, "b116-1", "front", working=True)
    says(routing, "b116-2", "side", working=False)
    says(routing, "b116-2", "side", working=True)
    routing.state_of("io", ("b116-1", "b116-2"))(False, "no answer")
    site = view(outbox_waiting=7, clock_offset_s=-1.5, clock_limit_s=0.5, store_state=SpaceState.NEARLY_FULL)
    assert health_of(site, configs_of(BERTH), routing) == HealthReport(
        version="0.9.1",
        outbox_waiting=7,
        clock_offset_s=-1.5,
        clock_limit_s=0.5,
        store="nearly_full",
        lanes=(
            LaneHealth(lane="b116-1", title=BERTH.lanes[0].title.zh_TW, devices=("front", "io", "rear"), lost=("io", "rear")),
            LaneHealth(lane="b116-2", title=BERTH.lanes[1].title.zh_TW, devices=("io", "side"), lost=("io",)),
        ),
    )


@pytest.mark.parametrize("state", list(SpaceState))
def test_the_platform_knows_every_word_for_the_store(state: SpaceState) -> None:
    report = health_of(view(store_state=state), {}, routing_of(BERTH))
    assert report is not None
    assert report.store == state.value


def test_a_site_beyond_what_a_report_holds_still_reports() -> None:
    """Cut to what the platform takes: a report that is refused would make the gate look silent."""
    lane = BERTH.lanes[0].model_copy(update={"title": BERTH.lanes[0].title.model_copy(update={"zh_TW": "道" * 300})})
    many = {f"lane-{number}": lane.model_copy(update={"name": f"lane-{number}"}) for number in range(MOST_LANES + 5)}
    site = BERTH.model_copy(update={"lanes": tuple(many.values())})
    routing = routing_of(site)
    for number in range(MOST_DEVICES + 5):
        says(routing, "lane-0", f"camera-{number:03}", working=False)
    report = health_of(view(), many, routing)
    assert report is not None
    assert HealthReport.model_validate_json(report.model_dump_json()) == report
    assert len(report.lanes) == MOST_LANES
    assert (len(report.lanes[0].title), len(report.lanes[0].devices), len(report.lanes[0].lost)) == (100, 200, 200)
