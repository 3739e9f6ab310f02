"""In which lane a seal is, when several receivers hear it."""

from datetime import timedelta

from gateway.model.observation import VehicleSealHeard
from gateway.seal_reader.nearness import Nearness
from tests.seal_reader.conftest import NUMBER, START


def frame(receiver: str, rssi: float, after_s: float = 0.0) -> VehicleSealHeard:
    return VehicleSealHeard(
        device=receiver,
        at=START + timedelta(seconds=after_s),
        number=NUMBER,
        rssi=rssi,
        inserted=True,
        locked=True,
        battery_percent=90,
        counter=1,
    )


def test_a_lane_learns_how_strongly_the_other_lane_hears_the_same_seal() -> None:
    nearness = Nearness()
    assert nearness.compared(frame("ble-1", -70), "lane-1", ("lane-1",)).elsewhere_rssi is None
    assert nearness.compared(frame("ble-2", -50), "lane-2", ("lane-2",)).elsewhere_rssi == -70
    assert nearness.compared(frame("ble-1", -72), "lane-1", ("lane-1",)).elsewhere_rssi == -50


def test_the_peak_elsewhere_stays_for_two_seconds_and_no_longer() -> None:
    nearness = Nearness()
    nearness.compared(frame("ble-2", -50), "lane-2", ("lane-2",))
    nearness.compared(frame("ble-2", -80, 1), "lane-2", ("lane-2",))
    assert nearness.compared(frame("ble-1", -70, 1.9), "lane-1", ("lane-1",)).elsewhere_rssi == -50
    nearness.compared(frame("ble-2", -80, 2.1), "lane-2", ("lane-2",))
    assert nearness.compared(frame("ble-1", -70, 2.2), "lane-1", ("lane-1",)).elsewhere_rssi == -80
    assert nearness.compared(frame("ble-1", -70, 9), "lane-1", ("lane-1",)).elsewhere_rssi is None


def test_receivers_that_serve_this_lane_too_are_not_elsewhere() -> None:
    nearness = Nearness()
    both = ("lane-1", "lane-2")
    nearness.compared(frame("mast", -40), "lane-2", both)
    assert nearness.compared(frame("ble-1", -70), "lane-1", ("lane-1",)).elsewhere_rssi is None
    nearness.compared(frame("ble-2", -55), "lane-2", ("lane-2",))
    assert nearness.compared(frame("mast", -40), "lane-1", both).elsewhere_rssi == -55
    assert nearness.compared(frame("mast", -40), "lane-2", both).elsewhere_rssi == -70
