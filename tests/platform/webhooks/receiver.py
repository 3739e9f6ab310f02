"""A web server that gets events: a real one, which can be told to fail, to hang, to lead elsewhere, and to go away."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections import deque
from dataclasses import dataclass
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Received:
    event_id: str
    timestamp: str
    signature: str
    body: bytes
    path: str

    @property
    def event(self) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(self.body)
        return decoded

    def is_signed_with(self, secret: str) -> bool:
        """As standardwebhooks.com has it, written anew."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.event_id}.{self.timestamp}.".encode() + self.body
        wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return any(hmac.compare_digest(wanted, one) for one in self.signature.split(" "))


class Receiver:
    """`async with Receiver() as receiver`; `answers` are the statuses of the next answers, then `always`."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: deque[int] = deque()
        self.always = 204
        self.go_on = asyncio.Event()
        self.go_on.set()
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def __aenter__(self) -> "Receiver":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.go_on.set()
        await self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    async def start(self) -> None:
        """On the same port as before, if it ran before."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _take(self, request: web.Request) -> web.Response:
        event_id, timestamp, signature = (request.headers[f"webhook-{one}"] for one in ("id", "timestamp", "signature"))
        received = Received(event_id, timestamp, signature, await request.read(), request.path)
        async with self._news:
            self.received.append(received)
            self._news.notify_all()
        await self.go_on.wait()
        status = self.answers.popleft() if self.answers else self.always
        headers = {"Location": f"{request.scheme}://{request.host}/elsewhere"} if 300 <= status < 400 else {}
        return web.Response(status=status, headers=headers)

    async def until(self, number: int) -> list[Received]:
        """Everything received, once it is so much."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: len(self.received) >= number), 30)
        return self.received
