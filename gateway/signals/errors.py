"""What can go wrong between a gate and its I/O module. Every text names the module and, where there is one, the input or output.

SignalError
├── ModuleLostError       the module cannot be reached, does not answer, or the connection broke
├── ModuleRefusedError    the module answered with a Modbus exception (wrong address, unsupported function, …)
├── OutputStuckError      an output was written, and reads back as something else
├── OutputMovedError      an output is no longer what was commanded, though nobody here has written it
├── SettingRefusedError   a setting of the communication watchdog was written, and reads back as something else
├── UnknownOutputError    the lane file names an output or input that the module does not have
└── UnknownLightError     a light that is none of red, amber, green
"""


class SignalError(Exception):
    """Base of everything this room raises."""


class ModuleLostError(SignalError):
    pass


class ModuleRefusedError(SignalError):
    pass


class OutputStuckError(SignalError):
    pass


class OutputMovedError(SignalError):
    pass


class SettingRefusedError(SignalError):
    pass


class UnknownOutputError(SignalError):
    pass


class UnknownLightError(SignalError):
    pass
