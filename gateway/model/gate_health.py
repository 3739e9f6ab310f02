"""What a gate says of its own health: once a minute, and at once when something else than its counts changes."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.wire import Name

MOST_LANES: Final = 64
MOST_DEVICES: Final = 200
DeviceName = Annotated[str, Field(min_length=1, max_length=64)]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LaneHealth(_Message):
    """One lane: the devices that have said whether they work, cameras among them, and those that are lost."""

    lane: Name
    title: str = Field("", max_length=100)
    devices: tuple[DeviceName, ...] = Field((), max_length=MOST_DEVICES)
    lost: tuple[DeviceName, ...] = Field((), max_length=MOST_DEVICES)


class HealthReport(_Message):
    """A gate's health. `clock_offset_s`: by how much its clock is ahead, seconds, where anything tells it."""

    version: str = Field(max_length=40)
    outbox_waiting: int = Field(ge=0, description="Confirmations that the platform has not acknowledged yet")
    clock_offset_s: float | None = Field(None, allow_inf_nan=False)
    clock_limit_s: float = Field(gt=0, allow_inf_nan=False, description="Beyond this the gate says that its clock is off")
    store: Literal["ok", "nearly_full", "full"] = "ok"
    lanes: tuple[LaneHealth, ...] = Field((), max_length=MOST_LANES)
