"""The network that finds the corners of a line of lettering."""
