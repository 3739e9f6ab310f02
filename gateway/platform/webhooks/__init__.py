"""Webhooks: whoever wants to know at once is told by a signed message, in order, at least once; nothing here waits for them."""
