"""How strongly the receivers of the other lanes hear a seal at the same time: what tells in which lane it is."""

from datetime import datetime, timedelta
from typing import Final

from gateway.model.observation import VehicleSealHeard

PEAK_FOR: Final = timedelta(seconds=2)  # a lane notes a seal once a second; in between, a peak elsewhere must not be missed


class Nearness:
    """Remembers each seal's recent peak at each receiver of a site. Only for authentic, known seals: nobody can fill it."""

    def __init__(self) -> None:
        self._peaks: dict[str, dict[str, tuple[float, datetime, tuple[str, ...]]]] = {}  # number → receiver → peak

    def compared(self, heard: VehicleSealHeard, lane: str, lanes: tuple[str, ...]) -> VehicleSealHeard:
        """The same frame with `elsewhere_rssi`. `lanes` are those of the receiver that heard it, `lane` is one of them."""
        peaks = self._peaks.setdefault(heard.number, {})
        peak = peaks.get(heard.device)
        if peak is None or heard.rssi >= peak[0] or heard.at - peak[1] > PEAK_FOR:
            peaks[heard.device] = (heard.rssi, heard.at, lanes)
        others = [rssi for rssi, at, covered in peaks.values() if lane not in covered and abs(heard.at - at) <= PEAK_FOR]
        return heard.model_copy(update={"elsewhere_rssi": max(others)}) if others else heard
