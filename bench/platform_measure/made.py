"""Orders and the passages that confirm them, each of its own, made again from their numbers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway.model.transport_order import TransportOrder, parse_order
from gateway.platform.examples import CONFIRMATION, ORDER

GATES: Final = 100
FIRMS: Final = 500
DRIVERS: Final = tuple(family + given for family in "王陳林張李黃吳劉蔡楊" for given in ("大明", "小華", "志強", "美玲", "文雄"))
BEGUN: Final = datetime(2026, 11, 23, tzinfo=UTC)
_ORDER: Final = json.dumps(ORDER, ensure_ascii=False)
_CONFIRMATION: Final = json.dumps(CONFIRMATION, ensure_ascii=False)


def _spread(number: int) -> int:
    """Neighbours in time have nothing alike (a full period modulo 10**7)."""
    return number * 7_654_321 % 10_000_000


def box(number: int) -> str:
    return f"{('TEMU', 'EGHU', 'MSKU', 'CSQU')[number % 4]}{_spread(number):07d}"


def plate(number: int) -> str:
    return f"K{'LMNR'[number % 4]}{'ABCDEFGHJK'[number // 4 % 10]}-{_spread(number) % 10_000:04d}"


def order_number(number: int) -> str:
    firm = number % FIRMS
    return f"BD1102{10_000_000 + firm:08d}{number // FIRMS:05d}"


def order(number: int, kind: int = 0) -> TransportOrder:
    """The `number`-th order. `kind` 1: not among those of the fill."""
    made: dict[str, Any] = json.loads(_ORDER)
    firm = number % FIRMS
    made |= {
        "order_number": order_number(number) if not kind else f"BE1102{10_000_000 + firm:08d}{number // FIRMS:05d}",
        "message_id": f"{'MN'[kind]}{number:019d}",
    }
    made["container"]["number"] = box(number)
    made["vehicle"] |= {
        "haulier_ban": f"{10_000_000 + firm:08d}",
        "plate": plate(number),
        "driving_licence": f"A{number:09d}",
        "driver": DRIVERS[number % len(DRIVERS)],
        "departure_time": (BEGUN + timedelta(seconds=number)).isoformat(),
    }
    return parse_order(made).order


def orders(count: int) -> Iterator[TransportOrder]:
    return (order(number) for number in range(count))


def passage(number: int, gate: str, sequence: int) -> dict[str, Any]:
    """A lane lets the `number`-th order's truck go, some minutes after it was issued."""
    made: dict[str, Any] = json.loads(_CONFIRMATION)
    at = BEGUN + timedelta(seconds=number + 300)
    verdict = made["verdict"] | {"outcome": "PASS", "reasons": [], "orders": [order_number(number)]}
    verdict |= {"decided_at": at.isoformat()}
    made |= {
        "gate": gate,
        "sequence": sequence,
        "passage_id": f"01932a6e-{number % 65536:04x}-7000-8000-{number:012d}",
        "opened_at": (at - timedelta(seconds=6)).isoformat(),
        "decided_at": at.isoformat(),
        "verdict": verdict,
    }
    made["answer"]["containers"][0]["number"] = box(number)
    return made
