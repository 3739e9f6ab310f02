"""The exception desk's far end: what waits at all gates in one queue, taken by one person, decided, brought to the gate."""
