"""Many connections, in a process of their own: what they cost the attacker must not be measured with what is attacked.

crowd.py hold PORT COUNT SENDERS REQUEST      that many connections which have sent this (hex) and then wait, until the input ends
crowd.py hammer PORT COUNT SENDERS REQUEST S  each asks for a page again and again, for so many seconds

SENDERS are addresses of this machine, joined by commas, that take turns. `hold` prints how many connections there are and, after a
line of input, how many of them have been kept; `hammer` how many pages came.
"""

import asyncio
import itertools
import sys
from typing import Final

A_MOMENT_S: Final = 0.2  # in which this program gets to hear what the kernel knows already

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _connected(port: int, sender: str, request: bytes) -> Connection | None:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(sender, 0))
        writer.write(request)
    except OSError:
        return None
    return reader, writer


async def hold(port: int, count: int, senders: list[str], request: bytes) -> None:
    made = []
    for sender in itertools.islice(itertools.cycle(senders), count):
        if connection := await _connected(port, sender, request):
            made.append(connection)
    print(len(made), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await asyncio.sleep(A_MOMENT_S)
    print(sum(not reader.at_eof() and reader.exception() is None for reader, _ in made), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for _, writer in made:
        writer.transport.abort()


async def hammer(port: int, count: int, senders: list[str], request: bytes, seconds: float) -> None:
    pages = 0

    async def ask(sender: str) -> None:
        nonlocal pages
        while True:
            connection = await _connected(port, sender, b"")
            if connection is None:
                await asyncio.sleep(0.1)
                continue
            reader, writer = connection
            try:
                while True:
                    writer.write(request)
                    await reader.readuntil(b"</html>")
                    pages += 1
            except (OSError, asyncio.IncompleteReadError):
                writer.transport.abort()
                await asyncio.sleep(0.1)

    asking = [asyncio.create_task(ask(sender)) for sender in itertools.islice(itertools.cycle(senders), count)]
    await asyncio.wait(asking, timeout=seconds)
    print(pages, flush=True)


def main() -> None:
    what, port, count, senders, request, *seconds = sys.argv[1:]
    given = int(port), int(count), senders.split(","), bytes.fromhex(request)
    asyncio.run(hammer(*given, float(seconds[0])) if what == "hammer" else hold(*given))


if __name__ == "__main__":
    main()
