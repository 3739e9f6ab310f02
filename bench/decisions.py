#!/usr/bin/env python3
"""What lanes decide on passages whose truth is known: 10,000 generated vehicles through the real lane, from one seed.

    .venv/bin/python bench/decisions.py [--passages N] [--seed N] [--json FILE] [--rates] [--only N]

Prints a table of correct, referred and wrong verdicts for each kind of passage. Exit status 1 if a vehicle that must not leave
was let out. What is generated, at which rates, stands in `decision_measure/`; `--rates` prints it.
"""

import sys
from pathlib import Path
from runpy import run_module

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    run_module("bench.decision_measure", run_name="__main__", alter_sys=True)
