"""The parts of `bench/decisions.py`.

`numbers` draws box numbers, plates and their neighbours; `trips` says what stands in the lane and what the orders say, with one
thing wrong or nothing; `sights` makes of it what cameras would read, through the reader's own grammars; `drive` feeds a real
lane; `table` counts.
"""
