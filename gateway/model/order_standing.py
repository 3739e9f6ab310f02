"""What is known of an order beside its own message: R12 has no field for any of it, other messages and the gates say it."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.clock import UtcTime
from gateway.model.lane_rules import Direction

State = Literal["open", "cancelled", "closed"]  # withdrawn by whoever sent it; ended, the box has arrived
Inspection = Literal["none", "required", "done"]  # by X-ray (儀檢): message N5108 asks for it with EX
Note = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,2}$")]  # of a work instruction (N5170), an..2
ReleaseCondition = Annotated[str, Field(pattern=r"^[A-Z0-9]$")]  # of a release notice (N5116, N5204)
MOST_NOTES: Final = 36 + 36 * 36  # each at most once
MOST_CONDITIONS: Final = 36


class OrderUse(BaseModel):
    """A lane of this gate let a vehicle go on the order, by itself or on a person's ruling."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lane: str
    direction: Direction
    at: UtcTime
    passage_id: str


class OrderStanding(BaseModel):
    """How an order stands. `notes` are those of work instructions (N5170) for its box, `release_conditions` of release notices."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order_number: str
    state: State = "open"
    inspection: Inspection = "none"
    notes: tuple[Note, ...] = ()
    release_conditions: tuple[ReleaseCondition, ...] = ()
    uses: tuple[OrderUse, ...] = ()
