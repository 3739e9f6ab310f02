"""How much room the store has left: ok, nearly full, full."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.store.connection import NO_ROOM_BYTES

MIB = 1 << 20


class SpaceState(StrEnum):
    OK = "ok"
    NEARLY_FULL = "nearly_full"
    FULL = "full"


class StoreSettings(BaseModel):
    """How full the disk that holds the store may become, in MiB, and how long what lies there is kept, in days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nearly_full_below_mib: int = Field(2048, ge=0, description="Below this much free space the gate asks for room on the disk")
    full_below_mib: int = Field(
        256, ge=0, description="Below this much free space no pictures are kept: what is left is for the records"
    )

    keep_pictures_days: int = Field(
        90, ge=1, description="How long pictures stay on this gate after they were taken; those that the platform has not got stay"
    )
    pictures_at_most_mib: int = Field(
        100 * 1024, ge=1, description="How much room pictures may take; beyond it the oldest that the platform has got go"
    )
    keep_records_days: int = Field(
        400,
        ge=1,
        description="How long passages and their confirmations stay on this gate; those that the platform has not got stay",
    )

    @model_validator(mode="after")
    def _in_order(self) -> "StoreSettings":
        if self.full_below_mib > self.nearly_full_below_mib:
            raise ValueError("full_below_mib must not be more than nearly_full_below_mib")
        return self

    def state(self, free: int) -> SpaceState:
        """The state for `free` bytes."""
        if free < max(self.full_below_mib * MIB, NO_ROOM_BYTES):
            return SpaceState.FULL
        return SpaceState.NEARLY_FULL if free < self.nearly_full_below_mib * MIB else SpaceState.OK


class Space(BaseModel):
    """What is left now. `full` also while the last write was refused for want of space."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: SpaceState
    free_bytes: int
