"""The platform and the gate as processes of their own, as they run on a site: started, waited for, stopped, killed."""

import asyncio
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import aiohttp

START_S: Final = 60.0  # reading models load in some seconds; a busy machine takes longer
STOP_S: Final = 15.0


class ProcessError(Exception):
    """A process did not start, or ended by itself; the text names it and its log."""


class ServiceProcess:
    """A module of ours in the background: `arguments` are what `python -m` is given. Its output goes to a log file."""

    def __init__(
        self, name: str, arguments: Sequence[str], log: Path, health_url: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """`environment`: beside ours."""
        self.name = name
        self._arguments = list(arguments)
        self._log = log
        self._health_url = health_url
        self._environment = {**os.environ, **(environment or {})}
        self._process: asyncio.subprocess.Process | None = None
        self._told_to_end = False

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def peak_memory_mib(self) -> float | None:
        """Peak resident memory of the process so far (VmHWM of /proc/PID/status, proc(5)); None where there is no /proc."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        except OSError:
            return None
        line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), None)
        return int(line.split()[1]) / 1024 if line else None

    async def start(self, session: aiohttp.ClientSession) -> None:
        """Start it and wait until it answers. Raises ProcessError."""
        self._told_to_end = False
        with self._log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *self._arguments,
                stdout=output,
                stderr=output,
                stdin=asyncio.subprocess.PIPE,
                env=self._environment,
            )
        try:
            async with asyncio.timeout(START_S):
                while not await self._answers(session):
                    if self._process.returncode is not None:
                        raise ProcessError(f"{self.name} ended with status {self._process.returncode}: {self._last_words()}")
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise ProcessError(f"{self.name} does not answer at {self._health_url}; its log is {self._log}") from None

    @property
    def started(self) -> bool:
        """Whether it ever was."""
        return self._process is not None

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def ended_by_itself(self) -> bool:
        return self.started and not self.runs and not self._told_to_end

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        if self._process and self._process.stdin:
            self._process.stdin.write(f"{line}\n".encode())

    async def stop(self) -> None:
        """Ask it to stop; kill it if it does not."""
        if self._process is None or self._process.returncode is not None:
            return
        self._told_to_end = True
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None and self._process.returncode is None:
            self._told_to_end = True
            self._process.kill()
            await self._process.wait()

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(self._health_url, timeout=aiohttp.ClientTimeout(total=2)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else f"nothing in {self._log}"


def free_port(wanted: int) -> int:
    """`wanted` if nobody listens there, else one that the system picks."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise ProcessError("no free port on 127.0.0.1")
