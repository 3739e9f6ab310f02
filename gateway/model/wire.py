"""The messages between gate and platform. Both sides share these models and nothing else.

Feed (platform → gate): entries under one growing cursor. Confirmation (gate → platform): one per passage and gate
sequence number, sent until acknowledged, stored once.
"""

from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from gateway.model.answer import Answer
from gateway.model.clock import UtcTime
from gateway.model.lane_rules import Direction
from gateway.model.observation import ManualOpening, PassiveSealRead, PassRead, Ruling, VehicleSealHeard
from gateway.model.order_standing import MOST_CONDITIONS, MOST_NOTES, Inspection, Note, ReleaseCondition, State
from gateway.model.passage import orders_fulfilled, what_holds
from gateway.model.sealing import Sealing
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome, Verdict

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


# In place of a seal's number: the seal is no longer in the register. It is no seal number, so gates of any version forget it.
NO_NUMBER: Final = "-"


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OrderEntry(_Message):
    kind: Literal["order"] = "order"
    order: TransportOrder


class PortPassEntry(_Message):
    """Who holds a port pass. Compared after case folding."""

    kind: Literal["port_pass"] = "port_pass"
    technology: str = Field(min_length=1, max_length=20)
    uid: str = Field(min_length=1, max_length=64)
    holder: str = Field(min_length=1, max_length=30)
    driving_licence: str = Field(min_length=1, max_length=12)
    valid_until: UtcTime | None = Field(None, description="When the pass expires; without it, it does not")


class PassiveSealEntry(_Message):
    """A passive e-seal's chip id (暗碼, hex) and its printed number (明碼)."""

    kind: Literal["passive_seal"] = "passive_seal"
    epc: str = Field(pattern=r"^[0-9a-fA-F]{8,64}$")
    number: str = Field(min_length=1, max_length=17)


class VehicleSealEntry(_Message):
    """A vehicle seal's serial on the air and its number in orders."""

    kind: Literal["vehicle_seal"] = "vehicle_seal"
    serial: int = Field(ge=0, lt=1 << 32)
    number: str = Field(min_length=1, max_length=17)


class OrderStandingEntry(_Message):
    """What other messages say of an order: withdrawn or closed, to be inspected, notes of N5170 for its box, release conditions."""

    kind: Literal["order_standing"] = "order_standing"
    order_number: str = Field(min_length=1, max_length=20, pattern=r"^[A-Z0-9]+$")
    state: State = "open"
    inspection: Inspection = "none"
    notes: tuple[Note, ...] = Field((), max_length=MOST_NOTES)
    release_conditions: tuple[ReleaseCondition, ...] = Field((), max_length=MOST_CONDITIONS)


RegisterEntry = Annotated[PortPassEntry | PassiveSealEntry | VehicleSealEntry | OrderStandingEntry, Field(discriminator="kind")]
Entry = Annotated[
    OrderEntry | PortPassEntry | PassiveSealEntry | VehicleSealEntry | OrderStandingEntry, Field(discriminator="kind")
]
ENTRY_KINDS: Final = frozenset(str(one.model_fields["kind"].default) for one in get_args(get_args(Entry)[0]))
REGISTER_ENTRY: TypeAdapter[RegisterEntry] = TypeAdapter(RegisterEntry)


class FeedItem(_Message):
    cursor: int = Field(ge=1)
    entry: Entry


class FeedPage(_Message):
    """Items after the asked cursor, oldest first. `cursor` is what to ask with next; `more`: further ones are there now."""

    items: tuple[FeedItem, ...]
    cursor: int = Field(ge=0)
    more: bool
    server_time: UtcTime


class PictureRef(_Message):
    """A picture of the evidence. The JPEG travels by itself and is named by its SHA-256."""

    sha256: Sha256
    device: str
    at: UtcTime
    role: Literal["frame", "crop"]


class Confirmation(_Message):
    """What a lane decided on one passage, with its evidence: the record that the specialist would have made.

    A person's ruling on it, a green that the lane took back, and the barrier opened by hand, each come as a further confirmation of
    the same passage, under the gate's next number.
    """

    gate: Name
    sequence: int = Field(ge=1, description="Counts up by one for every confirmation of this gate")
    passage_id: str = Field(max_length=64)
    lane: Name
    lane_title: str = ""
    direction: Direction | None = Field(None, description="Whether the lane lets vehicles out or in; gateways of old do not say it")
    opened_at: UtcTime
    decided_at: UtcTime
    answer: Answer
    verdict: Verdict
    ruling: Ruling | None = None
    weighed: Verdict | None = Field(None, description="What the lane decides with the ruling's corrections and order")
    withdrawn: Verdict | None = Field(None, description="Why the lane took back its green while the vehicle was still there")
    sealing: Sealing | None = Field(
        None, description="The confirmation of sealing, where the lane or a person at it let a sealed box out"
    )
    passes: tuple[PassRead, ...]
    passive_seals: tuple[PassiveSealRead, ...]
    vehicle_seals: tuple[VehicleSealHeard, ...]
    manual_openings: tuple[ManualOpening, ...] = Field((), description="When the barrier was opened without the lane, and by whom")
    pictures: tuple[PictureRef, ...]

    @property
    def outcome(self) -> Outcome:
        """What holds of the passage by the time of this confirmation."""
        return what_holds(self.verdict, self.ruling, self.withdrawn)

    @property
    def orders(self) -> tuple[str, ...]:
        """The order numbers that the passage fulfils where it is let go."""
        return orders_fulfilled(self.verdict, self.ruling, self.weighed)


class ConfirmationReceipt(_Message):
    """The platform has committed the confirmation. `missing_pictures` are those it still wants."""

    gate: str
    sequence: int
    repeated: bool
    missing_pictures: tuple[Sha256, ...]


# Of a piece of a picture, as in the draft of resumable uploads (draft-ietf-httpbis-resumable-upload): where it begins, and how
# long the whole picture is, bytes.
OFFSET_FIELD: Final = "Upload-Offset"
LENGTH_FIELD: Final = "Upload-Length"


class PictureProgress(_Message):
    """How much of a picture the platform holds, in bytes: the gate goes on from there. All of it: it is stored."""

    sha256: Sha256
    received: int = Field(ge=0)


class FieldProblem(_Message):
    field: str
    message: str


class Problem(_Message):
    """RFC 9457 problem details, with the wrong fields named."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    errors: tuple[FieldProblem, ...] = ()


class OrderReceipt(_Message):
    order_number: str
    cursor: int
    repeated: bool
    warnings: tuple[FieldProblem, ...] = ()
