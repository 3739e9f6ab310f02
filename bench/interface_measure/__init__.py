"""How `bench/interface.py` holds the running platform against its own description."""
