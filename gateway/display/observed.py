"""A passage's observations as people read them: in order, timed from the vehicle's arrival, repetitions in one line. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.display.report_timeline import told
from gateway.look.i18n import _, filled_in, gettext
from gateway.look.numbers import container_groups
from gateway.look.words import heard_words
from gateway.model.observation import (
    ContainerRead,
    DeviceState,
    ManualOpening,
    Observation,
    OrdersFound,
    PassiveSealRead,
    PassRead,
    PlateRead,
    Ruling,
    SealRejected,
    VehicleSealHeard,
)


@dataclass(frozen=True, slots=True)
class ObservedLine:
    """What a device said, once or `count` times. `after_s` counts from the vehicle's arrival; before it is below zero.

    `first` and `last` are places in the record's observations, from 0.
    """

    after_s: float
    until_s: float
    device: str
    kind: str
    what: str
    detail: str
    count: int
    first: int
    last: int


def observed(observations: tuple[Observation, ...], arrived_at: datetime) -> tuple[ObservedLine, ...]:
    """One line a change: what a device says again of the same thing is counted in its line, until it says something else."""
    lines: list[ObservedLine] = []
    latest: dict[tuple[str, str, str], int] = {}
    for place, seen in enumerate(observations):
        about, what, detail = said_of(seen)
        after = (seen.at - arrived_at).total_seconds()
        key = (seen.device, seen.kind, about)
        index = latest.get(key)
        if index is not None and lines[index].what == what:
            before = lines[index]
            lines[index] = replace(before, until_s=after, count=before.count + 1, last=place)
            continue
        latest[key] = len(lines)
        lines.append(ObservedLine(after, after, seen.device, seen.kind, what, detail, 1, place, place))
    return tuple(lines)


def said_of(seen: Observation) -> tuple[str, str, str]:
    """What it is about, what it says, and what may change without its saying anything else."""
    title, subject = told(seen) or ("", "")
    words = [gettext(title)] if title else []
    match seen:
        case ContainerRead():
            grouped = " ".join("".join(glyph.character for glyph in group.glyphs) for group in container_groups(seen.number))
            about, what, detail = seen.number, " ".join([*words, grouped]), ", ".join(_read_detail(seen))
        case PlateRead():
            about, what, detail = seen.number, " ".join([*words, seen.text]), ", ".join(_read_detail(seen))
        case PassRead():
            holder = seen.holder or gettext(_("not in the register"))
            about, what, detail = seen.uid, " ".join([*words, f"{seen.technology} {seen.uid}", holder]), _strength(seen.rssi)
        case PassiveSealRead():
            number = seen.number or gettext(_("not in the register"))
            about, what, detail = seen.epc, " ".join([*words, number]), ", ".join(filter(None, (seen.epc, _strength(seen.rssi))))
        case VehicleSealHeard():
            about, what, detail = (
                seen.number,
                " ".join([*words, f"{seen.number}:", heard_words(seen)]),
                ", ".join(_seal_detail(seen)),
            )
        case SealRejected():
            about, what, detail = seen.address, " ".join([*words, subject, f"({seen.why})"]), ""
        case OrdersFound():
            about, what, detail = "", " ".join([*words, subject]), _age(seen)
        case DeviceState():
            about, what, detail = seen.device, " ".join(words), seen.detail
        case Ruling():
            said = _("%(person)s approved") if seen.approved else _("%(person)s refused")
            about, what, detail = seen.person, filled_in(said, person=seen.person), seen.reason
        case ManualOpening():
            about, what, detail = "", gettext(_("Barrier opened by hand")), seen.person
        case _:
            about, what, detail = "", " ".join(words) or gettext(_("time passed")), ""
    return about, what, detail


def _read_detail(seen: ContainerRead | PlateRead) -> Iterator[str]:
    yield filled_in(_("%(percent)s%% certain"), percent=round(seen.confidence * 100, 1))
    if isinstance(seen, ContainerRead) and seen.size_type:
        yield seen.size_type
    if isinstance(seen, ContainerRead) and not seen.check_digit_valid:
        yield gettext(_("the check digit does not fit"))


def _seal_detail(seen: VehicleSealHeard) -> Iterator[str]:
    yield _strength(seen.rssi)
    if seen.elsewhere_rssi is not None:
        yield filled_in(_("in another lane %(strength)s"), strength=_strength(seen.elsewhere_rssi))


def _strength(rssi: float | None) -> str:
    return "" if rssi is None else f"{rssi:.0f} dBm"


def _age(seen: OrdersFound) -> str:
    if seen.cache_age_s is None:
        return gettext(_("the platform never answered"))
    return filled_in(_("the platform answered %(seconds)s s before"), seconds=round(seen.cache_age_s, 1))
