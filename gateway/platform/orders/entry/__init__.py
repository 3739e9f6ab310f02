"""Orders that people hand in: typed into a form, or in a file of many lines. Both are read by the same rules."""
