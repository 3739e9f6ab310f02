"""Which lane hears what: from inputs, tags and advertisements to observations of a lane. Knows names, no protocols."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from gateway.model.clock import Clock
from gateway.model.device import Advertisement, Emit, StateChanged, TagSighting
from gateway.model.observation import DeviceState, Observation, Presence, SealRejected
from gateway.orders.register_cache import RegisterCache
from gateway.rfid.config import LlrpReaderConfig
from gateway.seal_reader.alarms import SealAlarms
from gateway.seal_reader.listener import SealAuthenticator
from gateway.seal_reader.nearness import Nearness
from gateway.signals.module import InputChanged
from gateway.site.lane_file import SiteConfig

log = logging.getLogger(__name__)


class Routing:
    """Hands observations to the lanes that they concern, and remembers which devices are lost."""

    def __init__(self, lanes: Mapping[str, Emit], clock: Clock) -> None:
        self._lanes = lanes
        self._clock = clock
        self._nearness = Nearness()
        self.seal_alarms = SealAlarms()
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
            self._lanes[lane](seen)

        return emit

    def state_of(self, device: str, lanes: tuple[str, ...]) -> StateChanged:
        """For a device that several lanes share: each is told of a loss and of a return."""

        def changed(working: bool, detail: str) -> None:
            (log.info if working else log.warning)("device %s %s: %s", device, "works" if working else "lost", detail)
            for lane in lanes:
                self.to(lane)(DeviceState(device=device, at=self._clock(), working=working, detail=detail))

        return changed

    def inputs_of(self, module: str, site: SiteConfig) -> InputChanged:
        """A module's inputs: each loop is one lane's."""
        loops = {lane.loop.input: lane.name for lane in site.lanes if lane.loop and lane.loop.module == module}

        def changed(name: str, on: bool, at: datetime) -> None:
            if name in loops:
                self._lanes[loops[name]](Presence(device=f"{module}.{name}", at=at, occupied=on))

        return changed

    def tags_of(self, reader: LlrpReaderConfig, registers: RegisterCache) -> Callable[[TagSighting], None]:
        """A reader's tags: the antenna says which lane, the register what the tag is."""

        def seen(tag: TagSighting) -> None:
            antenna = reader.antennas.get(tag.antenna)
            if antenna is None:
                return
            found = registers.identify(tag, antenna.purpose)
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
