"""What people call the states and events of orders: message ids of the catalogue."""

from typing import Final

from gateway.look.i18n import _
from gateway.platform.orders.life import Kind, Stage, Standing

STAGES: Final[dict[Stage, str]] = {
    Stage.ISSUED: _("Issued"),
    Stage.SEALED: _("Sealed"),
    Stage.DEPARTED: _("Departed"),
    Stage.IN_TRANSIT: _("In transit"),
    Stage.ARRIVED: _("Arrived"),
    Stage.UNSEALED: _("Unsealed"),
    Stage.CLOSED: _("Closed"),
    Stage.CANCELLED: _("Cancelled"),
}
STANDINGS: Final[dict[Standing, str]] = {
    Standing.DONE: _("done"),
    Standing.NOW: _("now"),
    Standing.TO_COME: _("to come"),
    Standing.UNRECORDED: _("not on record"),
    Standing.NOT_ASKED: _("not asked for"),
}
KINDS: Final[dict[Kind, str]] = {
    Kind.ISSUED: _("Order message received"),
    Kind.CANCELLED: _("Cancelled"),
    Kind.SEALED: _("Sealing confirmed"),
    Kind.PASSED: _("Passed a lane; its record does not say which way"),
    Kind.DEPARTED: _("Left through a lane"),
    Kind.ARRIVED: _("Came in through a lane"),
    Kind.UNSEALED: _("Unsealed"),
    Kind.CLOSED: _("Closed by Customs"),
}
