"""A whole site under load: what the gate takes of the machine, and whether it grows.

`python bench/load.py [--minutes 10] [--truck-every 30]`. The unchanged `gateway run`, a process of its own as on a site, with four
lanes: 16 cameras at 5 frames/s, 4 readers at 50 tags/s, 200 seals advertising at 10 Hz (every frame a new one), and every so often
a truck, whose pictures are read. The simulator is this process, the platform a third one. Printed are the gate's share of one core,
its resident memory, open files and threads, what it took of its devices each second, how late its loop was, and how many messages
of the simulated bluetoothd wait for the bus (many: this machine is too slow for the load). At the end: how fast memory grew over
the last two thirds, a straight line through one sample a second. Status 1 if it grew, or if events are missing.
"""

import argparse
import asyncio
import logging
import os
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from load_site import Film, Traffic, site
from prometheus_client.parser import text_string_to_metric_families

from gateway.demo.parts import Parts, PartsSettings
from gateway.model.clock import utc_now

SAMPLE_EVERY_S: Final = 1.0
PRINT_EVERY_S: Final = 30.0
SETTLE_S: Final = 5.0  # for what is under way when the load ends
ALLOWED_MIB_A_MINUTE: Final = 0.5
ALLOWED_FILES: Final = 8  # more at the end than at the beginning: connections come and go
TICKS: Final = os.sysconf("SC_CLK_TCK")
TAKEN: Final = {
    "gateway_frames": "frames",
    "gateway_frames_read": "read",
    "gateway_tags": "tags",
    "gateway_passages": "passages",
    "gateway_observations_dropped": "dropped",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A process at one moment, from /proc (proc(5))."""

    at: float  # seconds
    processor_s: float
    resident_mib: float
    files: int
    threads: int

    @classmethod
    def of(cls, pid: int, at: float) -> "Sample":
        proc = Path("/proc") / str(pid)
        fields = (proc / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        lines = (proc / "status").read_text(encoding="utf-8").splitlines()
        status = dict(line.split(":", 1) for line in lines if ":" in line)
        return cls(
            at=at,
            processor_s=(int(fields[11]) + int(fields[12])) / TICKS,  # utime and stime, the 14th and 15th of all
            resident_mib=int(status["VmRSS"].split()[0]) / 1024,
            files=len(list((proc / "fd").iterdir())),
            threads=int(status["Threads"]),
        )


class Watched:
    """The gate under load."""

    def __init__(self, parts: Parts, traffic: Traffic) -> None:
        self.samples: list[Sample] = []
        self._parts, self._traffic = parts, traffic
        self._now = asyncio.get_running_loop().time
        self._begun = self._now()

    async def taken(self) -> tuple[Counter[str], float]:
        """What the gate counts of its devices' events since it started, by kind; and how late its loop is, seconds."""
        async with self._parts.session.get(f"{self._parts.screen_url}/metrics") as answer:
            text = await answer.text()
        found: Counter[str] = Counter()
        lag_s = 0.0
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if family.name == "gateway_loop_lag_seconds":
                    lag_s = sample.value
                elif family.name == "gateway_seal_frames":
                    found["seals" if sample.labels["result"] in {"heard", "late"} else "rejected"] += int(sample.value)
                elif family.name in TAKEN:
                    found[TAKEN[family.name]] += int(sample.value)
        return found, lag_s

    async def watch(self, seconds: float) -> None:
        print("  min  core     MiB files threads frames/s read/s tags/s seals/s lag, s waiting")
        before, (counted, _) = self._sample(), await self.taken()
        while self._now() - self._begun < seconds:
            until = min(self._now() + PRINT_EVERY_S, self._begun + seconds)
            while self._now() < until:
                await asyncio.sleep(SAMPLE_EVERY_S)
                now = self._sample()
            taken, lag_s = await self.taken()
            self._print(before, now, taken - counted, lag_s)
            before, counted = now, taken

    def _sample(self) -> Sample:
        self.samples.append(Sample.of(self._parts.gate.pid, self._now() - self._begun))
        return self.samples[-1]

    def _print(self, before: Sample, now: Sample, taken: Counter[str], lag_s: float) -> None:
        seconds = now.at - before.at
        core = 100 * (now.processor_s - before.processor_s) / seconds
        rates = " ".join(
            f"{taken[kind] / seconds:{width}.1f}" for kind, width in (("frames", 8), ("read", 6), ("tags", 6), ("seals", 7))
        )
        process = f"{core:4.0f}% {now.resident_mib:7.1f} {now.files:5} {now.threads:7}"
        print(f"{now.at / 60:5.1f} {process} {rates} {lag_s:6.3f} {self._traffic.waiting:7}", flush=True)


def growth_a_minute(samples: Sequence[Sample]) -> float:
    """MiB; the straight line (least squares) through the last two thirds."""
    later = [sample for sample in samples if sample.at >= samples[-1].at / 3]
    slope, _ = statistics.linear_regression([sample.at / 60 for sample in later], [sample.resident_mib for sample in later])
    return slope


def verdict(samples: Sequence[Sample], handed: Counter[str], taken: Counter[str]) -> list[str]:
    """What is wrong."""
    third = samples[-1].at / 3
    first = max(sample.files for sample in samples if third <= sample.at <= 2 * third)
    last = max(sample.files for sample in samples if sample.at > 2 * third)
    wrong = [f"{handed[kind] - taken[kind]} {kind} missing" for kind in ("tags", "seals") if taken[kind] < handed[kind]]
    if growth_a_minute(samples) > ALLOWED_MIB_A_MINUTE:
        wrong.append("memory grows")
    if last > first + ALLOWED_FILES:
        wrong.append(f"open files grew from {first} to {last}")
    if taken["dropped"]:
        wrong.append(f"{taken['dropped']} observations dropped by lanes that were behind")
    if taken["rejected"]:
        wrong.append(f"{taken['rejected']} frames of seals rejected")
    return wrong


async def measure(folder: Path, minutes: float, truck_every_s: float) -> int:
    settings = PartsSettings(site(), folder, seed=1, pictures=Film(1))
    async with Parts.running(settings, utc_now) as parts:
        traffic = Traffic(parts, utc_now, truck_every_s)
        await traffic.announce()
        await asyncio.sleep(SETTLE_S)
        watched = Watched(parts, traffic)
        load = asyncio.create_task(traffic.run())
        await watched.watch(60 * minutes)
        load.cancel()
        await asyncio.wait({load})
        while traffic.waiting:  # noqa: ASYNC110 - the bus tells nobody
            await asyncio.sleep(SAMPLE_EVERY_S)
        await asyncio.sleep(SETTLE_S)
        taken, _ = await watched.taken()
    handed, samples = traffic.handed, watched.samples
    core = 100 * (samples[-1].processor_s - samples[0].processor_s) / (samples[-1].at - samples[0].at)
    print(f"\n{handed['trucks']} trucks, {taken['passages']} passages, {taken['read']} pictures read of {taken['frames']} received")
    print(f"handed over and taken: {handed['tags']} and {taken['tags']} tags, {handed['seals']} and {taken['seals']} seals' frames")
    print(f"{core:.0f} % of one core; memory {growth_a_minute(samples):+.2f} MiB a minute, {ALLOWED_MIB_A_MINUTE:g} are allowed")
    wrong = verdict(samples, handed, taken)
    print("; ".join(wrong) if wrong else "no growth, nothing lost")
    return 1 if wrong else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--truck-every", type=float, default=30.0, help="seconds; 0: none ever comes")
    args = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="gateway-load-") as folder:
        sys.exit(asyncio.run(measure(Path(folder), args.minutes, args.truck_every)))


if __name__ == "__main__":
    main()
