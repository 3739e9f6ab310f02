"""A real file system crashes under a busy gate: ext4 stops at a random moment, what was not flushed is dropped.

Then its journal is replayed and the gate goes on, on what is there.
"""

import asyncio
from pathlib import Path
from random import Random
from typing import Final

from bench.fault_measure.children import GateChild
from bench.fault_measure.disks import CrashableDisk, NoDiskError
from bench.fault_measure.finding import Finding, not_measured
from bench.fault_measure.gate import NO_RESERVE, SimulatedClock
from bench.fault_measure.kept import Contents, Ledger, judge_store
from bench.fault_measure.passages import GATE
from gateway.store.gate_store import GateStore

READS: Final = 2
LONGEST_S: Final = 0.6
DISK_MIB: Final = 512


async def ext4_crashes(folder: Path, crashes: int, seed: int) -> Finding:
    rng, ledger = Random(seed), Ledger()
    try:
        disk = CrashableDisk(folder / "image", folder / "disk", DISK_MIB)
        for life in range(1, crashes + 1):
            disk.mount()
            try:
                await _crash_under_a_gate(disk, life, rng.uniform(0, LONGEST_S), ledger)
            finally:
                disk.unmount()
        disk.mount()
    except NoDiskError as error:
        return not_measured("ext4-crash", str(error))
    try:
        async with GateStore.open(disk.folder / "gate", GATE, SimulatedClock(), NO_RESERVE) as store:
            judgement = judge_store(ledger, await Contents.of(store), READS, store)
    finally:
        disk.unmount()
    refusals = ", ".join(f"{count} {name}" for name, count in ledger.refusals.items())
    what = f"{crashes} crashes; {len(ledger.said)} acknowledged, {judgement.records} there; refused then: {refusals or 'nothing'}"
    return Finding("ext4-crash", what, str(judgement), judgement.ok)


async def _crash_under_a_gate(disk: CrashableDisk, life: int, after_s: float, ledger: Ledger) -> None:
    gate = await GateChild.start(disk.folder / "gate", "--life", life, "--reads", READS, "--settle")
    await asyncio.sleep(after_s)
    disk.crash()
    ledger.take(await gate.end())  # the store refuses the next one, which ends the gate
