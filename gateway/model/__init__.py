"""The words of the domain. Pure: nothing in this room does input or output, and time is always an argument."""
