"""The platform in a process of its own."""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from pydantic import SecretStr

from gateway.platform.serve import serve
from gateway.platform.settings import PlatformSettings


def _serve(folder: Path, url: str, told: Pipe) -> None:
    """In a process of its own."""
    settings = PlatformSettings(data_dir=folder, port=0, database_url=SecretStr(url))
    asyncio.run(serve(settings, on_ready=told.send))


@contextmanager
def running(folder: Path, url: str) -> Iterator[str]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(folder, url, theirs))
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()
