"""Which lane hears what: from inputs, tags and advertisements to observations of a lane. Knows names, no protocols."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from gateway.model.clock import Clock
from gateway.model.device import Advertisement, Emit, StateChanged, TagSighting
from gateway.model.lane_rules import Direction
from gateway.model.observation import DeviceState, ManualOpening, Observation, Presence, SealRejected
from gateway.orders.register_cache import RegisterCache
from gateway.rfid.config import AntennaConfig, ReaderConfig
from gateway.rfid.tag_prefixes import purpose_of
from gateway.seal_reader.alarms import SealAlarms
from gateway.seal_reader.listener import SealAuthenticator
from gateway.seal_reader.nearness import Nearness
from gateway.signals.module import InputChanged
from gateway.site.lane_file import SiteConfig
from gateway.site.tag_lanes import TagLanes

SETTLE_S: Final = 0.5  # a reader takes its antennas in turn, and a serial one up to 0.3 s for each

Later = Callable[[float, Callable[[], None]], object]  # the event loop's `call_later`

log = logging.getLogger(__name__)


class Routing:
    """Hands observations to the lanes that they concern, and remembers which devices are lost."""

    def __init__(
        self,
        lanes: Mapping[str, Emit],
        site: SiteConfig,
        clock: Clock,
        later: Later,
        directions: Mapping[str, Callable[[Direction], None]] | None = None,
    ) -> None:
        """`directions`: what turns a lane round, for those that have a switch for it."""
        self._lanes = lanes
        self._site = site
        self._clock = clock
        self._nearness = Nearness()
        self.seal_alarms = SealAlarms()
        self.tags: Counter[str] = Counter()  # told by each reader, repetitions included
        self._later = later
        self._directions = directions or {}
        self._tag_lanes = TagLanes({lane.name: lane.rules for lane in site.lanes})
        self._working: dict[str, dict[str, bool]] = {lane: {} for lane in lanes}

    def known_devices(self, lane: str) -> tuple[str, ...]:
        """Devices of the lane that have said so far whether they work."""
        return tuple(sorted(self._working[lane]))

    def lost_devices(self, lane: str) -> tuple[str, ...]:
        return tuple(sorted(device for device, working in self._working[lane].items() if not working))

    def to(self, lane: str) -> Emit:
        """For a device of one lane. Its losses are remembered for the screen."""

        def emit(seen: Observation) -> None:
            if isinstance(seen, DeviceState):
                self._working[lane][seen.device] = seen.working
            elif isinstance(seen, Presence):
                self._tag_lanes.vehicle(lane, seen.occupied, seen.at)
            self._lanes[lane](seen)

        return emit

    def state_of(self, device: str, lanes: tuple[str, ...]) -> StateChanged:
        """For a device that several lanes share: each is told of a loss and of a return."""

        def changed(working: bool, detail: str) -> None:
            (log.info if working else log.warning)("device %s %s: %s", device, "works" if working else "lost", detail)
            for lane in lanes:
                self.to(lane)(DeviceState(device=device, at=self._clock(), working=working, detail=detail))

        return changed

    def inputs_of(self, module: str) -> InputChanged:
        """A module's inputs: loops, key switches and direction switches, each of one lane."""
        lanes = self._site.lanes
        loops = {lane.loop.input: lane.name for lane in lanes if lane.loop and lane.loop.module == module}
        keys = {lane.key_switch.input: lane.name for lane in lanes if lane.key_switch and lane.key_switch.module == module}
        turns = [(lane.name, lane.direction_switch) for lane in lanes if lane.direction_switch]
        switches = {switch.input: (lane, switch.on) for lane, switch in turns if switch.module == module}

        def changed(name: str, on: bool, at: datetime) -> None:
            device = f"{module}.{name}"
            if name in loops:
                self.to(loops[name])(Presence(device=device, at=at, occupied=on))
            if name in keys and on:
                self.to(keys[name])(ManualOpening(device=device, at=at))
            if name in switches:
                lane, way = switches[name]
                self._directions[lane](way if on else way.opposite)

        return changed

    def tags_of(self, reader: ReaderConfig, registers: RegisterCache) -> Callable[[TagSighting], None]:
        """A reader's tags: the antenna says which lane, the register what the tag is, and where it is in none, its prefix."""

        def seen(tag: TagSighting) -> None:
            self.tags[reader.name] += 1
            antenna = reader.antennas.get(tag.antenna)
            if antenna is None or _is_too_weak(tag, antenna):
                return
            self._tag_lanes.note(antenna.lane, tag)
            if self._tag_lanes.contested(antenna.lane, tag.at):
                self._later(SETTLE_S, lambda: hand_over(tag, antenna))
            else:
                hand_over(tag, antenna)

        def hand_over(tag: TagSighting, antenna: AntennaConfig) -> None:
            if self._tag_lanes.owns(antenna.lane, tag):
                found = registers.identify(tag, purpose_of(tag, self._site.tag_prefixes, antenna.purpose))
                if found is not None:
                    self._lanes[antenna.lane](found)

        return seen

    def advertisements_of(self, lanes: tuple[str, ...], authenticator: SealAuthenticator) -> Callable[[Advertisement], None]:
        """A receiver's advertisements, once they were judged, to every lane that it covers. Forgeries at most once a second."""

        def heard(advertisement: Advertisement) -> None:
            found = authenticator.accept(advertisement)
            if found is None or (isinstance(found, SealRejected) and not self.seal_alarms.is_worth_telling(found)):
                return
            for lane in lanes:
                self._lanes[lane](found if isinstance(found, SealRejected) else self._nearness.compared(found, lane, lanes))

        return heard


def _is_too_weak(tag: TagSighting, antenna: AntennaConfig) -> bool:
    return antenna.weakest_dbm is not None and tag.rssi is not None and tag.rssi < antenna.weakest_dbm
