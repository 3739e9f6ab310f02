"""This site's health, put together from what its screen shows."""

from collections.abc import Mapping

from gateway.display.view import SiteView
from gateway.model.gate_health import MOST_DEVICES, MOST_LANES, HealthReport, LaneHealth
from gateway.site.lane_file import LaneConfig
from gateway.site.routing import Routing


def health_of(site: SiteView | None, lanes: Mapping[str, LaneConfig], routing: Routing) -> HealthReport | None:
    """None before the site has looked at itself."""
    if site is None:
        return None
    return HealthReport(
        version=site.version,
        outbox_waiting=site.outbox_waiting,
        clock_offset_s=site.clock_offset_s,
        clock_limit_s=site.clock_limit_s,
        store=site.store_state.value,
        lanes=tuple(_lane(config, routing) for config in list(lanes.values())[:MOST_LANES]),
    )


def _lane(config: LaneConfig, routing: Routing) -> LaneHealth:
    return LaneHealth(
        lane=config.name,
        title=config.title.zh_TW[:100],
        devices=routing.known_devices(config.name)[:MOST_DEVICES],
        lost=routing.lost_devices(config.name)[:MOST_DEVICES],
    )
