"""What every capability stands on: settings, clock, database, and the ways to tell others that something arrived."""

from dataclasses import dataclass

from gateway.model.clock import Clock, RandomBytes
from gateway.platform.database import Database
from gateway.platform.feed.bell import Bell
from gateway.platform.live import Live
from gateway.platform.metrics import Metrics
from gateway.platform.settings import PlatformSettings


@dataclass(frozen=True, slots=True)
class Foundation:
    """`bell` wakes gates that wait for the feed; `live` tells open pages."""

    settings: PlatformSettings
    clock: Clock
    random: RandomBytes
    database: Database
    metrics: Metrics
    bell: Bell
    live: Live


def lay(settings: PlatformSettings, clock: Clock, random: RandomBytes) -> Foundation:
    """A foundation of its own for one platform. Touches no disk. Raises DatabaseError for an address that cannot be used."""
    metrics = Metrics()
    live = Live(settings.max_live_clients, metrics)
    return Foundation(settings, clock, random, Database(settings.url), metrics, Bell(), live)
