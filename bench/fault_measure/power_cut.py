"""The power is cut at every so many-th event of the store's files; whatever survives is opened by the real store and judged."""

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from bench.fault_measure.crashed_disk import CrashedDisk, Cut
from bench.fault_measure.file_trace import Event, Said, Trace, available, traced
from bench.fault_measure.finding import Finding, not_measured
from bench.fault_measure.gate import NO_RESERVE, SimulatedClock
from bench.fault_measure.kept import Contents, Judgement, Ledger, judge_store
from bench.fault_measure.passages import GATE, LANE_TITLE, decided
from gateway.store.errors import StoreError
from gateway.store.gate_store import GateStore

READS: Final = 2
LIFE: Final = 1
IN_MEMORY: Final = Path("/dev/shm")  # what is opened after a cut is only looked at
LIFE_AFTER: Final = 999  # of the passage that is committed after each cut


async def power_cuts(folder: Path, cuts: int, passages: int, seed: int) -> list[Finding]:
    """`cuts` states in all; `passages` are committed under strace, with a clean restart half-way."""
    if not available():
        return [not_measured("power-cut", "strace is not installed")]
    disk = folder / "disk"
    disk.mkdir()
    try:
        events = await _recorded(folder, disk, passages)
    except ChildProcessError as error:
        return [not_measured("power-cut", f"strace cannot watch a process here: {error}")]
    rng = Random(seed)
    with TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else folder) as place:
        states = Path(place) / "states"
        found = [await _judged(disk, states, events, cuts, rng, flushes=True)]
        found.append(await _judged(disk, states, events, max(cuts // 10, len(Cut)), rng, flushes=False))
    return found


async def _recorded(folder: Path, disk: Path, passages: int) -> list[Event]:
    """Two lives of a gate, the second of which finds the first one's file and works on."""
    trace, events = folder / "trace", Trace(disk)
    found: list[Event] = []
    for life in (LIFE, LIFE + 1):
        counts = ("--count", str(passages // 2), "--reads", str(READS), "--life", str(life))
        await traced(trace, "bench.fault_measure.gate", str(disk / "gate"), "--settle", *counts)
        found += events.events(trace)
        trace.unlink()
    return found


async def _judged(disk: Path, states: Path, events: Sequence[Event], cuts: int, rng: Random, *, flushes: bool) -> Finding:
    cuts_a_kind = max(cuts // len(Cut), 1)
    places = {rng.randrange(len(events)) for _ in range(cuts_a_kind)}
    crashed, ledger, wrong, opened = CrashedDisk(disk, flushes=flushes), Ledger(), Counter[str](), 0
    for place, event in enumerate(events):
        crashed.happen(event)
        if isinstance(event, Said):
            ledger.take([event.line])
        for cut in Cut if place in places else ():
            judgement = await _opened(_laid_out(crashed.survivors(cut, rng), disk, states), ledger)
            wrong += judgement.wrong
            opened += 1
    verdict = str(Judgement(0, wrong))
    what = f"{opened} states after {len(places)} of {len(events)} events (writes, flushes, names), {len(ledger.said)} records"
    if flushes:
        return Finding("power-cut", what, verdict, not wrong.total())
    noticed = wrong.total() > 0
    what = f"the same on a disk that does not flush, to see that loss is seen: {verdict}; {what}"
    return Finding("power-cut", what, "loss is seen" if noticed else "LOSS IS NOT SEEN", noticed)


def _laid_out(survivors: dict[str, bytes | None], disk: Path, states: Path) -> Path:
    """The surviving files in a folder of their own."""
    if states.exists():
        shutil.rmtree(states)
    states.mkdir()
    for path in sorted(survivors):
        place, contents = states / Path(path).relative_to(disk), survivors[path]
        if contents is None:
            place.mkdir(mode=0o700)
        else:
            place.write_bytes(contents)
            place.chmod(0o600)
    return states / "gate"


async def _opened(folder: Path, ledger: Ledger) -> Judgement:
    """What the real store finds in the folder, and whether it goes on where it was."""
    try:
        async with GateStore.open(folder, GATE, SimulatedClock(), NO_RESERVE) as store:
            contents = await Contents.of(store)
            judgement = judge_store(ledger, contents, READS, store)
            next_one = await store.commit_decision(decided(LIFE_AFTER, 1, READS), LANE_TITLE)
            after = judge_store(ledger, await Contents.of(store), READS)
            judgement.wrong["DOES NOT GO ON"] += next_one != len(contents.outbox) + 1 or not after.ok
    except StoreError as error:
        return Judgement(0, Counter({f"NOT OPENED ({type(error).__name__})": 1}))
    return judgement
