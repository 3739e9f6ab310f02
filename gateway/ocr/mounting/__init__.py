"""Whether a camera suffices at its mounting: watching it, measuring what it shows, and holding that against limits."""
