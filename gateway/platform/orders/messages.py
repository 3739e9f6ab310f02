"""What the platform says about orders."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.clock import UtcTime
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome
from gateway.model.wire import FieldProblem


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


class BatchItem(BaseModel):
    """What became of one message of a batch; `index` is its place, from 0. `errors` say why it was refused."""

    model_config = ConfigDict(frozen=True)

    index: int = Field(ge=0)
    message_id: str | None = Field(description="As far as it could be read")
    order_number: str | None = Field(description="As far as it could be read")
    status: Literal["stored", "repeated", "refused"]
    cursor: int | None = None
    detail: str = ""
    errors: tuple[FieldProblem, ...] = ()
    warnings: tuple[FieldProblem, ...] = ()


class BatchReceipt(BaseModel):
    """One item for each message, in their order. What was refused kept nothing else out."""

    model_config = ConfigDict(frozen=True)

    stored: int = Field(ge=0)
    repeated: int = Field(ge=0)
    refused: int = Field(ge=0)
    items: tuple[BatchItem, ...]


class OrderPage(BaseModel):
    """Orders in the order of their cursors. `cursor` is what to ask with next; `more`: further ones are there now."""

    model_config = ConfigDict(frozen=True)

    items: tuple[OrderState, ...]
    cursor: int = Field(ge=0)
    more: bool
