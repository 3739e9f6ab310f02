#!/usr/bin/env python3
"""Slow and half-dead links to the platform: do lanes wait, does every record arrive once and in order, and how soon does a new one?

    .venv/bin/python bench/links.py [--only LINK] [--pictures N] [--trucks N]

Prints a table, one line a link. Exit status 1 if a record or a picture is missing, came twice or out of order.
"""

import sys
from pathlib import Path
from runpy import run_module

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    run_module("bench.uplink_measure.links", run_name="__main__", alter_sys=True)
