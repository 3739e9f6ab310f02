#!/usr/bin/env python3
"""The platform's interface held against its own description, by thousands of well-formed and malformed calls.

    .venv/bin/python bench/interface.py [--calls 20000] [--seed 1] [--database postgresql://…]

Starts a platform of its own on this machine's loopback, with a token and a few records, and lets schemathesis ask all that its
OpenAPI description offers. Prints how often each operation was called, by the platform's own counters, and what it answered. Exit
status 1 if an answer was a 5xx, had a status, type or form that the description does not name, or took what that forbids.
"""

import sys
from pathlib import Path
from runpy import run_module

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    run_module("bench.interface_measure", run_name="__main__", alter_sys=True)
