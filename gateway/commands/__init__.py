"""The commands of `gateway`, one file each: options and printing. What they do lives in the rooms they call."""
