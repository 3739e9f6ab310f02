#!/usr/bin/env python3
"""What somebody who is not let in can get: attacks on a running platform and a running gate, and what each got.

    .venv/bin/python bench/attacks.py [--quick] [--only WORD]

Prints one table: the attack, how often it was tried, what it got, and what the same got that was done honestly: where that was not
served, the attack proves nothing. Exit status 1 if anything got in, or proves nothing. The attacks stand in `attack_table/`.
`--quick` tries fewer of each, and does not load pages in a browser.
"""

import sys
from pathlib import Path
from runpy import run_module

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    run_module("bench.attack_table", run_name="__main__", alter_sys=True)
