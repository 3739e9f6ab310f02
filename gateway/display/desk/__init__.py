"""The exception desk: an identified person at the gate decides what a lane referred or stopped."""
