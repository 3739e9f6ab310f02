"""A D-Bus daemon of our own: a system bus for one rehearsal or one test, which needs neither root nor a running system bus."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from gateway.simulator.errors import PrivateBusError

DAEMON: Final = "dbus-daemon"
ADDRESS_VARIABLE: Final = "DBUS_SYSTEM_BUS_ADDRESS"  # where D-Bus clients look for the system bus

# Anybody who reaches the socket may do anything: it lies in a folder that only its owner can enter.
_CONFIG: Final = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <keep_umask/>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
  <limit name="max_outgoing_bytes">1000000000</limit>
</busconfig>
"""


class PrivateBus:
    """Start it, give `address` to whoever shall use it, stop it. After `stop` it can start again at the same address."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="gateway-bus-")
        self._socket = Path(self._folder.name) / "bus.sock"
        self._daemon: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"unix:path={self._socket}"

    def start(self) -> "PrivateBus":
        """Returns once the bus takes connections. Raises PrivateBusError."""
        if shutil.which(DAEMON) is None:
            self.close()
            raise PrivateBusError(f"{DAEMON} is not installed (Debian package dbus-daemon)")
        config = Path(self._folder.name) / "bus.conf"
        config.write_text(_CONFIG.format(socket=self._socket), encoding="utf-8")
        ours, theirs = os.pipe()
        try:
            self._daemon = subprocess.Popen(
                [DAEMON, f"--config-file={config}", "--nofork", "--nopidfile", f"--print-address={theirs}"], pass_fds=(theirs,)
            )
        finally:
            os.close(theirs)
        with os.fdopen(ours, "rb") as printed:
            if not printed.readline():  # its address comes when it listens; the end of the pipe when it has failed
                self.close()
                raise PrivateBusError(f"{DAEMON} does not start")
        return self

    def stop(self) -> None:
        """Every connection breaks."""
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait()
            self._daemon = None
        self._socket.unlink(missing_ok=True)

    def close(self) -> None:
        self.stop()
        self._folder.cleanup()
