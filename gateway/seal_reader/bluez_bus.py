"""What bleak does not tell of BlueZ: that bluetoothd has died, that an adapter went away or was switched off; and its power.

A connection to the system bus of its own beside bleak's. bleak scans on through the death of bluetoothd without a word, and
hears nothing more even when it is back. Objects and properties: BlueZ's doc/org.bluez.Adapter.rst.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from dbus_fast import BusType, DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, InvalidAddressError

from gateway.seal_reader.errors import BluezLostError

BLUEZ: Final = "org.bluez"
ADAPTER: Final = "org.bluez.Adapter1"
OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
BUS: Final = "org.freedesktop.DBus"

# What a connection to a bus may fail with; a bus that dies while one waits is an EOFError in dbus-fast.
BUS_ERRORS: Final = (OSError, EOFError, AuthError, InvalidAddressError, DBusError)


@dataclass(frozen=True, slots=True)
class Adapter:
    """A Bluetooth adapter. `name` is BlueZ's (`hci0`); `address` its own."""

    name: str
    address: str
    powered: bool

    @property
    def path(self) -> str:
        return f"/org/bluez/{self.name}"

    def is_called(self, wanted: str) -> bool:
        """Whether a lane file means this adapter, by name or by address."""
        return wanted == self.name or wanted.upper() == self.address.upper()


class BluezBus:
    """One connection to the system bus. `lost` gets a result, the reason in words, when the watched adapter is no more."""

    def __init__(self, bus: MessageBus, timeout_s: float) -> None:
        """Use `opened`."""
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._bus, self._timeout_s = bus, timeout_s
        self._watched: Adapter | None = None
        bus.add_message_handler(self._on_message)

    @classmethod
    @asynccontextmanager
    async def opened(cls, timeout_s: float) -> AsyncIterator["BluezBus"]:
        """Raises BluezLostError when there is no system bus. Every call waits at most `timeout_s` seconds."""
        try:
            bus = MessageBus(bus_type=BusType.SYSTEM)
        except BUS_ERRORS as error:
            raise BluezLostError(f"no D-Bus system bus: {error}") from error
        try:
            try:
                async with asyncio.timeout(timeout_s):
                    await bus.connect()
            except (*BUS_ERRORS, TimeoutError) as error:
                raise BluezLostError(f"no D-Bus system bus: {error}") from error
            yield cls(bus, timeout_s)
        finally:
            bus.disconnect()

    async def adapter(self, wanted: str) -> Adapter:
        """The adapter of this name or address. Raises BluezLostError when bluetoothd does not run or has no such adapter."""
        (objects,) = await self._call("/", OBJECTS, "GetManagedObjects")
        found = [_adapter(path, interfaces[ADAPTER]) for path, interfaces in objects.items() if ADAPTER in interfaces]
        for adapter in found:
            if adapter.is_called(wanted):
                return adapter
        there = ", ".join(sorted(adapter.name for adapter in found)) or "none"
        raise BluezLostError(f"adapter {wanted} is not there (there: {there})")

    async def watch(self, adapter: Adapter) -> None:
        """From now on `lost` tells when bluetoothd or this adapter goes, or the adapter is switched off."""
        self._watched = adapter
        for rule in (
            f"type='signal',sender='{BUS}',member='NameOwnerChanged',arg0='{BLUEZ}'",
            f"type='signal',sender='{BLUEZ}',interface='{OBJECTS}',member='InterfacesRemoved',arg0path='{adapter.path}'",
            f"type='signal',sender='{BLUEZ}',interface='{PROPERTIES}',member='PropertiesChanged',path='{adapter.path}'",
        ):
            await self._call("/org/freedesktop/DBus", BUS, "AddMatch", "s", [rule], destination=BUS)

    async def power(self, adapter: Adapter, on: bool) -> None:
        """Switch the adapter on or off. Raises BluezLostError when BlueZ does not let us, or cannot."""
        await self._call(adapter.path, PROPERTIES, "Set", "ssv", [ADAPTER, "Powered", Variant("b", on)])

    async def wait_until_lost(self) -> str:
        """The reason in words; waits for it, the end of the bus itself included."""
        bus: Any = self._bus  # dbus-fast leaves this one method untyped
        ended: asyncio.Future[Any] = asyncio.ensure_future(bus.wait_for_disconnect())
        either: set[asyncio.Future[Any]] = {ended, self.lost}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if self.lost.done():
                return self.lost.result()
            ended.exception()  # fetched: why a connection broke says nothing more than that it broke
            return "the D-Bus system bus is gone"
        finally:
            ended.cancel()

    async def _call(
        self, path: str, interface: str, member: str, signature: str = "", body: list[Any] | None = None, destination: str = BLUEZ
    ) -> list[Any]:
        message = Message(
            destination=destination, path=path, interface=interface, member=member, signature=signature, body=body or []
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await self._bus.call(message)
        except TimeoutError as error:
            raise BluezLostError(f"bluetoothd gave no answer to {member} for {self._timeout_s:g} s") from error
        except BUS_ERRORS as error:
            raise BluezLostError("the D-Bus system bus is gone") from error
        if reply is None:
            raise BluezLostError("the D-Bus system bus is gone")
        if reply.message_type is MessageType.ERROR:
            raise BluezLostError(_refusal(member, reply))
        return list(reply.body)

    def _on_message(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and self._watched and not self.lost.done():
            reason = _loss(message, self._watched)
            if reason:
                self.lost.set_result(reason)


def _adapter(path: str, properties: dict[str, Variant]) -> Adapter:
    return Adapter(path.rpartition("/")[2], str(properties["Address"].value), bool(properties["Powered"].value))


def _refusal(member: str, reply: Message) -> str:
    if reply.error_name in {"org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner"}:
        return "bluetoothd does not run"
    text = str(reply.body[0]) if reply.body else ""
    return f"{member} was refused: {reply.error_name}{f' ({text})' if text else ''}"


def _loss(message: Message, adapter: Adapter) -> str:
    """What a signal says is lost, or nothing."""
    match message.member, message.body:
        case "NameOwnerChanged", [name, str(), str(new)] if name == BLUEZ:
            return "bluetoothd was restarted" if new else "bluetoothd has ended"
        case "InterfacesRemoved", [path, list(interfaces)] if path == adapter.path and ADAPTER in interfaces:
            return f"adapter {adapter.name} is gone"
        case "PropertiesChanged", [interface, dict(changed), list()] if interface == ADAPTER and message.path == adapter.path:
            powered = changed.get("Powered")
            return f"adapter {adapter.name} was switched off" if powered is not None and powered.value is False else ""
        case _:
            return ""
