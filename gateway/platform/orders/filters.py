"""What a list of orders is asked for in its address: the same words for programs and for people. Each narrows what is found."""

from datetime import date, datetime, timedelta
from typing import Final

from aiohttp import web

from gateway.model.clock import TAIPEI, YEARS
from gateway.platform.bodies import field_problems, printable, query_choice
from gateway.platform.errors import BadRequestError
from gateway.platform.operations import Parameter
from gateway.platform.orders.life import STATES, Stage
from gateway.platform.orders.search import Wanted

LONGEST: Final = 100  # characters of a fragment; no field that is searched is longer
_TIME: Final = "a day of Taipei (2026-11-23) or a time (2026-11-23T08:00:00+08:00)"
_TEXT: Final = {"type": "string"}
_WHEN: Final = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}, {"const": ""}]}

FILTERS: Final = (
    Parameter(
        "q",
        "query",
        "Part of an order number, box, plate, driver's name or seal number: any part of three characters or more, else the "
        "beginning. Where nothing is spelt so, what looks alike is found (1 and I, 0 and O, 8 and B, …), and `similar` says so",
        _TEXT,
    ),
    Parameter("origin", "query", "Code of the place that it leaves, whole", _TEXT),
    Parameter("destination", "query", "Code of the place that it goes to, whole", _TEXT),
    Parameter("departure_from", "query", f"Departure time not before this: {_TIME}", _WHEN),
    Parameter("departure_until", "query", f"Departure time before this, or on this day: {_TIME}", _WHEN),
    Parameter("state", "query", "How far it has come", {"type": "string", "enum": ["", *(state.value for state in STATES)]}),
    Parameter("late", "query", "`yes`: came after its truck was seen leaving", {"type": "string", "enum": ["", "yes"]}),
    Parameter("seal", "query", "Number of one of its seals, whole", _TEXT),
)


def wanted_of(request: web.Request) -> Wanted:
    """What the address asks for; an empty word asks for nothing. Raises BadRequestError naming the parameter."""
    state = query_choice(request, "state", ("", *(state.value for state in STATES)))
    return Wanted(
        fragment=_text(request, "q"),
        origin=_text(request, "origin"),
        destination=_text(request, "destination"),
        departs_from=_time(request, "departure_from", whole_days=0),
        departs_until=_time(request, "departure_until", whole_days=1),
        state=Stage(state) if state else None,
        late=query_choice(request, "late", ("", "yes")) == "yes",
        seal=_text(request, "seal"),
    )


def _text(request: web.Request, name: str) -> str:
    """Longer than any field, it is cut; U+0000, which PostgreSQL is not asked for, becomes a character that no order has either."""
    return request.query.get(name, "").replace("\0", "\ufffd").strip()[:LONGEST]


def _time(request: web.Request, name: str, whole_days: int) -> datetime | None:
    """A day begins at its midnight in Taipei, `whole_days` later."""
    raw = _text(request, name)
    if not raw:
        return None
    try:
        day = date.fromisoformat(raw) if len(raw) == len("2026-11-23") else None
        moment = datetime.fromisoformat(day.isoformat() if day else raw)
    except ValueError:
        raise _wrong(name, raw) from None
    if moment.year not in YEARS:
        raise _wrong(name, raw)
    return (moment if moment.tzinfo else moment.replace(tzinfo=TAIPEI)) + timedelta(days=whole_days if day else 0)


def _wrong(name: str, raw: str) -> BadRequestError:
    message = f"wants {_TIME}"
    return BadRequestError(f"{name}: {message}, not {printable(raw)!r}.", field_problems([(name, message)]))
