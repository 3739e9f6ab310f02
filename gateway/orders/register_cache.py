"""The registers of this gate, in memory: whose pass it is, which number stands on the seal with this chip.

A tag is what its register says it is. A tag in no register is what its antenna is there for; where the antenna is there for
anything, an unknown tag says nothing (every pallet and jacket carries one).
"""

import logging
import sqlite3
from collections.abc import Iterable
from typing import Literal, TypeVar

from pydantic import ValidationError

from gateway.model.device import TagSighting
from gateway.model.errors import SealNumberError
from gateway.model.observation import PassiveSealRead, PassRead
from gateway.model.port_pass import PortPass
from gateway.model.seal import normalise_seal_number
from gateway.model.wire import NO_NUMBER, REGISTER_ENTRY, OrderStandingEntry, PassiveSealEntry, PortPassEntry, RegisterEntry
from gateway.orders.matching import normalise_licence

Key = TypeVar("Key", int, str)
Purpose = Literal["pass", "seal", "any"]

log = logging.getLogger(__name__)


def stored_entries(connection: sqlite3.Connection) -> tuple[RegisterEntry, ...]:
    """All stored entries. One that cannot be read is logged and left out."""
    found = []
    for row in connection.execute("SELECT kind, key, body FROM register_entry"):
        try:
            found.append(REGISTER_ENTRY.validate_json(row["body"]))
        except ValidationError:
            log.error("stored register entry %s %s cannot be read and is left out", row["kind"], row["key"])
    return tuple(found)


class RegisterCache:
    """Asked on the event loop for every tag; never waits. `OrderCache` keeps it up to date."""

    def __init__(self) -> None:
        self._passes: dict[PortPass, PortPassEntry] = {}
        self._chips: dict[str, str] = {}  # epc, case-folded → printed number
        self._seals: dict[int, str] = {}  # serial → number in orders
        self._standings: dict[str, OrderStandingEntry] = {}  # by order number

    def take(self, entries: Iterable[RegisterEntry]) -> None:
        """Take over entries, each in place of what stood there before."""
        for entry in entries:
            if isinstance(entry, PortPassEntry):
                self._passes[PortPass.parse(entry.technology, entry.uid)] = entry
            elif isinstance(entry, PassiveSealEntry):
                _put(self._chips, entry.epc.casefold(), entry.number)
            elif isinstance(entry, OrderStandingEntry):
                self._standings[entry.order_number] = entry
            else:
                _put(self._seals, entry.serial, entry.number)

    def identify(self, sighting: TagSighting, purpose: Purpose) -> PassRead | PassiveSealRead | None:
        """What the tag is; `purpose` is the antenna's, and decides where no register knows the tag (or both do)."""
        port_pass = PortPass.parse(sighting.technology, sighting.uid)
        holder = self._passes.get(port_pass)
        number = self._chips.get(port_pass.uid)
        if holder is not None and not (number is not None and purpose == "seal"):
            return _pass_read(sighting, port_pass, holder)
        if number is not None or purpose == "seal":
            return PassiveSealRead(device=sighting.device, at=sighting.at, epc=port_pass.uid, rssi=sighting.rssi, number=number)
        return _pass_read(sighting, port_pass, None) if purpose == "pass" else None

    def standing(self, order_number: str) -> OrderStandingEntry | None:
        """What other messages say of this order; None where none did."""
        return self._standings.get(order_number)

    def seal_number(self, serial: int) -> str | None:
        """The number by which orders name the vehicle seal with this serial; None where the register does not know it."""
        return self._seals.get(serial)

    def seal_serial(self, number: str) -> int | None:
        """The serial on the air of the vehicle seal with this number; None where the register does not know it."""
        return next((serial for serial, known in self._seals.items() if known == number), None)


def _put(numbers: dict[Key, str], key: Key, number: str) -> None:
    """A number that is no seal number makes the seal unknown, rather than leaving an older number in its place."""
    try:
        numbers[key] = normalise_seal_number(number)
    except SealNumberError as error:
        numbers.pop(key, None)
        if number != NO_NUMBER:
            log.error("register entry of seal %s is left out: %s", key, error)


def _pass_read(sighting: TagSighting, port_pass: PortPass, entry: PortPassEntry | None) -> PassRead:
    return PassRead(
        device=sighting.device,
        at=sighting.at,
        technology=port_pass.technology,
        uid=port_pass.uid,
        rssi=sighting.rssi,
        holder=entry.holder if entry else None,
        driving_licence=normalise_licence(entry.driving_licence) if entry else None,
        valid_until=entry.valid_until if entry else None,
    )
