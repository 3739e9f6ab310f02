"""What a screen shows of one lane and of the site: frozen snapshots, made by whoever runs the lanes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.look.marks import Mark
from gateway.model.clock import UtcTime
from gateway.model.passage import Passage
from gateway.model.transport_order import TransportOrder
from gateway.seal_reader.alarms import SealAlarm
from gateway.store.space import SpaceState

LightColour = Literal["green", "amber", "red", "off"]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LaneView(_View):
    """One lane now. `passage` may be undecided and its answer partial while the lane reads."""

    lane: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    title_zh: str
    title_en: str
    mark: Mark
    light: LightColour = Field(description="The light at the lane, as commanded")
    passage: Passage | None = None
    orders: tuple[TransportOrder, ...] = Field((), description="Named by the verdict, or being considered")
    lost_devices: tuple[str, ...] = ()
    seal_alarms: tuple[SealAlarm, ...] = Field((), description="Somebody sends what no seal of ours sent, and not long ago")
    attended_by: str = Field("", description="Who at the platform attends to this passage")
    updated_at: UtcTime


class SiteView(_View):
    """The site around its lanes. Times rather than ages, so that a page can go on counting by itself."""

    title_zh: str
    title_en: str
    lanes: tuple[str, ...] = Field(description="Lanes in the order in which they are shown")
    platform_up: bool
    platform_since: UtcTime | None = Field(None, description="Since when the platform has been reachable, or not")
    outbox_waiting: int = Field(0, ge=0, description="Confirmations that the platform has not acknowledged yet")
    orders_at: UtcTime | None = Field(None, description="When the platform last answered for orders; None if it never did")
    store_state: SpaceState = SpaceState.OK
    store_detail: str = Field("", description="Why the store cannot even say how much room is left")
    damaged_databases: tuple[str, ...] = Field((), description="Set aside, and not yet taken away by a person")
    clock_offset_s: float | None = Field(None, description="How far the gate's clock is ahead, seconds; None while unknown")
    clock_reference: str = Field("", description="Against whose clock: `platform` or `NTP`; of several the one that differs most")
    clock_limit_s: float = Field(1.0, gt=0, description="An offset of more than this is shown")
    version: str
    updated_at: UtcTime
