"""What the platform says about webhooks, and to them."""

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.clock import UtcTime
from gateway.model.verdict import Outcome

MOST_URL: Final = 500  # characters


class Kind(StrEnum):
    """What an event is about."""

    ORDER = "order"
    CONFIRMATION = "confirmation"
    PING = "ping"


Url = Annotated[
    str,
    Field(
        max_length=MOST_URL,
        pattern=r"^https?://[!-~]+$",
        description="Where events are sent: https, on the public internet or a network that the operator has opened",
    ),
]
Kinds = Annotated[tuple[Literal["order", "confirmation"], ...], Field(min_length=1, max_length=2, description="What to tell of")]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewWebhook(_Message):
    url: Url
    kinds: Kinds


class WebhookChange(_Message):
    """What is absent stays as it is. `active` true also begins anew with a webhook that was given up."""

    url: Url | None = None
    kinds: Kinds | None = None
    active: bool | None = None


class Webhook(_Message):
    """Whom to tell of what. `note` says why the platform has given it up."""

    id: str
    firm: str | None = Field(description="BAN of the firm whose events alone it gets; null: everybody's")
    url: str
    kinds: tuple[str, ...]
    active: bool
    note: str
    created_at: UtcTime


class CreatedWebhook(Webhook):
    secret: str = Field(description="Signs what is sent (`whsec_…`); shown this once")


class NewSecret(_Message):
    """In place of the one before, which signs beside it for some time: `webhook-signature` bears one signature of each."""

    secret: str = Field(description="Signs what is sent from now on (`whsec_…`); shown this once")
    old_until: UtcTime = Field(description="When the one before signs no more, and is forgotten")


class WebhookList(_Message):
    items: tuple[Webhook, ...]


class Delivery(_Message):
    """One event for a webhook, and what became of it."""

    cursor: int = Field(ge=1)
    event_id: str = Field(description="`webhook-id` of the message, the same however often it is sent")
    kind: Kind
    at: UtcTime
    attempts: int = Field(ge=0)
    last_status: int | None = Field(description="What the receiver answered last; null: nothing")
    last_error: str = Field(description="Why the last attempt failed; empty where it did not")
    delivered_at: UtcTime | None


class DeliveryPage(_Message):
    """Deliveries in the order of their cursors. `cursor` is what to ask with next; `more`: further ones are there now."""

    items: tuple[Delivery, ...]
    cursor: int = Field(ge=0)
    more: bool


class OrderNews(_Message):
    """A new order, or a new version of one. The whole of it is at `/api/orders/{order_number}`."""

    order_number: str
    message_id: str
    cursor: int


class ConfirmationNews(_Message):
    """A lane's verdict, or a person's ruling on it. The whole of it is at `/api/confirmations/{gate}/{sequence}`."""

    gate: str
    sequence: int
    lane: str
    lane_title: str
    outcome: Outcome
    decided_at: UtcTime
    orders: tuple[str, ...] = Field(description="Orders that it names: of a firm's webhook, the firm's own")


class PingNews(_Message):
    """Nothing but a test."""

    webhook: str


class OrderEvent(_Message):
    type: Literal["order"] = "order"
    timestamp: UtcTime
    data: OrderNews


class ConfirmationEvent(_Message):
    type: Literal["confirmation"] = "confirmation"
    timestamp: UtcTime
    data: ConfirmationNews


class PingEvent(_Message):
    type: Literal["ping"] = "ping"
    timestamp: UtcTime
    data: PingNews


Event = OrderEvent | ConfirmationEvent | PingEvent
EVENTS: Final[dict[str, type[BaseModel]]] = {"order": OrderEvent, "confirmation": ConfirmationEvent, "ping": PingEvent}
NEW_WEBHOOK: Final[dict[str, Any]] = {"url": "https://depot.example/gateway-events", "kinds": ["order", "confirmation"]}
WEBHOOK_CHANGE: Final[dict[str, Any]] = {"kinds": ["confirmation"]}
