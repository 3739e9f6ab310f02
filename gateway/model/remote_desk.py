"""The messages by which a person at the platform decides on a lane from afar.

A gate reports what waits for a person in its lanes, in full and again and again; the answer brings what people decided on it. A
ruling is brought until the gate has said what its lane made of it. Nothing of this is stored as evidence: the gate's own record of
the ruling is, which comes as a confirmation.
"""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.clock import UtcTime
from gateway.model.observation import Correction
from gateway.model.verdict import Outcome
from gateway.model.wire import Name

MOST_LANES: Final = 64
PassageId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
RulingId = Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WaitingLane(_Message):
    """A lane in which a vehicle waits for a person, since when by the gate's clock, and what the lane had decided."""

    lane: Name
    passage_id: PassageId
    since: UtcTime
    outcome: Outcome


class Attended(_Message):
    """Who at the platform has taken a passage upon himself."""

    passage_id: PassageId
    person: str = Field(max_length=64)


class RulingAnswered(_Message):
    """What a lane made of a ruling: `taken`, or why it did not take it (`gateway.lane.rulings.RulingAnswer`)."""

    ruling_id: RulingId
    answer: str = Field(pattern=r"^[a-z_]{1,30}$")


class DeskReport(_Message):
    """What a gate tells: everything that waits now, what became of rulings, and of which attendants it knows."""

    waiting: tuple[WaitingLane, ...] = Field(max_length=MOST_LANES)
    answered: tuple[RulingAnswered, ...] = Field((), max_length=MOST_LANES)
    attended: tuple[Attended, ...] = Field((), max_length=MOST_LANES)


class RemoteRuling(_Message):
    """What a person at the platform decided. It may be carried out for `valid_s` seconds from its arrival, once."""

    ruling_id: RulingId
    lane: Name
    passage_id: PassageId
    approved: bool
    person: str = Field(min_length=1, max_length=64)
    may_release_stopped: bool = False
    reason: str = Field(min_length=1, max_length=500)
    order: str = Field("", max_length=20)
    corrections: tuple[Correction, ...] = Field((), max_length=10)
    valid_s: float = Field(gt=0, le=120)


class DeskNews(_Message):
    """What a gate is told: rulings that it has not answered yet, and who attends to what waits at it."""

    rulings: tuple[RemoteRuling, ...] = ()
    attended: tuple[Attended, ...] = ()
