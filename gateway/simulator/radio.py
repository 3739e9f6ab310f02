"""The Bluetooth adapters of a gate PC that do not exist: one bluetoothd on a private bus, and seals that advertise near them."""

import shutil
from collections.abc import Sequence
from typing import Final

from gateway.seal_reader.config import BluezReceiverConfig
from gateway.simulator.bluez import FakeBluez
from gateway.simulator.private_bus import DAEMON, PrivateBus

GARBAGE_FROM: Final = "C0:FF:EE:00:00:01"


class FakeAdapter:
    """One adapter, by the receiver of a lane file that it stands for."""

    def __init__(self, bluez: FakeBluez, name: str, address: str) -> None:
        self._bluez, self._name, self._address = bluez, name, address

    async def start(self) -> None:
        """Plugged in."""
        self._bluez.plug(self._name, self._address)

    async def stop(self) -> None:
        """Pulled out."""
        self._bluez.unplug(self._name)

    def tell(self, address: str, rssi: float, payload: bytes) -> bool:
        """Let this adapter hear one advertisement. False: nobody scans."""
        return self._bluez.advertise(self._name, address, round(rssi), payload)

    def send(self, data: bytes) -> None:
        """Some other device advertises these bytes."""
        self.tell(GARBAGE_FROM, -50, data[:24])


class Radio:
    """All adapters of a site. Where no D-Bus daemon is installed there is none (`is_possible`)."""

    def __init__(self, receivers: Sequence[BluezReceiverConfig]) -> None:
        """Raises PrivateBusError."""
        self._bus = PrivateBus().start()
        self.bluetoothd = FakeBluez(self._bus.address)
        self.adapters = {
            receiver.name: FakeAdapter(self.bluetoothd, *_name_and_address(receiver.adapter, number))
            for number, receiver in enumerate(receivers)
        }

    @property
    def bus_address(self) -> str:
        """What `DBUS_SYSTEM_BUS_ADDRESS` must say to whoever shall use these adapters."""
        return self._bus.address

    @staticmethod
    def is_possible() -> bool:
        return shutil.which(DAEMON) is not None

    async def start(self) -> None:
        """Start bluetoothd; adapters are plugged in one by one."""
        await self.bluetoothd.start()

    async def stop(self) -> None:
        self.bluetoothd.stop()
        self._bus.close()


def _name_and_address(adapter: str, number: int) -> tuple[str, str]:
    """Of an adapter that a lane file names by either."""
    if adapter.startswith("hci"):
        return adapter, f"00:1A:7D:DA:71:{number:02X}"
    return f"hci{10 + number}", adapter.upper()
