"""The timeline of a passage for the report: the first time that anything happened, from opening to closing. Pure."""

from dataclasses import dataclass
from datetime import datetime

from gateway.look.i18n import _
from gateway.look.marks import Mark
from gateway.model.observation import (
    ContainerRead,
    DeviceState,
    ManualOpening,
    Observation,
    OrdersFound,
    PassiveSealRead,
    PassRead,
    PlateRead,
    Presence,
    SealRejected,
    VehicleSealHeard,
    View,
)
from gateway.model.passage import Passage
from gateway.model.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of the timeline. `title` is a message id; `after_ms` counts from the opening."""

    at: datetime
    after_ms: int
    title: str
    detail: str = ""
    mark: str = ""


def told(seen: Observation) -> tuple[str, str] | None:
    """What an observation says on the timeline: a message id and the thing it is about. None for what is not told."""
    words = None
    match seen:
        case Presence():
            words = (_("Vehicle is there") if seen.occupied else _("Vehicle is gone")), seen.device
        case ContainerRead():
            words = (_("Box number read, relied on") if seen.accepted else _("Box number read")), seen.number
        case PlateRead():
            words = (_("Plate read, relied on") if seen.accepted else _("Plate read")), seen.text
        case PassRead():
            words = _("Port pass read"), seen.holder or seen.uid
        case PassiveSealRead():
            words = _("E-seal was read"), seen.number or seen.epc
        case VehicleSealHeard():
            words = _("Vehicle seal heard"), seen.number
        case SealRejected():
            words = _("Seal signal rejected"), seen.number or seen.address
        case OrdersFound():
            words = _("Orders found"), ", ".join(order.order_number for order in seen.orders) or "—"
        case DeviceState():
            words = (_("Device is back") if seen.working else _("Device lost")), seen.device
        case ManualOpening():
            words = _("Barrier opened by hand"), seen.person
        case View():
            words = _("Picture kept for the record"), seen.device
        case _:
            pass
    return words


def moments_of(passage: Passage) -> tuple[Moment, ...]:
    """The first time that anything happened, from opening to closing."""

    def moment(at: datetime, title: str, detail: str = "", mark: str = "") -> Moment:
        return Moment(at, round((at - passage.opened_at).total_seconds() * 1000), title, detail, mark)

    found = [moment(passage.opened_at, _("Passage opened"), mark=Mark.BUSY)]
    before: set[tuple[str, str]] = set()
    for seen in passage.observations:
        words = told(seen)
        if words and words not in before:
            before.add(words)
            found.append(moment(seen.at, *words))
    if passage.verdict:
        found.append(moment(passage.verdict.decided_at, _("Verdict"), mark=passage.verdict.outcome))
    if passage.ruling:
        ruled = (_("Approved by a person"), Outcome.PASS) if passage.ruling.approved else (_("Refused by a person"), Outcome.STOP)
        found.append(moment(passage.ruling.at, ruled[0], passage.ruling.person, ruled[1]))
    if passage.withdrawn:
        found.append(moment(passage.withdrawn.decided_at, _("Green light taken back"), mark=Outcome.STOP))
    if passage.closed_at:
        found.append(moment(passage.closed_at, _("Passage closed")))
    return tuple(sorted(found, key=lambda item: item.at))
