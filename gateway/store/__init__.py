"""The gate's one SQLite file and its pictures: opened durably, written by one thread, read off the event loop."""
