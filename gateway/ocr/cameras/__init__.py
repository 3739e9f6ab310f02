"""Camera drivers: one file each, joined in `drivers.py`."""
