"""The rules of one lane: how long it waits and what it asks for. Part of the lane file and of every passage's record."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class OpenedBy(StrEnum):
    LOOP = "loop"
    CAMERA = "camera"


class LaneRules(BaseModel):
    """Times are seconds. Kept on the passage's record, so that a replay decides by the rules of that day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    direction: Direction = Field(Direction.OUT, description="Whether trucks leave (out) or enter (in) through this lane")
    opened_by: OpenedBy = Field(
        OpenedBy.LOOP, description="Whether a loop says that a vehicle is there, or the cameras do where there is none"
    )
    patience_s: float = Field(15.0, gt=0, le=600, description="How long a vehicle may stand before the lane decides on what it has")
    settle_s: float = Field(
        1.0, ge=0, le=30, description="How long evidence that would refer or stop may still be corrected by later reads"
    )
    empty_s: float = Field(
        3.0, ge=0, le=60, description="How long a vehicle without a box is looked at before the lane believes that it is empty"
    )
    quiet_s: float = Field(4.0, gt=0, le=120, description="Without a loop: how long nothing must be seen before the passage ends")
    lookback_s: float = Field(
        5.0, ge=0, le=60, description="How far back evidence counts that came just before the vehicle was noticed"
    )
    depart_before_h: float = Field(2.0, ge=0, le=168, description="How long before its departure time an order may be used")
    depart_after_h: float = Field(12.0, ge=0, le=168, description="How long after its departure time an order may be used")
    require_plate: bool = Field(True, description="Whether the tractor's plate must be read and fit the order")
    require_pass: bool = Field(True, description="Whether the driver's port pass must be read and fit the order")
    require_seals: bool = Field(True, description="Whether the e-seals and vehicle seals that the order names must be present")
    both_ends: bool = Field(
        False,
        description="Whether cameras read box numbers at both ends of a truck: a 20-foot box seen at one end may hide another",
    )
    order_support: float = Field(
        0.02,
        ge=0,
        le=1,
        description="How likely the pictures alone must make a reading before the order may confirm it",
    )
    seal_rssi_dbm: float = Field(-75.0, ge=-120, le=0, description="Vehicle seals heard more weakly than this are not in this lane")
