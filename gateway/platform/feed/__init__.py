"""The feed to the gates: orders and register entries under one growing cursor."""
