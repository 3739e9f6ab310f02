"""A platform started, stocked, asked by schemathesis, and its answers counted."""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from gateway.platform.examples import CONFIRMATION, ORDER
from gateway.platform.registry.kinds import KINDS
from gateway.platform.webhooks.messages import NEW_WEBHOOK

ROOT: Final = Path(__file__).resolve().parents[2]
NOWHERE: Final = "https://receiver.invalid/events"  # of a name that nobody has (RFC 6761 §6.4)
TOKEN: Final = "a-token-for-the-bench-only"
ALL_PHASES: Final = "examples,coverage,fuzzing,stateful"
PHASES_AGAIN: Final = "fuzzing,stateful"  # the other two ask the same every time
OF_EACH: Final = 100  # calls of each operation in one round of fuzzing
Calls = Counter[tuple[str, str]]  # by operation (`GET /api/orders`) and status


@dataclass(frozen=True, slots=True)
class Platform:
    address: str

    def ask(self, method: str, path: str, body: bytes | None = None, media: str = "application/json") -> bytes:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": media}
        request = urllib.request.Request(self.address + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            taken: bytes = answer.read()
        return taken

    def stock(self) -> dict[str, str]:
        """A few records, so that not everything is missing; gives the path parameters that lead to them."""
        done, jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))
        assert done
        sha256 = hashlib.sha256(jpeg.tobytes()).hexdigest()
        confirmation = CONFIRMATION | {"pictures": [CONFIRMATION["pictures"][0] | {"sha256": sha256}]}
        gate, sequence = str(confirmation["gate"]), str(confirmation["sequence"])
        self.ask("POST", "/api/orders", json.dumps(ORDER).encode())
        self.ask("PUT", f"/api/gates/{gate}/confirmations/{sequence}", json.dumps(confirmation).encode())
        self.ask("PUT", f"/api/pictures/{sha256}", jpeg.tobytes(), "image/jpeg")
        webhook = json.loads(self.ask("POST", "/api/webhooks", json.dumps(NEW_WEBHOOK | {"url": NOWHERE}).encode()))["id"]
        known = {"gate": gate, "sequence": sequence, "sha256": sha256, "webhook": webhook}
        for kind in KINDS.values():
            known[kind.key] = str(kind.example[kind.key])
            self.ask("PUT", f"/api/registers/{kind.name}/{known[kind.key]}", json.dumps(kind.example).encode())
        return known | {"order_number": str(ORDER["order_number"])}

    def calls(self) -> Calls:
        """What the platform has answered since it started."""
        found: Calls = Counter()
        for family in text_string_to_metric_families(self.ask("GET", "/metrics").decode()):
            for sample in family.samples:
                if sample.name == "gateway_platform_requests_total":
                    operation = f"{sample.labels['method']} {sample.labels['route']}"
                    found[operation, sample.labels["status"]] += int(sample.value)
        return found


@contextmanager
def platform_running(folder: Path, database: str | None) -> Iterator[Platform]:
    """A platform as its operator starts it; what it logs is in `folder`."""
    (folder / "token").write_text(TOKEN, encoding="ascii")
    (folder / "token").chmod(0o600)
    command = [sys.executable, "-m", "gateway.cli", "platform", "serve", "--port", "0"]
    command += ["--data", str(folder / "data"), "--token-file", str(folder / "token")]
    command += ["--database", database] if database else []
    with (
        (folder / "platform.log").open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, cwd=ROOT, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            if not said.startswith("platform at "):
                raise SystemExit((folder / "platform.log").read_text(encoding="utf-8"))
            yield Platform(said.removeprefix("platform at ").strip())
        finally:
            process.terminate()


def hold(platform: Platform, folder: Path, known: dict[str, str], seed: int, phases: str, of_each: int) -> dict[str, Any]:
    """One run of schemathesis: its report. What failed it prints itself, with the call that shows it."""
    report = folder / f"report-{seed}.json"
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "--config-file",
        str(ROOT / "bench/interface_measure/schemathesis.toml"),
        "run",
    ]
    command += [f"{platform.address}/api/openapi.json", "--header", f"Authorization: Bearer {TOKEN}", "--no-color"]
    command += ["--seed", str(seed), "--phases", phases, "--max-examples", str(of_each), "--continue-on-failure"]
    command += ["--request-timeout", "60", "--report", "json", "--report-json-path", str(report)]
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "bench.interface_measure.hooks",
        "GATEWAY_KNOWN": json.dumps(known),
        "GATEWAY_NOWHERE": NOWHERE,
    }
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")])
    # In a folder of its own, as it keeps notes of what failed where it runs.
    done = subprocess.run(command, check=False, cwd=folder, env=environment, capture_output=True, text=True)
    if not report.exists():
        raise SystemExit(done.stdout + done.stderr)
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    if done.returncode or found["failures"] or found["errors"]:
        print(done.stdout)
    if not found["complete"]:
        raise SystemExit(f"schemathesis stopped early: {found['stop_reason']}")
    return found


def failures_in(report: dict[str, Any]) -> Counter[str]:
    """How many kinds of failure each operation shows."""
    found: Counter[str] = Counter()
    for kind in (*report["failures"], *report["errors"]):
        found.update(kind.get("operations") or ["none in particular"])
    return found


def print_table(calls: Calls, failures: Counter[str]) -> None:
    print(f"{'operation':72} {'calls':>7} {'2xx':>6} {'3xx':>6} {'4xx':>6} {'5xx':>6} {'failures':>8}")
    for operation in sorted({name for name, _ in calls} | set(failures)):
        by_class = Counter({f"{status[0]}xx": 0 for name, status in calls if name == operation})
        for (name, status), number in calls.items():
            by_class[f"{status[0]}xx"] += number if name == operation else 0
        classes = " ".join(f"{by_class[one]:6}" for one in ("2xx", "3xx", "4xx", "5xx"))
        print(f"{operation:72} {by_class.total():7} {classes} {failures[operation]:8}")
    print(f"{'altogether':72} {calls.total():7}")


def measure(least_calls: int, seed: int, database: str | None, phases: str = ALL_PHASES, of_each: int = OF_EACH) -> bool:
    """Ask until there were `least_calls`; whether all answers were as described."""
    failures: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name, platform_running(Path(name), database) as platform:
        known = platform.stock()
        calls: Calls = Counter()
        while calls.total() < least_calls and not failures:  # the same again would say nothing new of what has failed
            failures.update(failures_in(hold(platform, Path(name), known, seed, phases, of_each)))
            calls = platform.calls()
            seed, phases = seed + 1, PHASES_AGAIN
    server_errors = sum(number for (_, status), number in calls.items() if status.startswith("5"))
    print_table(calls, failures)
    print(f"{server_errors} server errors, {failures.total()} failures")
    return not failures and not server_errors


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000, help="at least so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", "--url", help="SQLAlchemy address of an empty database; without it, a new SQLite file")
    parser.add_argument("--quick", action="store_true", help="some hundred calls, without the systematic ones")
    given = parser.parse_args()
    quick = {"phases": "examples,fuzzing", "of_each": 10} if given.quick else {}
    sys.exit(not measure(1 if given.quick else given.calls, given.seed, given.database, **quick))
