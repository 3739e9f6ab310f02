"""What open pages are told: a line for everything that arrives, and never more than a slow page can be owed."""

import asyncio
import json

from aiohttp import StreamReader

from gateway.platform.live import MOST_LINES, Live
from gateway.platform.metrics import Metrics
from tests.platform.conftest import Client, Running
from tests.platform.samples import confirmation, jpeg, order, sha256


async def next_event(stream: StreamReader) -> tuple[str, dict[str, str]]:
    while not (line := (await stream.readline()).decode()).startswith("event: "):
        pass
    data = (await stream.readline()).decode()
    return line.removeprefix("event: ").strip(), json.loads(data.removeprefix("data: "))


async def test_everything_that_arrives_is_told_once(platform: Client) -> None:
    picture = jpeg()
    async with platform.session.get(platform.address + "/api/live") as live:
        assert live.content_type == "text/event-stream"
        for _ in range(2):
            await platform.post("/api/orders", order())
            await platform.confirm(confirmation(pictures=(picture,)))
            await platform.picture(sha256(picture), picture)
        await platform.post("/api/orders", order(serial=2, message=2))
        assert [await next_event(live.content) for _ in range(4)] == [
            ("order", {"order_number": "BD11020459525700001"}),
            ("confirmation", {"gate": "ct4-116", "sequence": 1}),
            ("picture", {"sha256": sha256(picture)}),
            ("order", {"order_number": "BD11020459525700002"}),
        ]


async def test_pages_that_leave_are_forgotten_and_too_many_are_turned_away(run_platform: Running) -> None:
    async with run_platform(max_live_clients=2) as platform:
        address = platform.address + "/api/live"
        async with platform.session.get(address) as one, platform.session.get(address) as two:
            assert (one.status, two.status) == (200, 200)
            status, problem = await platform.get("/api/live")
            assert (status, problem["title"]) == (503, "Unavailable")
        sent = 0
        while b"gateway_platform_live_clients 0.0" not in (await platform.get("/metrics"))[1]:
            sent += 1
            await platform.post("/api/orders", order(serial=sent, message=sent))


async def test_a_page_that_does_not_listen_costs_no_memory() -> None:
    live = Live(10, Metrics())
    with live.listening() as listener:
        for number in range(10 * MOST_LINES):
            live.tell("order", order_number=str(number))
        live.end()
        kept = [line async for line in listener.lines()]
    assert len(kept) <= MOST_LINES
    assert not kept or json.loads(kept[-1].decode().split("data: ")[1])["order_number"] == str(10 * MOST_LINES - 1)
    await asyncio.sleep(0)
