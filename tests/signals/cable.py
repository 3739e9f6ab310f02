"""A network cable between the gate and a module, which can be cut: nothing arrives any more, and nobody is told."""

import asyncio
import contextlib
from typing import Self


class Cable:
    """Forwards one TCP port to another on the loopback, until it is cut. Use as an asynchronous context manager."""

    def __init__(self, port: int) -> None:
        self._far = port
        self._whole = asyncio.Event()
        self._whole.set()
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)
        await self._server.wait_closed()

    def cut(self) -> None:
        """Bytes wait for ever, and so does whoever connects."""
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._pipes.add(task)
        task.add_done_callback(self._pipes.discard)
        try:
            await self._whole.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._far)
            try:
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(self._pipe(reader, far_writer))
                    ways.create_task(self._pipe(far_reader, writer))
            finally:
                await _close(far_writer)
        except* ConnectionError:
            pass
        finally:
            await _close(writer)

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            await self._whole.wait()
            if error := reader.exception():  # the sender reset the connection meanwhile: nobody sends this any more
                raise error
            writer.write(data)
            await writer.drain()
        raise ConnectionError("the other end hung up")


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
