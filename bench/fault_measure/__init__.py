"""What survives which fault: `bench/faults.py`."""
