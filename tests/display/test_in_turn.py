"""Whoever asks for many pages at once makes nobody else on the loop wait for more than one of them."""

import asyncio
from pathlib import Path

from aiohttp import web

from gateway.display.app import build_app
from gateway.display.board import Board
from gateway.model.clock import utc_now

COUNT = 40


async def test_a_turn_of_the_loop_holds_one_request() -> None:
    turn, served_in = 0, []

    def picture(_sha256: str) -> Path | None:
        served_in.append(turn)
        return None

    async def count_turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    runner = web.AppRunner(build_app(Board(), picture, utc_now))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    crowd = [await asyncio.open_connection(*runner.addresses[0][:2]) for _ in range(COUNT)]
    counting = asyncio.create_task(count_turns())
    try:
        for _, writer in crowd:
            writer.write(f"GET /pictures/{'0' * 64}.jpg HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answers = await asyncio.gather(*(reader.read() for reader, _ in crowd))
    finally:
        counting.cancel()
        for _, writer in crowd:
            writer.close()
        await runner.cleanup()
    assert all(b"no such picture" in answer for answer in answers)
    assert len(served_in) == len(set(served_in)) == COUNT
