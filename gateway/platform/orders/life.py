"""The life of an order: what was recorded of it, and the state and the steps that follow from that. Pure.

    issued → sealed → departed → in transit → arrived → unsealed → closed          cancelled

The state follows from the *set* of events, put in order by when each of them happened, never by when it came here: a gate that was
cut off for a day tells of its passages late, and the order ends in the same state. So:

- Customs' closing is the last word, then the unsealing, then the lanes' last passage: out is under way, in is arrived. A vehicle
  that comes in to fetch its box and then leaves with it has departed; it has arrived when it comes in again.
- A cancellation holds where no lane has let the vehicle go. Where one has, the box is on the road whatever was said of its order:
  the state says so, and the cancellation stays among the events.

What a lane cannot tell: where the vehicle is between two gates (`in transit` begins with the departure, until vehicles are
followed); whether the place into which it came is the order's destination, unless the lane knows its own place and has held it
against the order; and the way through a lane whose gateway is so old that its records do not say it, which moves nothing here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.model.lane_rules import Direction
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import CheckResult, Outcome, Subject
from gateway.model.wire import Confirmation
from gateway.platform.orders.parties import sender

_PASSAGE: Final = "passage"


class Stage(StrEnum):
    """The steps in their order. An order's state is one of them, but never `departed`: who has departed is in transit."""

    ISSUED = "issued"
    SEALED = "sealed"
    DEPARTED = "departed"
    IN_TRANSIT = "in_transit"
    ARRIVED = "arrived"
    UNSEALED = "unsealed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


STATES: Final = tuple(stage for stage in Stage if stage is not Stage.DEPARTED)
WAY: Final = tuple(stage for stage in Stage if stage is not Stage.CANCELLED)


class Kind(StrEnum):
    """What an event is. Of two at the same moment the one that stands here first came first."""

    ISSUED = "issued"  # a message of the order: the first one issues it, each further one is a new version
    CANCELLED = "cancelled"
    SEALED = "sealed"  # a lane's confirmation of sealing
    PASSED = "passed"  # let go by a lane whose record does not say which way
    DEPARTED = "departed"
    ARRIVED = "arrived"
    UNSEALED = "unsealed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an order: when, who did or saw it, where, and the record that says so.

    `record`: `message/ID`, `passage/GATE/SEQUENCE` or `act/ID`. The same kind from the same record is the same event. `reason`: a
    person's own words, or what is known of the place.
    """

    kind: Kind
    at: datetime
    who: str
    place: str
    record: str
    reason: str = ""

    @property
    def passage(self) -> str:
        """The address of the passage that it comes from; empty where it comes from none."""
        return f"/passages/{self.record.removeprefix(_PASSAGE + '/')}" if self.record.startswith(_PASSAGE + "/") else ""

    @property
    def by_hand(self) -> bool:
        """Whether a person marked it on the order's page."""
        return self.record.startswith("act/")


class Standing(StrEnum):
    """How a step stands."""

    DONE = "done"
    NOW = "now"
    TO_COME = "to_come"
    UNRECORDED = "unrecorded"  # a later step is on record, this one is not
    NOT_ASKED = "not_asked"  # the order names no seal


@dataclass(frozen=True, slots=True)
class Step:
    """`event`: what made it, where that is on record."""

    stage: Stage
    standing: Standing
    event: Event | None


@dataclass(frozen=True, slots=True)
class Life:
    """`events`: all that is on record, in the order in which it happened."""

    state: Stage
    steps: tuple[Step, ...]
    events: tuple[Event, ...]


_MADE_BY: Final = {
    Stage.SEALED: Kind.SEALED,
    Stage.DEPARTED: Kind.DEPARTED,
    Stage.IN_TRANSIT: Kind.DEPARTED,
    Stage.ARRIVED: Kind.ARRIVED,
    Stage.UNSEALED: Kind.UNSEALED,
    Stage.CLOSED: Kind.CLOSED,
    Stage.CANCELLED: Kind.CANCELLED,
}
_KINDS: Final = tuple(Kind)


