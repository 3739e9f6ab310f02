"""An org.bluez that does not exist: adapters, advertisements and GATT links for real BlueZ clients, bleak and browsers alike.

It stands on a bus that `DBUS_SYSTEM_BUS_ADDRESS` names (`gateway.simulator.private_bus`) and behaves as BlueZ's
documentation says (doc/org.bluez.*.rst), with the faults of the field on request.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from gateway.simulator.errors import AttError

OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
ADAPTER: Final = "org.bluez.Adapter1"
DEVICE: Final = "org.bluez.Device1"
SERVICE: Final = "org.bluez.GattService1"
CHARACTERISTIC: Final = "org.bluez.GattCharacteristic1"

Properties = dict[str, Variant]
Interfaces = dict[str, Properties]
Heal = Literal["scan", "reset"]  # what makes a deaf adapter hear again: scanning afresh, or being switched off and on


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


@dataclass(frozen=True, slots=True)
class Refusal:
    """How the next call of a method is answered instead."""

    error: str
    text: str


@dataclass(slots=True)
class _Adapter:
    address: str
    scanners: set[str] = field(default_factory=set)  # unique names of the clients that discover
    deaf_until: Heal | None = None


class _PatientSocket:
    """dbus-fast takes a full socket for a broken one; nothing written is what it understands, and then waits for room."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, data: memoryview) -> int:
        try:
            return self._connection.send(data)
        except BlockingIOError:
            return 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class FakeBluez:
    """bluetoothd. `start` and `stop` are its birth and death; adapters stay plugged over both, links and scans do not.

    `calls` lists what clients asked (path, member); `refusals` answers the next call of a member with an error;
    `lose_link_at` breaks the link at the next write, before it reaches the device or after, and then is None again.
    """

    def __init__(self, address: str) -> None:
        self.calls: list[tuple[str, str]] = []
        self.refusals: dict[str, Refusal] = {}
        self.lose_link_at: Literal["before", "after"] | None = None
        self._bus_address = address
        self._bus: MessageBus | None = None
        self._objects: dict[str, Interfaces] = {}
        self._adapters: dict[str, _Adapter] = {}
        self._servers: dict[str, GattServer] = {}  # by device address
        self._outbox: deque[Message] = deque()
        self._stirred = asyncio.Event()
        self._changed = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    # Birth, death and adapters -----------------------------------------------------------------------------------------

    async def start(self) -> "FakeBluez":
        """Take the name org.bluez, with the adapters that are plugged, all switched on."""
        bus = await MessageBus(bus_address=self._bus_address, negotiate_unix_fd=True).connect()
        writer: Any = bus._writer
        writer.sock = _PatientSocket(writer.sock)
        self._bus = bus
        self._outbox.clear()
        self._pump = asyncio.create_task(self._send_all(bus))
        bus.add_message_handler(self._on_message)
        await bus.call(_call("AddMatch", "s", ["type='signal',member='NameOwnerChanged',sender='org.freedesktop.DBus'"]))
        await bus.request_name("org.bluez")
        for name in self._adapters:
            self._show_adapter(name)
        return self

    def stop(self) -> None:
        """Dead at once: no signal says goodbye. What it knew of devices and scans is forgotten."""
        if self._pump is not None:
            self._pump.cancel()
        if self._bus is not None:
            self._bus.disconnect()
        self._bus = None
        self._objects.clear()
        for adapter in self._adapters.values():
            adapter.scanners.clear()

    def plug(self, name: str, address: str) -> None:
        """An adapter comes: `hci0` with its own address."""
        self._adapters[name] = _Adapter(address)
        if self._bus:
            self._show_adapter(name)

    def unplug(self, name: str) -> None:
        """It is pulled out, with all that it heard."""
        del self._adapters[name]
        for path in sorted((p for p in self._objects if p == _path(name) or p.startswith(_path(name) + "/")), reverse=True):
            self._remove(path)

    def switch(self, name: str, on: bool) -> None:
        """Its power, by whoever did it."""
        adapter = self._adapters[name]
        if not on:
            adapter.scanners.clear()
        elif adapter.deaf_until == "reset":
            adapter.deaf_until = None
        self._change(_path(name), ADAPTER, {"Powered": Variant("b", on), "Discovering": Variant("b", bool(adapter.scanners))})

    def deafen(self, name: str, until: Heal) -> None:
        """Scanning seems to go on and nothing arrives any more."""
        self._adapters[name].deaf_until = until

    def is_scanning(self, name: str) -> bool:
        return name in self._adapters and bool(self._adapters[name].scanners)

    def is_powered(self, name: str) -> bool:
        return bool(self._objects[_path(name)][ADAPTER]["Powered"].value)

    # What is on the air ------------------------------------------------------------------------------------------------

    def advertise(self, name: str, address: str, rssi: int, payload: bytes) -> bool:
        """Let one adapter hear manufacturer data (company id first). False: it does not listen, or is deaf."""
        adapter = self._adapters.get(name)
        if adapter is None or not adapter.scanners or adapter.deaf_until or self._bus is None:
            return False
        data = {int.from_bytes(payload[:2], "little"): Variant("ay", payload[2:])}
        changes = {"RSSI": Variant("n", rssi), "ManufacturerData": Variant("a{qv}", data)}
        path = _device(name, address)
        if path in self._objects:
            self._change(path, DEVICE, changes)
        else:
            self._add(path, DEVICE, _new_device(name, address) | changes)
        return True

    @property
    def waiting(self) -> int:
        """Messages that the bus has not taken yet: more than a few, and this machine is too slow for what is on the air."""
        return len(self._outbox)

    def echo(self, name: str, address: str) -> None:
        """A property that has nothing to do with the air changes: clients are called with the last strength again."""
        self._change(_device(name, address), DEVICE, {"Trusted": Variant("b", False)})

    def serve(self, address: str, server: GattServer) -> None:
        """What a device shows to whoever connects to it."""
        self._servers[address] = server

    def notify(self, address: str, uuid: str, value: bytes) -> None:
        """Tell the connected client a characteristic's new value."""
        for path, interfaces in self._objects.items():
            if _names_device(path, address) and CHARACTERISTIC in interfaces and interfaces[CHARACTERISTIC]["UUID"].value == uuid:
                self._change(path, CHARACTERISTIC, {"Value": Variant("ay", value)})
                return

    def drop_link(self, address: str) -> None:
        """Out of range: the device is no longer connected."""
        for path in [p for p in self._objects if _names_device(p, address) and DEVICE in self._objects[p]]:
            for below in sorted((p for p in self._objects if p.startswith(path + "/")), reverse=True):
                self._remove(below)
            self._change(path, DEVICE, {"ServicesResolved": Variant("b", False)})
            self._change(path, DEVICE, {"Connected": Variant("b", False)})

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a client's call has made `condition` true."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    # Objects -----------------------------------------------------------------------------------------------------------

    def _show_adapter(self, name: str) -> None:
        self._add(
            _path(name),
            ADAPTER,
            {
                "Address": Variant("s", self._adapters[name].address),
                "Name": Variant("s", name),
                "Alias": Variant("s", name),
                "Powered": Variant("b", True),
                "Discovering": Variant("b", False),
                "Roles": Variant("as", ["central", "peripheral"]),
            },
        )

    def _add(self, path: str, interface: str, properties: Properties) -> None:
        self._objects[path] = {interface: properties}
        self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [path, {interface: dict(properties)}])

    def _remove(self, path: str) -> None:
        self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [path, list(self._objects.pop(path))])

    def _change(self, path: str, interface: str, changes: Properties) -> None:
        self._objects[path][interface].update(changes)
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changes, []])

    def _show_services(self, path: str, server: GattServer) -> None:
        handle = 0x0A
        for service, characteristics in server.table.items():
            service_path = f"{path}/service{handle:04x}"
            self._add(
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
                self._add(f"{service_path}/char{handle:04x}", CHARACTERISTIC, properties)
            handle += 2

    # D-Bus -------------------------------------------------------------------------------------------------------------

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if self._bus is not None:
            self._put(Message.new_signal(path, interface, member, signature, body))

    def _put(self, message: Message) -> None:
        self._outbox.append(message)
        self._stirred.set()

    async def _send_all(self, bus: MessageBus) -> None:
        """One message after the other, so that a slow client slows this down and fills no memory but the outbox."""
        while True:
            while self._outbox:
                try:
                    await bus.send(self._outbox.popleft())
                except (OSError, EOFError):
                    return  # the bus is gone
            self._stirred.clear()
            await self._stirred.wait()

    def _on_message(self, message: Message) -> bool:
        """True: this call is answered here."""
        if message.member == "NameOwnerChanged":
            self._client_left(message.body)
            return False
        if message.message_type is not MessageType.METHOD_CALL or not (message.path or "").startswith("/"):
            return False
        if message.interface not in {OBJECTS, PROPERTIES, ADAPTER, DEVICE, CHARACTERISTIC}:
            return False
        member, path = message.member or "", message.path or ""
        self.calls.append((path, member))
        refusal = self.refusals.pop(member, None)
        reply = Message.new_error(message, refusal.error, refusal.text) if refusal else self._answer(message, path, member)
        if reply is not None:
            self._put(reply)
        self._changed.set()
        return True

    def _client_left(self, body: Sequence[str]) -> None:
        """A client that leaves the bus takes its discovery with it."""
        if len(body) == 3 and not body[2]:
            for adapter in self._adapters.values():
                adapter.scanners.discard(body[0])
            self._changed.set()

    def _answer(self, message: Message, path: str, member: str) -> Message | None:
        if (message.interface, member) == (OBJECTS, "GetManagedObjects"):
            return Message.new_method_return(
                message, "a{oa{sa{sv}}}", [deepcopy(self._objects)]
            )  # it is sent later than it is said
        if path not in self._objects:
            return Message.new_error(message, "org.freedesktop.DBus.Error.UnknownObject", f"no object {path}")
        if message.interface == PROPERTIES:
            return self._property(message, path, member)
        if message.interface == ADAPTER:
            return self._adapter(message, path, member)
        if message.interface == DEVICE:
            return self._link(message, path, member)
        return self._gatt(message, path, member)

    def _property(self, message: Message, path: str, member: str) -> Message:
        interface = str(message.body[0])
        properties = self._objects[path].get(interface, {})
        if member == "GetAll":
            return Message.new_method_return(message, "a{sv}", [properties])
        if member == "Get" and message.body[1] in properties:
            return Message.new_method_return(message, "v", [properties[message.body[1]]])
        if (member, interface, message.body[1]) == ("Set", ADAPTER, "Powered"):
            self.switch(path.rpartition("/")[2], bool(message.body[2].value))
            return Message.new_method_return(message)
        if member == "Set":
            return Message.new_method_return(message)
        return Message.new_error(message, "org.freedesktop.DBus.Error.InvalidArgs", "no such property")

    def _adapter(self, message: Message, path: str, member: str) -> Message:
        name = path.rpartition("/")[2]
        adapter = self._adapters[name]
        if not self.is_powered(name):
            return Message.new_error(message, "org.bluez.Error.NotReady", "Resource Not Ready")
        if member == "StartDiscovery":
            adapter.scanners.add(message.sender or "")
            if adapter.deaf_until == "scan":
                adapter.deaf_until = None
            self._change(path, ADAPTER, {"Discovering": Variant("b", True)})
        elif member == "StopDiscovery":
            if message.sender not in adapter.scanners:
                return Message.new_error(message, "org.bluez.Error.Failed", "No discovery started")
            adapter.scanners.discard(message.sender or "")
            self._change(path, ADAPTER, {"Discovering": Variant("b", bool(adapter.scanners))})
        elif member == "RemoveDevice":
            self._remove(message.body[0])
        return Message.new_method_return(message)

    def _link(self, message: Message, path: str, member: str) -> Message | None:
        address = str(self._objects[path][DEVICE]["Address"].value)
        if member == "Disconnect":
            self._put(Message.new_method_return(message))
            self.drop_link(address)
            return None
        server = self._servers.get(address)
        if member != "Connect" or server is None:
            return Message.new_error(message, "org.bluez.Error.Failed", "le-connection-abort-by-remote")
        server.linked()
        self._change(path, DEVICE, {"Connected": Variant("b", True)})
        self._show_services(path, server)
        self._change(path, DEVICE, {"ServicesResolved": Variant("b", True)})
        return Message.new_method_return(message)

    def _gatt(self, message: Message, path: str, member: str) -> Message:
        characteristic = self._objects[path][CHARACTERISTIC]
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
        lost, self.lose_link_at = self.lose_link_at, None
        if lost != "before":
            server.write(uuid, bytes(message.body[0]))
        if lost is None:
            return Message.new_method_return(message)
        self.drop_link(address)
        return Message.new_error(message, "org.bluez.Error.Failed", "Not connected")


def _call(member: str, signature: str, body: list[Any]) -> Message:
    return Message(
        destination="org.freedesktop.DBus",
        path="/org/freedesktop/DBus",
        interface="org.freedesktop.DBus",
        member=member,
        signature=signature,
        body=body,
    )


def _path(adapter: str) -> str:
    return f"/org/bluez/{adapter}"


def _device(adapter: str, address: str) -> str:
    return f"{_path(adapter)}/dev_{address.replace(':', '_')}"


def _names_device(path: str, address: str) -> bool:
    """Whether an object is this device, or belongs to it, on whichever adapter."""
    return f"/dev_{address.replace(':', '_')}" in path


def _new_device(adapter: str, address: str) -> Properties:
    return {
        "Address": Variant("s", address),
        "AddressType": Variant("s", "random"),
        "Adapter": Variant("o", _path(adapter)),
        "Alias": Variant("s", address.replace(":", "-")),  # as BlueZ names a device that has no name
        "Connected": Variant("b", False),
        "Paired": Variant("b", False),
        "Trusted": Variant("b", False),
        "Blocked": Variant("b", False),
        "ServicesResolved": Variant("b", False),
        "UUIDs": Variant("as", []),
    }
