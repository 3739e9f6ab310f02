"""The gate and the platform as processes of their own, to be killed."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import aiohttp

from gateway.demo.processes import ProcessError, ServiceProcess, free_port

ROOT: Final = Path(__file__).resolve().parents[2]
END_S: Final = 3600.0  # for a gate that drains a large backlog


class GateChild:
    """One life of the gate's process. What it says is collected from its beginning to its end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._said = bytearray()
        self._more = asyncio.Event()
        self._listening = asyncio.ensure_future(self._listen())

    @classmethod
    async def start(cls, folder: Path, *arguments: str | int | float) -> "GateChild":
        """Started and about to open its store."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.fault_measure.gate",
            str(folder),
            *map(str, arguments),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stdin=asyncio.subprocess.DEVNULL,
        )
        child = cls(process)
        await child.until(b"begins")
        return child

    async def _listen(self) -> None:
        assert self.process.stdout
        while chunk := await self.process.stdout.read(1 << 16):
            self._said += chunk
            self._more.set()
        self._more.set()

    async def until(self, word: bytes) -> None:
        """Until it has said a line that begins so, or has ended."""
        while not (self._said.startswith(word) or b"\n" + word in self._said) and not self._listening.done():
            self._more.clear()
            await self._more.wait()

    async def kill(self) -> list[str]:
        """Returns all lines that it said. Raises ProcessError where it has ended by itself before, and has not said why."""
        with suppress(ProcessLookupError):
            self.process.kill()
        return await self._ended({-signal.SIGKILL})

    async def end(self) -> list[str]:
        """Wait until it ends by itself. Raises ProcessError where it fails, and does not say why."""
        return await self._ended({0})

    async def _ended(self, expected: Collection[int]) -> list[str]:
        async with asyncio.timeout(END_S):
            await self._listening
            status = await self.process.wait()
        lines = self._said.decode().splitlines()
        if status not in expected and not "".join(lines[-1:]).startswith("refused"):
            raise ProcessError(f"the gate ended with status {status}")
        return lines

    def resident_mib(self) -> float:
        """VmRSS, proc(5)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


class PlatformChild:
    """The platform as it is shipped: `gateway platform serve`, always at the same address."""

    def __init__(self, folder: Path, session: aiohttp.ClientSession) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port(0)
        self.url: Final = f"http://127.0.0.1:{port}"
        arguments = ("gateway.cli", "platform", "serve", "--data", str(folder / "platform"), "--port", str(port))
        self._session = session
        self._service = ServiceProcess("platform", arguments, folder / "platform.log", f"{self.url}/healthz")

    async def start(self) -> None:
        await self._service.start(self._session)

    async def kill(self) -> None:
        await self._service.kill()

    async def stop(self) -> None:
        await self._service.stop()


@asynccontextmanager
async def platform_beside(folder: Path) -> AsyncIterator[tuple[PlatformChild, aiohttp.ClientSession]]:
    """A platform, not started yet, and a session to ask it with; gone at the end."""
    async with aiohttp.ClientSession() as session:
        platform = PlatformChild(folder, session)
        try:
            yield platform, session
        finally:
            await platform.kill()
