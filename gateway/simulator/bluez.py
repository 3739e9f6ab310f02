"""An org.bluez that does not exist: adapters, advertisements and GATT links for real BlueZ clients, bleak and browsers alike.

It stands on a bus that `DBUS_SYSTEM_BUS_ADDRESS` names (`gateway.simulator.private_bus`) and behaves as BlueZ's
documentation says (doc/org.bluez.*.rst), with the faults of the field on request.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from gateway.simulator.bluez_links import FakeLinks
from gateway.simulator.bluez_objects import (
    ADAPTER,
    CHARACTERISTIC,
    DEVICE,
    OBJECTS,
    PROPERTIES,
    BluezObjects,
    Properties,
    adapter_path,
    device_path,
)

Heal = Literal["scan", "reset"]  # what makes a deaf adapter hear again: scanning afresh, or being switched off and on


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


class FakeBluez:
    """bluetoothd. `start` and `stop` are its birth and death; adapters stay plugged over both, links and scans do not.

    `calls` lists what clients asked (path, member); `refusals` answers the next call of a member with an error; `links` are
    those to devices.
    """

    def __init__(self, address: str) -> None:
        self.calls: list[tuple[str, str]] = []
        self.refusals: dict[str, Refusal] = {}
        self._bus_address = address
        self._bus: MessageBus | None = None
        self._objects = BluezObjects()
        self.links = FakeLinks(self._objects)
        self._adapters: dict[str, _Adapter] = {}
        self._changed = asyncio.Event()

    # Birth, death and adapters -----------------------------------------------------------------------------------------

    async def start(self) -> "FakeBluez":
        """Take the name org.bluez, with the adapters that are plugged, all switched on."""
        bus = await MessageBus(bus_address=self._bus_address, negotiate_unix_fd=True).connect()
        self._bus = bus
        self._objects.connect(bus)
        bus.add_message_handler(self._on_message)
        await bus.call(_call("AddMatch", "s", ["type='signal',member='NameOwnerChanged',sender='org.freedesktop.DBus'"]))
        await bus.request_name("org.bluez")
        for name in self._adapters:
            self._show_adapter(name)
        return self

    def stop(self) -> None:
        """Dead at once: no signal says goodbye. What it knew of devices and scans is forgotten."""
        self._objects.forget()
        if self._bus is not None:
            self._bus.disconnect()
        self._bus = None
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
        self._objects.remove_below(adapter_path(name))
        self._objects.remove(adapter_path(name))

    def switch(self, name: str, on: bool) -> None:
        """Its power, by whoever did it."""
        adapter = self._adapters[name]
        if not on:
            adapter.scanners.clear()
        elif adapter.deaf_until == "reset":
            adapter.deaf_until = None
        self._objects.change(
            adapter_path(name), ADAPTER, {"Powered": Variant("b", on), "Discovering": Variant("b", bool(adapter.scanners))}
        )

    def deafen(self, name: str, until: Heal) -> None:
        """Scanning seems to go on and nothing arrives any more."""
        self._adapters[name].deaf_until = until

    def is_scanning(self, name: str) -> bool:
        return name in self._adapters and bool(self._adapters[name].scanners)

    def is_powered(self, name: str) -> bool:
        return bool(self._objects.by_path[adapter_path(name)][ADAPTER]["Powered"].value)

    # What is on the air ------------------------------------------------------------------------------------------------

    def advertise(self, name: str, address: str, rssi: int, payload: bytes) -> bool:
        """Let one adapter hear manufacturer data (company id first). False: it does not listen, or is deaf."""
        adapter = self._adapters.get(name)
        if adapter is None or not adapter.scanners or adapter.deaf_until or self._bus is None:
            return False
        data = {int.from_bytes(payload[:2], "little"): Variant("ay", payload[2:])}
        changes = {"RSSI": Variant("n", rssi), "ManufacturerData": Variant("a{qv}", data)}
        path = device_path(name, address)
        if path in self._objects.by_path:
            self._objects.change(path, DEVICE, changes)
        else:
            self._objects.add(path, DEVICE, _new_device(name, address) | changes)
        return True

    @property
    def waiting(self) -> int:
        """Messages that the bus has not taken yet: more than a few, and this machine is too slow for what is on the air."""
        return self._objects.waiting

    def echo(self, name: str, address: str) -> None:
        """A property that has nothing to do with the air changes: clients are called with the last strength again."""
        self._objects.change(device_path(name, address), DEVICE, {"Trusted": Variant("b", False)})

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a client's call has made `condition` true."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    # Objects -----------------------------------------------------------------------------------------------------------

    def _show_adapter(self, name: str) -> None:
        self._objects.add(
            adapter_path(name),
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

    # D-Bus -------------------------------------------------------------------------------------------------------------

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
            self._objects.put(reply)
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
            return Message.new_method_return(message, "a{oa{sa{sv}}}", [self._objects.all()])
        if path not in self._objects.by_path:
            return Message.new_error(message, "org.freedesktop.DBus.Error.UnknownObject", f"no object {path}")
        if message.interface == PROPERTIES:
            return self._property(message, path, member)
        if message.interface == ADAPTER:
            return self._adapter(message, path, member)
        if message.interface == DEVICE:
            return self.links.answer_device(message, path, member)
        return self.links.answer_characteristic(message, path, member)

    def _property(self, message: Message, path: str, member: str) -> Message:
        interface = str(message.body[0])
        properties = self._objects.by_path[path].get(interface, {})
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
            self._objects.change(path, ADAPTER, {"Discovering": Variant("b", True)})
        elif member == "StopDiscovery":
            if message.sender not in adapter.scanners:
                return Message.new_error(message, "org.bluez.Error.Failed", "No discovery started")
            adapter.scanners.discard(message.sender or "")
            self._objects.change(path, ADAPTER, {"Discovering": Variant("b", bool(adapter.scanners))})
        elif member == "RemoveDevice":
            self._objects.remove(message.body[0])
        return Message.new_method_return(message)


def _call(member: str, signature: str, body: list[Any]) -> Message:
    return Message(
        destination="org.freedesktop.DBus",
        path="/org/freedesktop/DBus",
        interface="org.freedesktop.DBus",
        member=member,
        signature=signature,
        body=body,
    )


def _new_device(adapter: str, address: str) -> Properties:
    return {
        "Address": Variant("s", address),
        "AddressType": Variant("s", "random"),
        "Adapter": Variant("o", adapter_path(adapter)),
        "Alias": Variant("s", address.replace(":", "-")),  # as BlueZ names a device that has no name
        "Connected": Variant("b", False),
        "Paired": Variant("b", False),
        "Trusted": Variant("b", False),
        "Blocked": Variant("b", False),
        "ServicesResolved": Variant("b", False),
        "UUIDs": Variant("as", []),
    }
