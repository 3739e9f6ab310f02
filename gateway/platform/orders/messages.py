"""What the platform says about orders."""

from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.clock import UtcTime
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome
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
