"""See bench/platform.py."""
