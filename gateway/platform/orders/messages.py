"""What the platform says about orders."""

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.clock import UtcTime
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome


class OrderConfirmation(BaseModel):
    """A lane's verdict on an order. The whole record is at `/api/confirmations/{gate}/{sequence}`."""

    model_config = ConfigDict(frozen=True)

    gate: str
    sequence: int
    lane: str
    lane_title: str
    outcome: Outcome
    decided_at: UtcTime


class OrderState(BaseModel):
    """An order in its latest version, and what the lanes made of it, oldest first."""

    model_config = ConfigDict(frozen=True)

    cursor: int
    order: TransportOrder
    received_at: UtcTime = Field(description="When this version arrived")
    versions: int = Field(ge=1, description="How many messages have borne this order number")
    confirmed: bool = Field(description="Whether a lane has let it pass")
    confirmations: tuple[OrderConfirmation, ...]


class OrderPage(BaseModel):
    """Orders in the order of their cursors. `cursor` is what to ask with next; `more`: further ones are there now."""

    model_config = ConfigDict(frozen=True)

    items: tuple[OrderState, ...]
    cursor: int = Field(ge=0)
    more: bool
