"""The objects of the fake BlueZ on D-Bus: what there is, and a signal for each that comes, goes or changes."""

import asyncio
import socket
from collections import deque
from copy import deepcopy
from typing import Any, Final

from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus

OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
ADAPTER: Final = "org.bluez.Adapter1"
DEVICE: Final = "org.bluez.Device1"
SERVICE: Final = "org.bluez.GattService1"
CHARACTERISTIC: Final = "org.bluez.GattCharacteristic1"

Properties = dict[str, Variant]
Interfaces = dict[str, Properties]


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


class BluezObjects:
    """By path and interface. What is to be sent waits here, in order, while there is a bus."""

    def __init__(self) -> None:
        self.by_path: dict[str, Interfaces] = {}
        self._outbox: deque[Message] = deque()
        self._stirred = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    def connect(self, bus: MessageBus) -> None:
        """From now on what comes, goes and changes is told on this bus."""
        writer: Any = bus._writer
        writer.sock = _PatientSocket(writer.sock)
        self._outbox.clear()
        self._pump = asyncio.create_task(self._send_all(bus))

    def forget(self) -> None:
        """Everything, and tell nobody."""
        if self._pump is not None:
            self._pump.cancel()
        self._pump = None
        self.by_path.clear()

    @property
    def waiting(self) -> int:
        """Messages that the bus has not taken yet."""
        return len(self._outbox)

    def all(self) -> dict[str, Interfaces]:
        """As they are now: they may be told later."""
        return deepcopy(self.by_path)

    def add(self, path: str, interface: str, properties: Properties) -> None:
        self.by_path[path] = {interface: properties}
        self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [path, {interface: dict(properties)}])

    def remove(self, path: str) -> None:
        self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [path, list(self.by_path.pop(path))])

    def remove_below(self, path: str) -> None:
        for below in sorted((p for p in self.by_path if p.startswith(path + "/")), reverse=True):
            self.remove(below)

    def change(self, path: str, interface: str, changes: Properties) -> None:
        self.by_path[path][interface].update(changes)
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changes, []])

    def put(self, message: Message) -> None:
        """Send after all that was to be sent before."""
        self._outbox.append(message)
        self._stirred.set()

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if self._pump is not None:
            self.put(Message.new_signal(path, interface, member, signature, body))

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


def adapter_path(adapter: str) -> str:
    return f"/org/bluez/{adapter}"


def device_path(adapter: str, address: str) -> str:
    return f"{adapter_path(adapter)}/dev_{address.replace(':', '_')}"


def is_device(path: str, address: str) -> bool:
    """Whether an object is this device, on whichever adapter."""
    return path.endswith(f"/dev_{address.replace(':', '_')}")
