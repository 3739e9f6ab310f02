#!/usr/bin/env python3
"""Nothing lost: kill the gate and the platform, cut the power, fill the disk, step the clock, and count what is still there.

    .venv/bin/python bench/faults.py [PART ...] [--quick] [--kills N] [--seed N] [--folder DIR] [--beside] ...

Parts: gate-kills, platform-kills, beside, power-cut, ext4-crash, full-disk, read-only, clock-steps, offline, outbox; without a name
all of them. Prints a table; exit status 1 if a record that was acknowledged is not there, or is there twice, out of order or out of
its chain. `--help` tells the rest.
"""

import sys
from pathlib import Path
from runpy import run_module

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    run_module("bench.fault_measure", run_name="__main__", alter_sys=True)
