"""The units stay shut: what `systemd/try-in-container.sh` proves in a booted system, held here as far as files can tell."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
MOST_OPEN = 20  # tenths: 2.0 of 10

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.glob("*.service")))
def test_a_unit_with_all_its_drop_ins_is_exposed_little(unit: str) -> None:
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_OPEN}", "--no-pager", str(UNITS / unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout.splitlines()[-1:] or said.stderr
    assert "Overall exposure level" in said.stdout
