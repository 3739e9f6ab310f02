"""The real bleak on a private bus with a fake BlueZ: what the tests of adapters and of GATT share."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
from bleak.backends.bluezdbus.manager import _global_instances

from gateway.model.clock import utc_now
from gateway.seal_reader.bluez_receiver import BluezReceiver
from gateway.seal_reader.config import BluezReceiverConfig
from gateway.simulator.bluez import FakeBluez
from gateway.simulator.private_bus import ADDRESS_VARIABLE, DAEMON, PrivateBus

needs_dbus = pytest.mark.skipif(shutil.which(DAEMON) is None, reason="dbus-daemon is missing (Debian package dbus-daemon)")


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    bus = PrivateBus().start()
    monkeypatch.setenv(ADDRESS_VARIABLE, bus.address)
    yield bus
    bus.close()


@pytest.fixture
async def bluez(bus: PrivateBus) -> AsyncIterator[FakeBluez]:
    fake = FakeBluez(bus.address)
    fake.plug("hci0", "00:1A:7D:DA:71:10")
    await fake.start()
    yield fake
    await let_go_of_the_bus()
    fake.stop()


async def let_go_of_the_bus() -> None:
    """bleak keeps one connection per event loop for good; here each test has a loop and a bus of its own."""
    manager = _global_instances.get(asyncio.get_running_loop())
    if manager is not None and manager._bus is not None:
        manager._bus.disconnect()


def adapter_receiver(**changes: object) -> BluezReceiver:
    entry = {"type": "bluez", "name": "ble-1", "adapter": "hci0", "lanes": ["out-1"], "retry_s": 0.2}
    return BluezReceiver(BluezReceiverConfig.model_validate(entry | changes), utc_now)
