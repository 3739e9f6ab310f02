"""What can go wrong in the simulator itself.

SimulatorError
├── PrivateBusError       no D-Bus daemon, or it does not start
└── AttError              not a fault: how a simulated seal refuses a read or a write, with the code that goes over the air
"""


class SimulatorError(Exception):
    """Base of everything this room raises."""


class PrivateBusError(SimulatorError):
    pass


class AttError(SimulatorError):
    """`code` is the ATT error code (Bluetooth Core, Vol 3, Part F, §3.4.1.1); 0x80 to 0x9F are the application's own."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"ATT error 0x{code:02x}")
