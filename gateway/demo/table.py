"""The table of a rehearsal, as text. Marks as on every screen: ● pass, ▲ refer, ■ stop.

A number with a question mark is not relied on by itself; where the truck passed, order and plate confirmed it.
"""

from collections.abc import Sequence
from typing import Final

from gateway.demo.rehearsal import Row
from gateway.look.columns import columns
from gateway.look.marks import MARKS, Mark
from gateway.model.answer import PlateRole

HEADS: Final = ("", "lane", "truck", "plate", "boxes", "verdict", "reasons", "as expected")


def table(rows: Sequence[Row]) -> str:
    return "\n".join(columns([HEADS, *(_cells(number, row) for number, row in enumerate(rows, start=1))]))


def _cells(number: int, row: Row) -> tuple[str, ...]:
    found = row.confirmation
    result = "yes" if not row.problem else f"NO: {row.problem}"
    if found is None:
        return (str(number), row.driven.lane, row.driven.visit.title, "–", "–", "–", "–", result)
    plate = found.answer.plate(PlateRole.TRACTOR) or found.answer.plate(PlateRole.UNKNOWN)
    outcome = found.verdict.outcome
    return (
        str(number),
        row.driven.lane,
        row.driven.visit.title,
        plate.text if plate else "–",
        " ".join(box.number if box.accepted else f"{box.number}?" for box in found.answer.containers) or "–",
        f"{MARKS[Mark(outcome.value)].symbol} {outcome}",
        ", ".join(found.verdict.reasons) or "–",
        result,
    )
