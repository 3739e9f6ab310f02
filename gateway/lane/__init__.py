"""One lane: a pure state machine, and the runner that feeds it and carries out what it asks."""
