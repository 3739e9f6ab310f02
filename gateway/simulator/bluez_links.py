"""Links of the fake BlueZ: connecting to a device, its services, and reading and writing its characteristics."""

from collections.abc import Mapping
from typing import Literal, Protocol

from dbus_fast import Message, Variant

from gateway.simulator.bluez_objects import CHARACTERISTIC, DEVICE, SERVICE, BluezObjects, is_device
from gateway.simulator.errors import AttError


class GattServer(Protocol):
    """A device's GATT side. `table` gives each service's characteristics with BlueZ's flags (`read`, `write`, `notify`)."""

    @property
    def table(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]: ...

    def linked(self) -> None:
        """A new connection."""

    def read(self, uuid: str) -> bytes:
        """Raises AttError."""

    def write(self, uuid: str, value: bytes) -> None:
        """Raises AttError."""


class FakeLinks:
    """`lose_at` breaks the link at the next write, before it reaches the device or after, and then is None again."""

    def __init__(self, objects: BluezObjects) -> None:
        self.lose_at: Literal["before", "after"] | None = None
        self._objects = objects
        self._servers: dict[str, GattServer] = {}  # by device address

    def serve(self, address: str, server: GattServer) -> None:
        """What a device shows to whoever connects to it."""
        self._servers[address] = server

    def drop(self, address: str) -> None:
        """Out of range: the device is no longer connected."""
        for path in [path for path in self._objects.by_path if is_device(path, address)]:
            self._objects.remove_below(path)
            self._objects.change(path, DEVICE, {"ServicesResolved": Variant("b", False)})
            self._objects.change(path, DEVICE, {"Connected": Variant("b", False)})

    def answer_device(self, message: Message, path: str, member: str) -> Message | None:
        """Connect and disconnect."""
        address = str(self._objects.by_path[path][DEVICE]["Address"].value)
        if member == "Disconnect":
            self._objects.put(Message.new_method_return(message))
            self.drop(address)
            return None
        server = self._servers.get(address)
        if member != "Connect" or server is None:
            return Message.new_error(message, "org.bluez.Error.Failed", "le-connection-abort-by-remote")
        server.linked()
        self._objects.change(path, DEVICE, {"Connected": Variant("b", True)})
        self._show_services(path, server)
        self._objects.change(path, DEVICE, {"ServicesResolved": Variant("b", True)})
        return Message.new_method_return(message)

    def _show_services(self, path: str, server: GattServer) -> None:
        handle = 0x0A
        for service, characteristics in server.table.items():
            service_path = f"{path}/service{handle:04x}"
            self._objects.add(
                service_path,
                SERVICE,
                {"UUID": Variant("s", service), "Primary": Variant("b", True), "Device": Variant("o", path)},
            )
            for uuid, flags in characteristics.items():
                handle += 2
                properties = {
                    "UUID": Variant("s", uuid),
                    "Service": Variant("o", service_path),
                    "Value": Variant("ay", b""),
                    "Flags": Variant("as", list(flags)),
                    "Notifying": Variant("b", False),
                    "MTU": Variant("q", 247),
                }
                self._objects.add(f"{service_path}/char{handle:04x}", CHARACTERISTIC, properties)
            handle += 2

    def answer_characteristic(self, message: Message, path: str, member: str) -> Message:
        """Read, write, and ask for notifications."""
        characteristic = self._objects.by_path[path][CHARACTERISTIC]
        address = path.split("/")[4].removeprefix("dev_").replace("_", ":")
        server, uuid, flags = self._servers[address], str(characteristic["UUID"].value), characteristic["Flags"].value
        try:
            if member == "ReadValue" and "read" in flags:
                return Message.new_method_return(message, "ay", [server.read(uuid)])
            if member == "WriteValue" and "write" in flags:
                return self._write(message, address, server, uuid)
        except AttError as error:
            return Message.new_error(message, "org.bluez.Error.Failed", f"Operation failed with ATT error: 0x{error.code:02x}")
        if member in {"StartNotify", "StopNotify"} and "notify" in flags:
            characteristic["Notifying"] = Variant("b", member == "StartNotify")
            return Message.new_method_return(message)
        return Message.new_error(message, "org.bluez.Error.NotPermitted", f"{member.removesuffix('Value')} not permitted")

    def _write(self, message: Message, address: str, server: GattServer, uuid: str) -> Message:
        lost, self.lose_at = self.lose_at, None
        if lost != "before":
            server.write(uuid, bytes(message.body[0]))
        if lost is None:
            return Message.new_method_return(message)
        self.drop(address)
        return Message.new_error(message, "org.bluez.Error.Failed", "Not connected")
