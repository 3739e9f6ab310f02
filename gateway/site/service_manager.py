"""Talks to systemd (sd_notify(3)): ready, stopping, and the watchdog's sign of life. Silent where there is no systemd."""

import os
import socket
from typing import Final

# The watchdog is fed at less than half its time, as sd_watchdog_enabled(3) recommends.
FEED_SHARE: Final = 0.4


class ServiceManager:
    """`address` is NOTIFY_SOCKET: a path, or an abstract name after `@`. Never blocks, never raises."""

    def __init__(self, address: str | None, watchdog_usec: str | None, watchdog_pid: str | None) -> None:
        self._address = address
        wanted = watchdog_usec and watchdog_usec.isdigit() and (not watchdog_pid or watchdog_pid == str(os.getpid()))
        self.feed_every_s = int(watchdog_usec) / 1e6 * FEED_SHARE if wanted and watchdog_usec else None

    @classmethod
    def of_environment(cls) -> "ServiceManager":
        return cls(os.environ.get("NOTIFY_SOCKET"), os.environ.get("WATCHDOG_USEC"), os.environ.get("WATCHDOG_PID"))

    def ready(self, status: str) -> None:
        self._send(f"READY=1\nSTATUS={status}")

    def alive(self) -> None:
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as notify:
            try:
                notify.sendto(message.encode(), address)
            except OSError:
                return  # a manager that does not listen must not stop a lane
