"""The demonstration: a platform, a gate and the simulator in one command, and the table of what came of it."""
