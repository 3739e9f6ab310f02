"""The fake BlueZ where the receiver's own tests do not look: its bus, its clients, and what it says to the wrong question."""

import asyncio

import pytest
from bleak import BleakScanner
from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

from gateway.simulator import private_bus
from gateway.simulator.bluez import FakeBluez
from gateway.simulator.errors import PrivateBusError
from gateway.simulator.private_bus import PrivateBus
from tests.driver_loop import PATIENCE_S
from tests.seal_reader.bluez import bluez, bus, needs_dbus

__all__ = ["bluez", "bus"]  # fixtures


def test_without_a_daemon_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_bus, "DAEMON", "no-such-daemon")
    with pytest.raises(PrivateBusError, match="Debian package dbus-daemon"):
        PrivateBus().start()


@needs_dbus
async def test_a_client_that_leaves_the_bus_takes_its_scan_with_it(bluez: FakeBluez) -> None:
    client = await MessageBus(bus_type=BusType.SYSTEM).connect()
    start = Message(destination="org.bluez", path="/org/bluez/hci0", interface="org.bluez.Adapter1", member="StartDiscovery")
    await client.call(start)
    assert bluez.is_scanning("hci0")
    client.disconnect()
    async with asyncio.timeout(PATIENCE_S):
        await bluez.until(lambda: not bluez.is_scanning("hci0"))


@needs_dbus
async def test_nobody_hears_what_is_sent_while_nobody_scans(bluez: FakeBluez) -> None:
    assert not bluez.advertise("hci0", "C0:00:00:00:00:01", -50, b"\xff\xff\x5e")
    assert not bluez.advertise("hci9", "C0:00:00:00:00:01", -50, b"\xff\xff\x5e")
    async with BleakScanner(bluez={"adapter": "hci0"}) as scanner:
        assert bluez.advertise("hci0", "C0:00:00:00:00:01", -50, b"\xff\xff\x5e")
        async with asyncio.timeout(PATIENCE_S):
            async for device, heard in scanner.advertisement_data():
                assert (device.address, heard.rssi, heard.manufacturer_data) == ("C0:00:00:00:00:01", -50, {0xFFFF: b"\x5e"})
                break


@needs_dbus
@pytest.mark.parametrize(
    ("path", "interface", "member", "error"),
    [
        ("/org/bluez/hci9", "org.bluez.Adapter1", "StartDiscovery", "org.freedesktop.DBus.Error.UnknownObject"),
        ("/org/bluez/hci0", "org.bluez.Adapter1", "StopDiscovery", "org.bluez.Error.Failed"),
    ],
)
async def test_a_wrong_question_gets_bluezs_own_error(bluez: FakeBluez, path: str, interface: str, member: str, error: str) -> None:
    client = await MessageBus(bus_type=BusType.SYSTEM).connect()
    reply = await client.call(Message(destination="org.bluez", path=path, interface=interface, member=member))
    client.disconnect()
    assert reply is not None
    assert (reply.message_type, reply.error_name) == (MessageType.ERROR, error)
