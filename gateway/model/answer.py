"""What the pictures of one passage say together: one answer per box and per plate, with the evidence behind it."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.observation import Position, Quad


class Alternative(BaseModel):
    """Another reading that the same pictures support, less strongly."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str
    probability: float = Field(ge=0, le=1)


class Sight(BaseModel):
    """Where a reading can be seen: the device, its whole frame, and the place in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str
    picture: str
    crop: str = ""
    box: Quad


class ContainerAnswer(BaseModel):
    """One box's number. `characters` holds one position per character of `number`, likeliest candidate first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str
    confidence: float = Field(ge=0, le=1)
    accepted: bool
    check_digit_valid: bool
    size_type: str | None
    characters: tuple[Position, ...]
    alternatives: tuple[Alternative, ...]
    sights: tuple[Sight, ...]  # best first
    reads: int = Field(ge=1, description="How many reads it rests on")


class PlateRole(StrEnum):
    TRACTOR = "tractor"
    TRAILER = "trailer"
    UNKNOWN = "unknown"


class PlateAnswer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str
    text: str
    role: PlateRole
    confidence: float = Field(ge=0, le=1)
    accepted: bool
    characters: tuple[Position, ...]
    alternatives: tuple[Alternative, ...]
    sights: tuple[Sight, ...]
    reads: int = Field(ge=1)


class Answer(BaseModel):
    """All that was read of one vehicle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    containers: tuple[ContainerAnswer, ...] = ()
    plates: tuple[PlateAnswer, ...] = ()

    def plate(self, role: PlateRole) -> PlateAnswer | None:
        return next((plate for plate in self.plates if plate.role is role), None)
