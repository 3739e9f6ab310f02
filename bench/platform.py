#!/usr/bin/env python3
"""The platform with 10 thousand, 100 thousand and 1 million orders and their passages, on SQLite and on PostgreSQL in one run.

    .venv/bin/python bench/platform.py [--orders N ...] [--only sqlite|postgresql] [--folder DIR]

Prints a table for each size: how fast it is filled, beside the raw rate of the database; search; the feed to 100 gates;
confirmations taken one by one and in batches. Exit status 1 if anything was lost on the way.
"""

import sys
from pathlib import Path
from runpy import run_module

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    run_module("bench.platform_measure", run_name="__main__", alter_sys=True)
