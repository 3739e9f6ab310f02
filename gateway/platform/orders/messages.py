"""What the platform says about orders."""

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.clock import UtcTime
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome
from gateway.model.wire import FieldProblem, OrderStandingEntry
from gateway.platform.orders.instruction import Instruction, MessageId, Upper
from gateway.platform.orders.life import Kind, Life, Stage, Standing


class OrderConfirmation(BaseModel):
    """A lane's verdict on an order. The whole record is at `/api/confirmations/{gate}/{sequence}`."""

    model_config = ConfigDict(frozen=True)

    gate: str
    sequence: int
    lane: str
    lane_title: str
    outcome: Outcome
    decided_at: UtcTime


class OrderCancellation(BaseModel):
    """An order is withdrawn. Our own proposal: R12 has no such message."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    message_id: MessageId = Field(description="BAN(8) + YYYYMMDD + serial(4), as of an order's message")
    order_number: Annotated[str, Upper] = Field(min_length=1, max_length=20, description="The order that the path names")
    reason: str = Field(min_length=1, max_length=200, description="Why, for people")


class KeptCancellation(BaseModel):
    """What cancelled an order."""

    model_config = ConfigDict(frozen=True)

    message_id: str
    order_number: str
    reason: str
    received_at: UtcTime


class CancellationReceipt(BaseModel):
    """The order is cancelled, and the gates are told."""

    model_config = ConfigDict(frozen=True)

    order_number: str
    message_id: str
    repeated: bool


class KeptInstruction(BaseModel):
    """An instruction as it came. `replaced_by`: the message that stands in its place; it holds no longer."""

    model_config = ConfigDict(frozen=True)

    received_at: UtcTime
    replaced_by: str | None
    instruction: Instruction


class OrderInstructions(BaseModel):
    """What was instructed of an order's box and declarations, oldest first."""

    model_config = ConfigDict(frozen=True)

    items: tuple[KeptInstruction, ...]


class InstructionReceipt(BaseModel):
    """`orders`: the open orders here that it is about; those that come within 30 days follow it, too."""

    model_config = ConfigDict(frozen=True)

    message_id: str
    repeated: bool
    orders: tuple[str, ...]
    warnings: tuple[FieldProblem, ...] = ()


class OrderState(BaseModel):
    """An order in its latest version, and what the lanes made of it, oldest first."""

    model_config = ConfigDict(frozen=True)

    cursor: int
    order: TransportOrder
    received_at: UtcTime = Field(description="When this version arrived")
    versions: int = Field(ge=1, description="How many messages have borne this order number")
    confirmed: bool = Field(description="Whether a lane has let it pass")
    state: Stage = Field(description="How far it has come; `in_transit` begins with its departure")
    late_s: int | None = Field(
        None, description="By how many seconds its first message came after its truck was seen leaving a gate"
    )
    confirmations: tuple[OrderConfirmation, ...]
    standing: OrderStandingEntry = Field(description="Whether it is open, and what other messages ask of it, as gates have it")
    cancellation: KeptCancellation | None = None


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
    """Orders in the order of their cursors. `cursor` is what to ask with next; `more`: further ones are there now.

    `similar`: no order is spelt as was asked for; these only look like it.
    """

    model_config = ConfigDict(frozen=True)

    items: tuple[OrderState, ...]
    cursor: int = Field(ge=0)
    more: bool
    similar: bool = False


class OrderEvent(BaseModel):
    """One thing that happened to an order, and the record that says so: `message/ID`, `passage/GATE/SEQUENCE` or `act/ID`."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    at: UtcTime
    who: str
    place: str
    record: str
    reason: str


class OrderStep(BaseModel):
    """One step of the way and how it stands; `at`: since when, where that is on record."""

    model_config = ConfigDict(frozen=True)

    stage: Stage
    standing: Standing
    at: UtcTime | None


class OrderLife(BaseModel):
    """How far an order has come, and all that is on record of it, in the order in which it happened."""

    model_config = ConfigDict(frozen=True)

    order_number: str
    state: Stage
    late_s: int | None
    steps: tuple[OrderStep, ...]
    events: tuple[OrderEvent, ...]

    @classmethod
    def of(cls, order_number: str, life: Life, late_s: int | None) -> "OrderLife":
        steps = tuple(OrderStep(stage=s.stage, standing=s.standing, at=s.event.at if s.event else None) for s in life.steps)
        events = tuple(OrderEvent(**asdict(event)) for event in life.events)
        return cls(order_number=order_number, state=life.state, late_s=late_s, steps=steps, events=events)
