"""What a lane asks of its runner. Frozen; carried out in order, each before the next."""

from dataclasses import dataclass

from gateway.lane.rulings import RulingAnswer
from gateway.lane.transitions import LightColour
from gateway.model.observation import DeviceState, Ruling
from gateway.model.passage import Passage
from gateway.model.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Attend:
    """A vehicle is there (or gone): cameras read while it is."""

    attentive: bool


@dataclass(frozen=True, slots=True)
class FindOrders:
    """Look these up in the order cache and answer with an `OrdersFound`."""

    containers: tuple[str, ...]
    plates: tuple[str, ...]
    driving_licences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """Store the decided passage durably, then call `stored()`, or `store_refused()` and try again.

    Once more for the same passage when a person has ruled on it: then it carries the `ruling`.
    """

    passage: Passage


@dataclass(frozen=True, slots=True)
class ShowLight:
    colour: LightColour


@dataclass(frozen=True, slots=True)
class OpenBarrier:
    """One pulse for this passage's release."""

    passage_id: str


@dataclass(frozen=True, slots=True)
class Sound:
    """Let those at the lane hear what was decided."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Close:
    """The passage has ended: store its final record."""

    passage: Passage


@dataclass(frozen=True, slots=True)
class Amend:
    """Cameras saw more of a passage that has ended: store its final record once more. The verdict stands as it was given."""

    passage: Passage


@dataclass(frozen=True, slots=True)
class AnswerRuling:
    """Tell whoever gave this ruling whether the lane has taken it."""

    ruling: Ruling
    answer: RulingAnswer


@dataclass(frozen=True, slots=True)
class ReportDevice:
    """What the lane itself has found out about one of its devices."""

    state: DeviceState


Action = Attend | FindOrders | Commit | ShowLight | OpenBarrier | Sound | Close | Amend | AnswerRuling | ReportDevice
