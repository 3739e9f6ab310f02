"""Counting verdicts against the truth, and the table of it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from bench.decision_measure.trips import KINDS, Trip
from gateway.model.verdict import Outcome, Verdict

HEADS: Final = ("kind", "passages", "pass", "refer", "stop", "correct", "referred", "wrong stop", "wrong pass")


@dataclass(slots=True)
class Row:
    """One kind. `referred`: to a person, where the truth alone would have passed or stopped the vehicle."""

    verdicts: Counter[Outcome] = field(default_factory=Counter)
    correct: int = 0
    referred: int = 0
    wrong_stop: int = 0
    wrong_pass: int = 0

    def cells(self) -> tuple[int, ...]:
        counted = (self.verdicts[Outcome.PASS], self.verdicts[Outcome.REFER], self.verdicts[Outcome.STOP])
        return (self.verdicts.total(), *counted, self.correct, self.referred, self.wrong_stop, self.wrong_pass)


@dataclass(slots=True)
class Table:
    rows: dict[str, Row] = field(default_factory=lambda: {kind.name: Row() for kind in KINDS})
    reasons: dict[str, Counter[str]] = field(default_factory=dict)  # of referred passages that were in order

    def count(self, trip: Trip, verdict: Verdict) -> str:
        """Count one passage; says under what: `correct`, `referred`, `wrong stop` or `wrong pass`."""
        row = self.rows[trip.kind]
        row.verdicts[verdict.outcome] += 1
        what = judged(trip, verdict)
        if what == "correct":
            row.correct += 1
        elif what == "referred":
            row.referred += 1
            self.reasons.setdefault(trip.kind, Counter()).update(verdict.reasons)
        elif what == "wrong stop":
            row.wrong_stop += 1
        else:
            row.wrong_pass += 1
        return what

    @property
    def wrong_passes(self) -> int:
        return sum(row.wrong_pass for row in self.rows.values())

    def lines(self) -> list[str]:
        """Markdown."""
        made = ["| " + " | ".join(HEADS) + " |", "|---" + "|---:" * (len(HEADS) - 1) + "|"]
        totals = [0] * (len(HEADS) - 1)
        for name, row in self.rows.items():
            if row.verdicts:
                made.append(f"| {name} | " + " | ".join(map(str, row.cells())) + " |")
                totals = [total + cell for total, cell in zip(totals, row.cells(), strict=True)]
        return [*made, "| **all** | " + " | ".join(f"**{total}**" for total in totals) + " |"]


def judged(trip: Trip, verdict: Verdict) -> str:
    """A pass is wrong where the vehicle must not leave, and where it leaves on orders that are not its own."""
    if verdict.outcome is Outcome.PASS:
        rightly = Outcome.PASS in trip.expected and frozenset(verdict.orders) == trip.carried
        return "correct" if rightly else "wrong pass"
    if verdict.outcome in trip.expected:
        return "correct"
    return "referred" if verdict.outcome is Outcome.REFER else "wrong stop"
