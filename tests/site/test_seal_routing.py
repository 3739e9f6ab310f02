"""Which lane hears of a seal, and how often of a forged one."""

from datetime import timedelta
from pathlib import Path

from gateway.model.device import Advertisement
from gateway.model.observation import Observation, SealRejected, VehicleSealHeard
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.profile import SealFlag
from gateway.simulator.seal_beacon import SealBeacon
from gateway.site.lane_file import load_site
from gateway.site.routing import Routing
from tests.seal_reader.conftest import MASTER, SERIAL, START, authenticator, heard

LANE_CONFIG = Path(__file__).parents[2] / "lane_config"
KEYS = SealKeys({1: MASTER})


class Gate:
    """Two lanes, each with a receiver of its own, and what they were told."""

    def __init__(self) -> None:
        site = load_site(LANE_CONFIG / "kaohsiung-ct4-b116.yaml")
        self.told: dict[str, list[Observation]] = {"b116-1": [], "b116-2": []}
        self.routing = Routing({name: told.append for name, told in self.told.items()}, site, lambda: START, lambda *_: None)
        judge = authenticator(KEYS)
        self._hear = {name: self.routing.advertisements_of((name,), judge) for name in self.told}

    def hear(self, lane: str, payload: bytes | None, rssi: float, after_s: float = 0.0) -> None:
        seen = heard(payload, after_s, rssi)
        self._hear[lane](Advertisement(f"ble-{lane}", seen.at, seen.address, seen.rssi, seen.payload))


def test_each_lane_is_told_how_strongly_the_other_hears_the_seal() -> None:
    gate, payload = Gate(), SealBeacon(SERIAL, KEYS).next_frame()
    gate.hear("b116-1", payload, -80)
    gate.hear("b116-2", payload, -50, 0.1)
    gate.hear("b116-1", payload, -78, 0.2)
    strengths = {
        lane: [(seen.rssi, seen.elsewhere_rssi) for seen in told if isinstance(seen, VehicleSealHeard)]
        for lane, told in gate.told.items()
    }
    assert strengths == {"b116-1": [(-80, None), (-78, -50)], "b116-2": [(-50, -80)]}


def test_a_flood_of_forgeries_is_counted_whole_and_told_once_a_second() -> None:
    gate = Gate()
    forger = SealBeacon(SERIAL, SealKeys({1: bytes(16)}), flags=SealFlag(0))
    for hundredth in range(250):
        gate.hear("b116-1", forger.next_frame(), -50, hundredth / 100)
    (alarm,) = gate.routing.seal_alarms.standing
    assert (alarm.why, alarm.count) == ("forged", 250)
    told = [seen for seen in gate.told["b116-1"] if isinstance(seen, SealRejected)]
    assert [seen.at - START for seen in told] == [timedelta(seconds=second) for second in range(3)]
    assert gate.told["b116-2"] == []
