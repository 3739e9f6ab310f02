"""Attacks on a running platform and a running gate, one file a kind: what each tried, how often, and what it got.

Every attack is an `async` function of the `Scene`, and says in a `Tried` whether what it was after was denied.
"""
