#!/usr/bin/env python3
"""The first fill of a gate: how long 200,000 orders take, how much memory, and whether the lanes' loop is held up meanwhile.

    .venv/bin/python bench/first_fill.py [--orders N] [--limit N]

Exit status 1 if an order is missing.
"""

import sys
from pathlib import Path
from runpy import run_module

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    run_module("bench.uplink_measure.first_fill", run_name="__main__", alter_sys=True)