def _when(event: Event) -> tuple[datetime, int, str]:
    return event.at, _KINDS.index(event.kind), event.record


def life_of(events: Iterable[Event], names_seals: bool = True) -> Life:
    """Whatever order they come in, and however often. `names_seals`: whether the order names a seal."""
    history = tuple(sorted(set(events), key=_when))
    latest = {event.kind: event for event in history}
    state = _state(latest)
    found = {stage: latest.get(kind) for stage, kind in _MADE_BY.items()}
    found[Stage.ISSUED] = next((event for event in history if event.kind is Kind.ISSUED), None)
    way = (Stage.ISSUED, Stage.CANCELLED) if state is Stage.CANCELLED else WAY
    steps = tuple(_step(stage, way.index(stage) - way.index(state), found[stage], names_seals) for stage in way)
    return Life(state, steps, history)


def _state(latest: dict[Kind, Event]) -> Stage:
    if Kind.CLOSED in latest:
        return Stage.CLOSED
    if Kind.UNSEALED in latest:
        return Stage.UNSEALED
    passages = [latest[kind] for kind in (Kind.DEPARTED, Kind.ARRIVED) if kind in latest]
    if passages:
        return Stage.ARRIVED if max(passages, key=_when).kind is Kind.ARRIVED else Stage.IN_TRANSIT
    if Kind.CANCELLED in latest:
        return Stage.CANCELLED
    return Stage.SEALED if Kind.SEALED in latest else Stage.ISSUED


def _step(stage: Stage, ahead: int, event: Event | None, names_seals: bool) -> Step:
    """`ahead`: how many steps it is beyond the state."""
    if ahead == 0:
        return Step(stage, Standing.NOW, event)
    if ahead < 0 and event:
        return Step(stage, Standing.DONE, event)
    if stage in {Stage.SEALED, Stage.UNSEALED} and not names_seals:
        return Step(stage, Standing.NOT_ASKED, None)
    return Step(stage, Standing.UNRECORDED if ahead < 0 else Standing.TO_COME, None)


# What messages and lanes say --------------------------------------------------------------------------------------------


def issued(order: TransportOrder, received_at: datetime) -> Event:
    """The event that a message of an order is. R12 has no time of its own: it is when the platform had it."""
    return Event(Kind.ISSUED, received_at, sender(order) or "", order.origin, f"message/{order.message_id}")


def passage_record(gate: str, sequence: int) -> str:
    """How events name a confirmation as their record."""
    return f"{_PASSAGE}/{gate}/{sequence}"


def direction_of(confirmation: Confirmation) -> Direction | None:
    """The way through the lane. An old gateway's record does not say it, but seals are confirmed on the way out only."""
    return confirmation.direction or (Direction.OUT if confirmation.sealing else None)


def events_of(confirmation: Confirmation) -> Iterator[tuple[str, Event]]:
    """What a confirmation says of each of its orders: nothing where the vehicle was not let go, or its green was taken back."""
    if confirmation.outcome is not Outcome.PASS:
        return
    ruling = confirmation.ruling
    at = ruling.at if ruling else confirmation.decided_at
    who = ruling.person if ruling else confirmation.lane
    place = confirmation.lane_title or confirmation.lane
    record = passage_record(confirmation.gate, confirmation.sequence)
    kind = {Direction.OUT: Kind.DEPARTED, Direction.IN: Kind.ARRIVED, None: Kind.PASSED}[direction_of(confirmation)]
    for number in dict.fromkeys(confirmation.orders):
        yield number, Event(kind, at, who, place, record, _place_held(number, confirmation))
    sealing = confirmation.sealing
    for sealed in sealing.orders if sealing else ():
        yield sealed.order_number, Event(Kind.SEALED, at, who, place, record)


def _place_held(number: str, confirmation: Confirmation) -> str:
    """`origin → destination` where the lane knows its place and found that the order leads through it this way."""
    checks = (confirmation.weighed if confirmation.ruling and confirmation.weighed else confirmation.verdict).checks
    held = (check for check in checks if check.subject is Subject.PLACE and check.result is CheckResult.OK)
    return next((check.expected for check in held if check.order == number), "")
