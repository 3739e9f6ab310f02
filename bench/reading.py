#!/usr/bin/env python3
"""How well and how fast numbers and plates are read: our engine beside others, on the same labelled pictures, in one run.

    .venv/bin/python bench/reading.py --photos DIR [--engines ours,rapidocr,easyocr,tesseract] [--sample N] [--out FILE]
    .venv/bin/python bench/reading.py --rendered 200 --seed 1 --gallery DIR --calibration FILE.svg

`--help` lists the rest. What is counted, and how, stands in the report itself; the work is done in `reading_measure/`.
"""

import sys
from pathlib import Path
from runpy import run_module

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    run_module("bench.reading_measure", run_name="__main__", alter_sys=True)
