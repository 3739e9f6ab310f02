"""The same kills of our store and of thingsboard-gateway's SQLite event storage, at the same paces, in the same run."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Final

from bench.fault_measure.children import GateChild
from bench.fault_measure.finding import Finding, not_measured
from bench.fault_measure.gate import NO_RESERVE, SimulatedClock
from bench.fault_measure.kept import Contents, Ledger, judge_store
from bench.fault_measure.passages import GATE
from gateway.store.gate_store import GateStore

PACKAGE: Final = "thingsboard-gateway"
PACES: Final = {"as fast as it can": 0.0, "100 a second": 0.01, "1 a second": 1.0}  # seconds between two records
LIFE_S: Final = (0.3, 1.3)  # after it begins
LIFE_OF_SLOW_S: Final = (1.5, 4.5)
READS: Final = 1
CHILD: Final = Path(__file__).with_name("beside_child.py")


class NotThereError(Exception):
    """The other gateway cannot be installed here."""


def install(folder: Path) -> tuple[Path, str]:
    """A throwaway environment with the package: its Python, and what it is. Raises NotThereError."""
    python = folder / "bin" / "python"
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", PACKAGE], check=True, capture_output=True)
        asked = f"from importlib.metadata import version; print(version('{PACKAGE}'))"
        found = subprocess.run([str(python), "-c", asked], check=True, capture_output=True, text=True).stdout.strip()
    except subprocess.CalledProcessError as error:
        raise NotThereError(f"{PACKAGE} cannot be installed here: status {error.returncode} of {error.cmd[2]}") from None
    return python, f"{PACKAGE} {found}"


async def beside(folder: Path, kills: int, seed: int, other: bool) -> list[Finding]:
    """`other`: install and probe the other gateway too."""
    found = []
    python, name = None, ""
    if other:
        try:
            python, name = await asyncio.to_thread(install, folder / "environment")
        except NotThereError as error:
            found.append(not_measured("beside", str(error)))
    else:
        found.append(not_measured("beside", f"{PACKAGE}: not asked for (--beside)"))
    for number, (pace, pause_s) in enumerate(PACES.items()):
        rng = Random(f"{seed}/{number}")
        lives = [rng.uniform(*(LIFE_OF_SLOW_S if pause_s >= 1 else LIFE_S)) for _ in range(kills)]
        found.append(await _ours(folder / f"ours-{number}", lives, pace, pause_s))
        if python:
            found.append(await _theirs(python, name, folder / f"theirs-{number}", lives, pace, pause_s))
    return found


async def _ours(folder: Path, lives: list[float], pace: str, pause_s: float) -> Finding:
    ledger = Ledger()
    for life, life_s in enumerate(lives, 1):
        gate = await GateChild.start(folder, "--life", life, "--reads", READS, "--pause", pause_s)
        await asyncio.sleep(life_s)
        ledger.take(await gate.kill())
    async with GateStore.open(folder, GATE, SimulatedClock(), NO_RESERVE) as store:
        judgement = judge_store(ledger, await Contents.of(store), READS, store)
    what = f"gateway {version('gateway')}, {pace}: {len(lives)} kills, {len(ledger.said)} acknowledged, {judgement.records} there"
    return Finding("beside", what, str(judgement), judgement.ok and bool(ledger.said))


async def _theirs(python: Path, name: str, folder: Path, lives: list[float], pace: str, pause_s: float) -> Finding:
    """A new folder for each life: what is there then is what this life has kept."""
    said, lost, lossy = 0, 0, 0
    for life, life_s in enumerate(lives):
        place = folder / str(life)
        place.mkdir(parents=True)
        acknowledged = await _their_life(python, place, life_s, pause_s)
        missing = acknowledged - _kept(place)
        said, lost, lossy = said + len(acknowledged), lost + len(missing), lossy + bool(missing)
    what = f"{name}, {pace}: {len(lives)} kills, {said} acknowledged; records lost in {lossy} of the kills"
    return Finding("beside", what, f"{lost} LOST" if lost else "nothing lost", None)


async def _their_life(python: Path, folder: Path, life_s: float, pause_s: float) -> set[int]:
    process = await asyncio.create_subprocess_exec(
        str(python), str(CHILD), str(folder), str(pause_s), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout
    first = await process.stdout.readline()
    killer = asyncio.get_running_loop().call_later(life_s, process.send_signal, signal.SIGKILL)
    rest = await process.stdout.read()
    await process.wait()
    killer.cancel()
    if first != b"begins\n" or process.returncode != -signal.SIGKILL:
        raise ChildProcessError(f"{PACKAGE}'s storage ended with status {process.returncode}")
    return {int(line) for line in rest.splitlines()}


def _kept(folder: Path) -> set[int]:
    connection = sqlite3.connect(folder / "data.db")
    try:
        return {json.loads(row[0])["number"] for row in connection.execute("SELECT message FROM messages")}
    except sqlite3.OperationalError:  # killed before it made its table
        return set()
    finally:
        connection.close()
