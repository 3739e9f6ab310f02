"""A vehicle seal's status, as the tests of the look need it."""

from datetime import UTC, datetime

from gateway.model.observation import VehicleSealHeard


def heard(inserted: bool, locked: bool, cable_cut: bool = False, low_battery: bool = False) -> VehicleSealHeard:
    return VehicleSealHeard(
        device="ble-1",
        at=datetime(2026, 11, 23, tzinfo=UTC),
        number="VS00012877",
        rssi=-60.0,
        inserted=inserted,
        locked=locked,
        cable_cut=cable_cut,
        low_battery=low_battery,
        battery_percent=7,
        counter=1,
    )
