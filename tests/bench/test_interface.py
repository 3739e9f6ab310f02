"""The quick form of `bench/interface.py`: the running platform against its own description, some hundred calls."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_platform_answers_as_its_description_says() -> None:
    command = [sys.executable, "bench/interface.py", "--quick", "--seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "0 server errors, 0 failures"
    calls = {line.rsplit(maxsplit=6)[0].strip(): int(line.split()[-6]) for line in done.stdout.splitlines() if "/api/" in line}
    assert calls["POST /api/orders"] >= 8, done.stdout
