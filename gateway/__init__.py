"""Port-gate software: the gate PC's service, the central platform and a simulator, in one package."""

__version__ = "0.1.0"
