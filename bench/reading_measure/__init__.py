"""The parts of `bench/reading.py`.

`corpus` and `rendered` give labelled pictures; `worker` is one engine in a process of its own (`engines`, `plain_text`), and
`interleaved` asks them all, picture by picture; `counting` makes figures of what they read; `streams` measures cameras;
`calibration`, `gallery` and `report` show it.
"""
