"""The platform's answers as far as a program needs them.

What a newer platform says besides is passed over. A test holds these models against the platform's own description.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from gateway.model.clock import UtcTime
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome
from gateway.model.wire import Confirmation, FieldProblem, Sha256


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class OrderReceipt(_Answer):
    """`repeated`: this very message was here before. `warnings`: odd, but not wrong."""

    order_number: str
    cursor: int
    repeated: bool
    warnings: tuple[FieldProblem, ...] = ()


class OrderConfirmation(_Answer):
    """A lane's verdict on an order."""

    gate: str
    sequence: int
    lane: str
    lane_title: str
    outcome: Outcome
    decided_at: UtcTime


class OrderState(_Answer):
    """An order in its latest version, how far it has come, and what the lanes made of it, oldest first."""

    cursor: int
    order: TransportOrder
    received_at: UtcTime
    versions: int
    state: str
    confirmed: bool
    confirmations: tuple[OrderConfirmation, ...]


class ConfirmationState(_Answer):
    """A confirmation as it came. `chain`: what its gate's evidence chain says of it."""

    cursor: int
    received_at: UtcTime
    confirmation: Confirmation
    missing_pictures: tuple[str, ...]
    chain: str


class RegistryReceipt(_Answer):
    """How many entries were new or changed, how many were there already, and the last cursor of those sent."""

    stored: int
    repeated: int
    cursor: int


class PictureReceipt(_Answer):
    """The picture is on the platform's disk."""

    sha256: Sha256


class OrderPage(_Answer):
    items: tuple[OrderState, ...]
    cursor: int
    more: bool


class ConfirmationPage(_Answer):
    items: tuple[ConfirmationState, ...]
    cursor: int
    more: bool


class Health(_Answer):
    status: Literal["ok"]
