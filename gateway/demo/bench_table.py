"""The table of a test bench, as text: what was expected of each scenario and what came of it."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from gateway.demo.bench import Result, said
from gateway.demo.scenario import Scenario
from gateway.look.columns import columns

HEADS: Final = ("scenario", "expected", "actual", "", "s")


def bench_table(results: Sequence[Result]) -> str:
    lines = columns([HEADS, *(_cells(result) for result in results)])
    notes = [f"{result.name}: {note}" for result in results for note in _notes(result)]
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def _cells(result: Result) -> tuple[str, ...]:
    wanted = _wanted(result.scenario)
    if result.skipped:
        return result.name, wanted, "–", "skipped", "–"
    passages = [said(found.verdict.outcome, found.verdict.reasons) for lane in result.passages for found in lane]
    actual = _with_lost(passages, result.lost)
    verdict = "NO" if result.problems else ("known gap" if result.scenario.gap else "yes")
    return result.name, wanted, "the same" if actual == wanted else actual, verdict, f"{result.seconds:.0f}"


def _wanted(scenario: Scenario) -> str:
    expected = sorted(scenario.expect.passages, key=lambda found: found.lane)
    passages = [said(found.outcome, found.reasons) for _, lane in groupby(expected, lambda found: found.lane) for found in lane]
    return _with_lost(passages, scenario.expect.lost)


def _with_lost(passages: Sequence[str], lost: frozenset[str]) -> str:
    return "; ".join([*(passages or ["no passage"]), *([f"lost: {', '.join(sorted(lost))}"] if lost else [])])


def _notes(result: Result) -> list[str]:
    gap = [f"known gap: {result.scenario.gap}"] if result.scenario.gap and not result.skipped else []
    return [*result.problems, *([f"skipped: {result.skipped}"] if result.skipped else []), *gap]
