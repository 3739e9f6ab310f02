"""Transport orders: taken once each, in versions, searchable, and marked with what the lanes confirmed."""
