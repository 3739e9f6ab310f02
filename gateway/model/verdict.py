"""A verdict: pass, refer or stop, with reason codes, and for every check what was expected and what was seen."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from gateway.model.clock import UtcTime
from gateway.model.reasons import Reason


class Outcome(StrEnum):
    PASS = "PASS"
    REFER = "REFER"
    STOP = "STOP"


class Subject(StrEnum):
    """What a check is about."""

    ORDER = "order"
    DEPARTURE = "departure"
    CONTAINER = "container"
    SIZE_TYPE = "size_type"
    PLATE = "plate"
    PASS = "pass"
    PASSIVE_SEAL = "passive_seal"
    VEHICLE_SEAL = "vehicle_seal"
    SEAL = "seal"  # of a kind that no device reads
    REQUIRED_SEALS = "required_seals"  # the kinds that the policy asks for, beside those that the order names
    STANDING = "standing"  # whether the order may still be used
    PLACE = "place"  # whether the order leads through this gate, this way
    INSPECTION = "inspection"
    ORDERS = "orders"  # how old what the gate knows of orders is
    DEVICE = "device"
    CLOCK = "clock"  # the times of this record


class CheckResult(StrEnum):
    OK = "ok"
    DIFFERS = "differs"
    MISSING = "missing"
    UNSURE = "unsure"
    NOTED = "noted"  # seen and kept on the record, decides nothing


class Check(BaseModel):
    """One comparison. `source` names what it rests on: devices, frames, or the register."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: Subject
    expected: str
    seen: str
    source: str
    result: CheckResult
    order: str = ""  # order number, where the check belongs to one of several
    reason: Reason | None = None


class Verdict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Outcome
    reasons: tuple[Reason, ...]
    checks: tuple[Check, ...]
    orders: tuple[str, ...]  # order numbers that this passage fulfils; two for two 20-foot boxes
    decided_at: UtcTime

    @property
    def gist(self) -> tuple[Outcome, tuple[Reason, ...], tuple[str, ...]]:
        """What must stand still before a verdict is acted on: the outcome, its reasons and its orders."""
        return self.outcome, self.reasons, self.orders
