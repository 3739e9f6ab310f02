"""Observations: everything that can influence a lane, as frozen values.

A lane sees the world only through these. A passage keeps the ones it used, in the order in which it used them, so that it
can be replayed exactly. Nothing reaches a verdict by another way: the orders found in the cache are an observation too.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from gateway.model.clock import UtcTime
from gateway.model.order_standing import OrderStanding
from gateway.model.transport_order import TransportOrder

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]  # corners clockwise from the text's own top left, pixels of the whole frame


class Candidate(BaseModel):
    """One character that a position may hold, and how likely the pictures make it (0 to 1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    character: str = Field(min_length=1, max_length=1)
    probability: float = Field(ge=0, le=1)


Position = tuple[Candidate, ...]  # most likely first; never empty


class Seen(BaseModel):
    """Base of all observations: which device, and when (event time, UTC)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str
    at: UtcTime


class Presence(Seen):
    """A loop, a light curtain or the camera itself says that a vehicle is there, or is gone."""

    kind: Literal["presence"] = "presence"
    occupied: bool


class TextRead(Seen):
    """What a container read and a plate read share. `number` has no separators; `accepted` is the reader's promise."""

    number: str
    confidence: float = Field(ge=0, le=1)
    accepted: bool
    characters: tuple[Position, ...]
    box: Quad
    frame_size: tuple[int, int]  # width, height of the whole frame, pixels
    picture: str = ""  # SHA-256 of the whole frame's JPEG; empty where no picture was kept
    crop: str = ""  # SHA-256 of the crop's JPEG


class ContainerRead(TextRead):
    kind: Literal["container_read"] = "container_read"
    check_digit_valid: bool
    check_digit_seen: bool = True
    size_type: str | None = None


class PlateRead(TextRead):
    kind: Literal["plate_read"] = "plate_read"
    text: str


class View(Seen):
    """A whole frame kept for the record (for instance the rear doors), whether or not anything was read in it."""

    kind: Literal["view"] = "view"
    picture: str
    frame_size: tuple[int, int]


class PassRead(Seen):
    """A port pass was read. The holder is what the register says of it; None when the register does not know the pass."""

    kind: Literal["pass_read"] = "pass_read"
    technology: str
    uid: str
    rssi: float | None = None  # dBm
    holder: str | None = None
    driving_licence: str | None = None
    valid_until: UtcTime | None = None  # None: the register says no end


class PassiveSealRead(Seen):
    """A passive e-seal's chip was read. `number` is the printed number from the register, None when the chip is unknown."""

    kind: Literal["passive_seal_read"] = "passive_seal_read"
    epc: str
    rssi: float | None = None  # dBm
    number: str | None = None


class VehicleSealHeard(Seen):
    """An authentic, fresh status frame of a BLE vehicle seal. Plug inserted and motor locked are separate states."""

    kind: Literal["vehicle_seal_heard"] = "vehicle_seal_heard"
    number: str
    rssi: float  # dBm
    elsewhere_rssi: float | None = None  # dBm: how strongly receivers of other lanes have just heard it; None: not at all
    inserted: bool
    locked: bool
    task_active: bool = False
    shell_opened: bool = False
    cable_cut: bool = False
    opened_while_sealed: bool = False
    motor_stuck: bool = False
    low_battery: bool = False
    wrong_credential: bool = False
    battery_percent: int = Field(ge=0, le=100)
    counter: int = Field(ge=0)

    @property
    def tampered(self) -> bool:
        return self.shell_opened or self.cable_cut or self.opened_while_sealed


class SealRejected(Seen):
    """A frame that claims to be a seal's but is forged, replayed or broken. Counted and alarmed, never used."""

    kind: Literal["seal_rejected"] = "seal_rejected"
    address: str
    number: str | None = None
    why: Literal["unknown", "forged", "replayed", "malformed"]


CLOCK: Final = "clock"  # the gate's own clock as a device: its ticks, and whether it is right


LAMPS: Final = "lamps"  # the lane's own lights as a device: told only when a green does not show, or may not


class DeviceState(Seen):
    """A device of this lane was lost, or is back."""

    kind: Literal["device_state"] = "device_state"
    working: bool
    detail: str = ""
    offset_s: float | None = None  # of the clock alone: by how much it is ahead of what it was compared with


class OrdersFound(Seen):
    """What the gate's order cache holds for what the lane has read so far. `device` is `orders`."""

    kind: Literal["orders_found"] = "orders_found"
    orders: tuple[TransportOrder, ...]
    standings: tuple[OrderStanding, ...] = ()  # of those orders of which more is known than their message says
    cache_age_s: float | None = None  # since the last answer of the platform; None if there never was one


class Correction(BaseModel):
    """What a person read where the machine had read something else, or nothing (`read` empty). Numbers without separators."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: Literal["container", "plate"]
    read: str = Field(max_length=17)
    corrected: str = Field(min_length=1, max_length=17)
    picture: str = ""  # SHA-256 of the frame that the person looked at


class Ruling(Seen):
    """What an identified person decided on a passage that waits for one. Used once, and not after `expires_at`.

    `device` is where it was given: `desk` (at the gate) or `platform`. An approval lets this one vehicle go and waives what the
    lane found missing; it says why. A refusal keeps it.
    """

    kind: Literal["ruling"] = "ruling"
    passage_id: str
    approved: bool
    person: str = Field(min_length=1, max_length=64)  # the identity that was proven
    proof: Literal["pin", "badge", "account"]
    may_release_stopped: bool = False  # whether this person's rights reach to what the lane stopped
    reason: str = Field(min_length=1, max_length=500)
    order: str = ""  # the order that the person picked, where several or none fitted
    corrections: tuple[Correction, ...] = ()
    expires_at: UtcTime


class ManualOpening(Seen):
    """Somebody opened the barrier without the lane: by the key switch, or by an app. `person` empty: nobody knows who."""

    kind: Literal["manual_opening"] = "manual_opening"
    person: str = Field(default="", max_length=64)


class Tick(Seen):
    """Time passed. Only ticks that changed something are kept on a passage. `device` is `clock`."""

    kind: Literal["tick"] = "tick"


Observation = Annotated[
    Presence
    | ContainerRead
    | PlateRead
    | View
    | PassRead
    | PassiveSealRead
    | VehicleSealHeard
    | SealRejected
    | DeviceState
    | OrdersFound
    | Ruling
    | ManualOpening
    | Tick,
    Field(discriminator="kind"),
]

OBSERVATION: TypeAdapter[Observation] = TypeAdapter(Observation)
