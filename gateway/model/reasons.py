"""Reason codes: why a passage was referred or stopped. One sentence of action for the person in front of it each.

The sentences are message ids of the catalogue (English); Traditional Chinese stands in the catalogue.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    NO_ORDER = "NO_ORDER"
    ORDER_AMBIGUOUS = "ORDER_AMBIGUOUS"
    ORDER_TOO_EARLY = "ORDER_TOO_EARLY"
    ORDER_EXPIRED = "ORDER_EXPIRED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    ORDER_CLOSED = "ORDER_CLOSED"
    ORDER_USED = "ORDER_USED"
    ORDER_WRONG_DIRECTION = "ORDER_WRONG_DIRECTION"
    ORDER_WRONG_PLACE = "ORDER_WRONG_PLACE"
    ORDERS_STALE = "ORDERS_STALE"
    INSPECTION_NOT_DONE = "INSPECTION_NOT_DONE"
    BOX_UNREAD = "BOX_UNREAD"
    BOX_UNSURE = "BOX_UNSURE"
    BOX_ONE_OFF = "BOX_ONE_OFF"
    BOX_DIFFERS = "BOX_DIFFERS"
    BOX_UNEXPECTED = "BOX_UNEXPECTED"
    BOX_SWAPPED = "BOX_SWAPPED"
    SIZE_DIFFERS = "SIZE_DIFFERS"
    PLATE_UNREAD = "PLATE_UNREAD"
    PLATE_UNSURE = "PLATE_UNSURE"
    PLATE_DIFFERS = "PLATE_DIFFERS"
    PASS_UNREAD = "PASS_UNREAD"
    PASS_UNKNOWN = "PASS_UNKNOWN"
    PASS_DIFFERS = "PASS_DIFFERS"
    PASS_EXPIRED = "PASS_EXPIRED"
    E_SEAL_UNREAD = "E_SEAL_UNREAD"
    E_SEAL_DIFFERS = "E_SEAL_DIFFERS"
    SEAL_NOT_ON_ORDER = "SEAL_NOT_ON_ORDER"
    VEHICLE_SEAL_MISSING = "VEHICLE_SEAL_MISSING"
    VEHICLE_SEAL_ELSEWHERE = "VEHICLE_SEAL_ELSEWHERE"
    VEHICLE_SEAL_STALE = "VEHICLE_SEAL_STALE"
    VEHICLE_SEAL_DIFFERS = "VEHICLE_SEAL_DIFFERS"
    VEHICLE_SEAL_NOT_INSERTED = "VEHICLE_SEAL_NOT_INSERTED"
    VEHICLE_SEAL_NOT_LOCKED = "VEHICLE_SEAL_NOT_LOCKED"
    VEHICLE_SEAL_TAMPERED = "VEHICLE_SEAL_TAMPERED"
    VEHICLE_SEAL_FAULTY = "VEHICLE_SEAL_FAULTY"
    VEHICLE_SEAL_LOW_BATTERY = "VEHICLE_SEAL_LOW_BATTERY"
    SEAL_FORGED = "SEAL_FORGED"
    DEVICE_LOST = "DEVICE_LOST"
    CLOCK_WRONG = "CLOCK_WRONG"
    STORE_FULL = "STORE_FULL"


@dataclass(frozen=True, slots=True)
class ReasonText:
    """What happened, and what the person in front of it does now; both are message ids of the catalogue."""

    title: str
    action: str


REASONS: Final[dict[Reason, ReasonText]] = {
    Reason.NO_ORDER: ReasonText("No transport order", "Ask the driver for the order number and have the depot transmit it."),
    Reason.ORDER_AMBIGUOUS: ReasonText("Several orders fit", "Ask the driver which order is carried and compare the box number."),
    Reason.ORDER_TOO_EARLY: ReasonText("Order not valid yet", "Compare the departure time; let the truck wait or call the depot."),
    Reason.ORDER_EXPIRED: ReasonText("Order out of date", "Have the depot transmit a new order before the truck leaves."),
    Reason.ORDER_CANCELLED: ReasonText("Order withdrawn", "Hold the truck: the order was withdrawn. Call the depot."),
    Reason.ORDER_CLOSED: ReasonText("Order closed", "Have the depot transmit a new order: this one has ended."),
    Reason.ORDER_USED: ReasonText("Order used already", "Ask which vehicle left on this order; have the depot transmit a new one."),
    Reason.ORDER_WRONG_DIRECTION: ReasonText(
        "Wrong direction", "Compare origin and destination with the lane; send the truck to the other side."
    ),
    Reason.ORDER_WRONG_PLACE: ReasonText(
        "Order of another terminal", "Compare origin and destination of the order; call the depot."
    ),
    Reason.ORDERS_STALE: ReasonText(
        "Orders not up to date", "The link to the platform is down: ask the platform for the order by telephone."
    ),
    Reason.INSPECTION_NOT_DONE: ReasonText("Inspection not done", "Hold the truck and send it to the inspection station (X-ray)."),
    Reason.BOX_UNREAD: ReasonText("Box number not read", "Read the number on the doors and compare it with the order."),
    Reason.BOX_UNSURE: ReasonText("Box number not certain", "Compare the marked characters with the picture and the doors."),
    Reason.BOX_ONE_OFF: ReasonText(
        "Box number differs by one character", "Compare the marked character with the doors: a misread, or a slip in the order."
    ),
    Reason.BOX_DIFFERS: ReasonText("Another box", "Hold the truck: the box is not the one in the order. Call Customs."),
    Reason.BOX_UNEXPECTED: ReasonText("Box not in the order", "Hold the truck: the order names no box. Call the depot."),
    Reason.BOX_SWAPPED: ReasonText("Another truck's box", "Hold the truck: its own order names another box. Call the depot."),
    Reason.SIZE_DIFFERS: ReasonText("Box size differs", "Compare the length of the box with the order; call the depot."),
    Reason.PLATE_UNREAD: ReasonText("Plate not read", "Read the tractor's plate and compare it with the order."),
    Reason.PLATE_UNSURE: ReasonText("Plate not certain", "Compare the marked characters of the plate with the tractor."),
    Reason.PLATE_DIFFERS: ReasonText("Another vehicle", "Compare the tractor's plate with the order; call the haulier."),
    Reason.PASS_UNREAD: ReasonText("Port pass not read", "Ask the driver to present the port pass again."),
    Reason.PASS_UNKNOWN: ReasonText("Port pass unknown", "Check the driver's identity and the pass at the counter."),
    Reason.PASS_DIFFERS: ReasonText("Another driver", "Check the driver's licence against the order."),
    Reason.PASS_EXPIRED: ReasonText("Port pass expired", "Check the driver's identity; the pass must be renewed."),
    Reason.E_SEAL_UNREAD: ReasonText("E-seal not read", "Look for the e-seal on the doors and read it with the hand reader."),
    Reason.E_SEAL_DIFFERS: ReasonText("Another e-seal", "Hold the truck: the e-seal is not the one in the order. Call Customs."),
    Reason.SEAL_NOT_ON_ORDER: ReasonText(
        "Seal missing from the order", "Look which seal is on the doors; have the depot transmit the order with its number."
    ),
    Reason.VEHICLE_SEAL_MISSING: ReasonText(
        "Vehicle seal not heard", "Check that the vehicle seal is on the doors and switched on."
    ),
    Reason.VEHICLE_SEAL_ELSEWHERE: ReasonText(
        "Seal in another lane", "Look whether the seal is on this box: it is heard in another lane."
    ),
    Reason.VEHICLE_SEAL_STALE: ReasonText(
        "Seal no longer heard", "Check that the vehicle seal is on the doors and still switched on."
    ),
    Reason.VEHICLE_SEAL_DIFFERS: ReasonText(
        "Another vehicle seal", "Hold the truck: the seal is not the one in the order. Call Customs."
    ),
    Reason.VEHICLE_SEAL_NOT_INSERTED: ReasonText("Seal not inserted", "Ask the driver to insert the vehicle seal."),
    Reason.VEHICLE_SEAL_NOT_LOCKED: ReasonText("Seal inserted, not locked", "Ask the driver to pull the plug and insert it again."),
    Reason.VEHICLE_SEAL_TAMPERED: ReasonText("Seal tampered with", "Hold the truck and call Customs: the seal reports tampering."),
    Reason.VEHICLE_SEAL_FAULTY: ReasonText("Seal out of order", "Replace the vehicle seal before the truck leaves."),
    Reason.VEHICLE_SEAL_LOW_BATTERY: ReasonText(
        "Seal battery low", "Replace the vehicle seal before the truck leaves: its battery may not last."
    ),
    Reason.SEAL_FORGED: ReasonText("False seal signal", "Hold the truck and call Customs: a seal signal here is forged."),
    Reason.DEVICE_LOST: ReasonText("Lane device out of order", "Check the sealing by hand and report the device."),
    Reason.CLOCK_WRONG: ReasonText(
        "Gate clock wrong", "Compare the departure time with your own watch and call the site engineer."
    ),
    Reason.STORE_FULL: ReasonText("Gate store full", "Keep the lane closed and call the site engineer."),
}
