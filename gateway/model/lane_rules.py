"""The rules of one lane: how long it waits and what it asks for. Part of the lane file and of every passage's record."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.model.policy import Policy, shipped_policy


class Direction(StrEnum):
    IN = "in"
    OUT = "out"

    @property
    def opposite(self) -> "Direction":
        return Direction.OUT if self is Direction.IN else Direction.IN


class Profile(StrEnum):
    TRUCK = "truck"
    CRANE = "crane"  # a quay crane (橋式機): its passages are single boxes, without vehicle and driver


class OpenedBy(StrEnum):
    LOOP = "loop"
    CAMERA = "camera"


class Waivable(StrEnum):
    """What a lane may do without while the device is out of order that reads it: the subjects of its checks."""

    PLATE = "plate"
    PASS = "pass"
    PASSIVE_SEAL = "passive_seal"
    VEHICLE_SEAL = "vehicle_seal"


class LaneRules(BaseModel):
    """Times are seconds. Kept on the passage's record, so that a replay decides by the rules of that day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    direction: Direction = Field(Direction.OUT, description="Whether trucks leave (out) or enter (in) through this lane")
    profile: Profile = Field(
        Profile.TRUCK, description="What passes: trucks, or (crane) boxes on a quay crane, which have neither plate nor port pass"
    )
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
    green_s: float = Field(
        60.0, gt=0, le=3600, description="How long a vehicle may take to leave on green; then it is red again, for a person to see"
    )
    read_under_green: bool = Field(
        True, description="Whether the cameras read on while the light is green, to see a second vehicle that follows without a gap"
    )
    stuck_s: float = Field(
        300.0,
        gt=0,
        le=86400,
        description="How long a loop may be occupied with nothing read or heard at all before it is taken for stuck",
    )
    lookback_s: float = Field(
        5.0, ge=0, le=60, description="How far back evidence counts that came just before the vehicle was noticed"
    )
    late_s: float = Field(
        5.0,
        ge=0,
        le=60,
        description="How long after a vehicle has left its record still takes what cameras saw of it: reading takes a moment",
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
    require_size: bool = Field(False, description="Whether a box that is plainly longer or shorter than the order's is referred")
    places: tuple[str, ...] = Field(
        (), description="Codes of the place where the lane stands, as orders name it; none: not checked"
    )
    inspection_places: tuple[str, ...] = Field(
        (), description="Codes of inspection stations: a box that must be inspected may go there"
    )
    again_s: float = Field(
        120.0, ge=0, le=3600, description="An order that this lane let pass so shortly before is the same vehicle's still"
    )
    orders_age_h: float = Field(
        72.0, gt=0, le=8760, description="How long the platform may have been silent before its orders are too old to rely on"
    )
    clock_limit_s: float = Field(
        60.0, gt=0, le=86400, description="By how much the gate's clock may be wrong before times are no longer relied on"
    )
    seal_fresh_s: float = Field(
        10.0, gt=0, le=600, description="How old the last frame of a vehicle seal may be when the lane decides"
    )
    without: Mapping[str, tuple[Waivable, ...]] = Field(
        default_factory=dict, description="By device: what the lane may do without while that device is out of order"
    )
    policy: Policy = Field(
        default_factory=shipped_policy, description="Which orders need which seal, where this lane has a policy of its own"
    )
    order_support: float = Field(
        0.02,
        ge=0,
        le=1,
        description="How likely the pictures alone must make a reading before the order may confirm it",
    )
    seal_rssi_dbm: float = Field(-75.0, ge=-120, le=0, description="Vehicle seals heard more weakly than this are not in this lane")

    @model_validator(mode="before")
    @classmethod
    def _a_crane_asks_for_no_vehicle(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and given.get("profile") == Profile.CRANE:
            return {"require_plate": False, "require_pass": False, **given}
        return given

    @model_validator(mode="after")
    def _a_crane_has_no_vehicle(self) -> "LaneRules":
        if self.profile is Profile.CRANE and (self.require_plate or self.require_pass):
            raise ValueError("a crane's boxes have neither plate nor port pass: require_plate and require_pass are false there")
        return self
