"""Register entries live in the feed itself: what the gates are sent is what there is."""

from collections.abc import Iterable

from sqlalchemy import Connection

from gateway.model.port_pass import PortPass
from gateway.model.seal import normalise_seal_number
from gateway.model.wire import OrderStandingEntry, PassiveSealEntry, PortPassEntry, RegisterEntry, VehicleSealEntry
from gateway.platform.feed.store import current, publish
from gateway.platform.registry.messages import RegistryReceipt


def normalised(entry: RegisterEntry) -> RegisterEntry:
    """As entries are compared: folded uids and chip ids, seal numbers without their `E-`.

    Raises SealNumberError, and ValidationError for what is too long or nothing once it is folded.
    """
    if isinstance(entry, PortPassEntry):
        card = PortPass.parse(entry.technology, entry.uid)
        folded = {"technology": card.technology, "uid": card.uid}
        return PortPassEntry.model_validate(entry.model_dump() | folded)  # folding may lengthen a text: ß becomes ss
    if isinstance(entry, OrderStandingEntry):
        return entry
    number = normalise_seal_number(entry.number)
    if isinstance(entry, PassiveSealEntry):
        return entry.model_copy(update={"epc": entry.epc.lower(), "number": number})
    return entry.model_copy(update={"number": number})


def key_of(entry: RegisterEntry) -> str:
    """What is looked up: one entry per card, chip, seal and order."""
    match entry:
        case PortPassEntry():
            return f"{entry.technology}:{entry.uid}"
        case PassiveSealEntry():
            return entry.epc
        case VehicleSealEntry():
            return str(entry.serial)
        case OrderStandingEntry():
            return entry.order_number


def take(connection: Connection, entries: Iterable[RegisterEntry]) -> RegistryReceipt:
    """Publish what is new or changed, in the given order."""
    stored, repeated, last = 0, 0, 0
    for entry in entries:
        known = current(connection, key_of(entry), entry)
        if known is not None and type(entry).model_validate_json(known[1]) == entry:
            repeated, last = repeated + 1, max(last, known[0])
        else:
            stored, last = stored + 1, publish(connection, key_of(entry), entry)
    return RegistryReceipt(stored=stored, repeated=repeated, cursor=last)
