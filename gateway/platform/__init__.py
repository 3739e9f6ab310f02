"""The central platform: orders and registers in, a feed to the gates out, lane confirmations and their pictures kept once.

One folder per capability (`orders`, `registry`, `feed`, `lanes`), each with its store, its routes and its pages; `app.py`
puts them together, `serve.py` listens. It shares the wire messages with the gate, and nothing else.
"""
