"""A platform for trials: it listens on a real socket, keeps what it took, and misbehaves when told to."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from aiohttp import web

from gateway.model.confirmation_batch import BatchAnswer, ConfirmationBatch, RecordAnswer
from gateway.model.wire import Confirmation, ConfirmationReceipt, FeedItem, FeedPage, PictureProgress, Problem

SERVER_TIME = datetime(2026, 11, 23, 2, 0, 7, tzinfo=UTC)

CUT = "cut"  # take it, then cut the connection without an answer
HANG = "hang"  # take it, then never answer
HELD = "held"  # take it, and answer when released
Fault = str | int | web.Response  # or an HTTP status, or an answer; nothing is taken then


class TrialPlatform:
    """`faults`, one list per kind of request (`confirmation`, `picture`, `piece`, `feed`), are used up one a request;
    an empty one is none."""

    def __init__(self) -> None:
        self.taken: dict[int, Confirmation] = {}
        self.order: list[int] = []  # sequence numbers as they were first taken
        self.bodies: dict[int, bytes] = {}
        self.pictures: dict[str, bytes] = {}
        self.pieces = b""  # of the picture that is under way
        self.overlap = 0  # bytes of pictures that were sent although they had been taken
        self.items: list[FeedItem] = []
        self.faults: dict[str, deque[Fault]] = {name: deque() for name in ("confirmation", "batch", "picture", "piece", "feed")}
        self.takes_batches = False
        self.batches: list[int] = []  # how many records each request brought
        self.refuses: dict[int, int] = {}  # sequence: the status that its record gets, alone or among others
        self.asked: list[str] = []  # every request: `PUT /api/pictures/…`
        self.tokens: list[str] = []
        self.held = 0
        self._released = asyncio.Semaphore(0)
        self.feed_waits: list[int] = []
        self.feed_limits: list[int] = []
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._changed = asyncio.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen; after a stop again at the same address."""
        app = web.Application()
        app.router.add_put("/api/gates/{gate}/confirmations/{sequence}", self._confirmation)
        if self.takes_batches:
            app.router.add_post("/api/gates/{gate}/confirmations", self._batch)
        app.router.add_put("/api/pictures/{sha256}", self._picture)
        app.router.add_patch("/api/pictures/{sha256}", self._piece)
        app.router.add_get("/api/feed", self._feed)
        self._runner = web.AppRunner(app, shutdown_timeout=0.05, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for a condition that requests bring about."""
        async with self._changed, asyncio.timeout(30):
            await self._changed.wait_for(holds)

    def release(self, count: int) -> None:
        """Answer as many of those requests that are held, the one that was first first."""
        for _ in range(count):
            self._released.release()

    async def put_in_feed(self, *items: FeedItem) -> None:
        async with self._changed:
            self.items += items
            self._changed.notify_all()

    async def _note(self, request: web.Request) -> None:
        async with self._changed:
            self.asked.append(f"{request.method} {request.path}")
            self.tokens.append(request.headers.get("Authorization", ""))
            self._changed.notify_all()

    async def _misbehave(self, request: web.Request, fault: Fault | None) -> web.StreamResponse | None:
        """The answer of a fault that takes nothing; a cut or a hang come after taking."""
        if isinstance(fault, web.Response):
            return fault
        if isinstance(fault, int):
            return web.json_response({"title": "Trial", "status": fault, "detail": "as told"}, status=fault)
        if fault == CUT:
            assert request.transport
            request.transport.abort()
        if fault == HELD:
            async with self._changed:
                self.held += 1
                self._changed.notify_all()
            await self._released.acquire()
        if fault == HANG:
            await asyncio.Event().wait()
        return None

    def _next_fault(self, kind: str) -> Fault | None:
        return self.faults[kind].popleft() if self.faults[kind] else None

    async def _confirmation(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        fault = self._next_fault("confirmation")
        await self._note(request)
        if not isinstance(fault, int | web.Response):
            receipt = await self._take(int(request.match_info["sequence"]), body)
        refused = await self._misbehave(request, fault)
        return refused or web.json_response(text=receipt.model_dump_json(), status=200 if receipt.repeated else 201)

    async def _batch(self, request: web.Request) -> web.StreamResponse:
        batch = ConfirmationBatch.model_validate_json(await request.read())
        fault = self._next_fault("batch")
        await self._note(request)
        self.batches.append(len(batch.records))
        answers = []
        if not isinstance(fault, int | web.Response):
            for record in batch.records:
                sequence = Confirmation.model_validate_json(record.body).sequence
                if status := self.refuses.get(sequence):
                    problem = Problem(title="Trial", status=status, detail="as told")
                    answers.append(RecordAnswer(status=status, problem=problem))
                else:
                    receipt = await self._take(sequence, record.body.encode())
                    answers.append(RecordAnswer(status=200 if receipt.repeated else 201, receipt=receipt))
        refused = await self._misbehave(request, fault)
        return refused or web.json_response(text=BatchAnswer(answers=tuple(answers)).model_dump_json())

    async def _take(self, sequence: int, body: bytes) -> ConfirmationReceipt:
        confirmation = Confirmation.model_validate_json(body)
        assert confirmation.sequence == sequence
        repeated = sequence in self.taken
        if repeated:
            assert self.bodies[sequence] == body
        async with self._changed:
            self.taken[sequence] = confirmation
            self.bodies[sequence] = body
            self.order += [] if repeated else [sequence]
            self._changed.notify_all()
        missing = tuple(ref.sha256 for ref in confirmation.pictures if ref.sha256 not in self.pictures)
        return ConfirmationReceipt(gate=confirmation.gate, sequence=sequence, repeated=repeated, missing_pictures=missing)

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        jpeg = await request.read()
        fault = self._next_fault("picture")
        await self._note(request)
        if not isinstance(fault, int | web.Response):
            async with self._changed:
                self.pictures[request.match_info["sha256"]] = jpeg
                self._changed.notify_all()
        return await self._misbehave(request, fault) or web.json_response({"sha256": request.match_info["sha256"]}, status=201)

    async def _piece(self, request: web.Request) -> web.StreamResponse:
        piece, sha256 = await request.read(), request.match_info["sha256"]
        offset, length = int(request.headers["Upload-Offset"]), int(request.headers["Upload-Length"])
        fault = self._next_fault("piece")
        await self._note(request)
        if not isinstance(fault, int | web.Response):
            if offset == len(self.pieces):
                self.pieces += piece
            else:
                self.overlap += len(piece)
            if len(self.pieces) == length:
                self.pictures[sha256] = self.pieces
        progress = PictureProgress(sha256=sha256, received=len(self.pieces))
        return await self._misbehave(request, fault) or web.json_response(text=progress.model_dump_json(), status=202)

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        after, wait_s = int(request.query["after"]), int(request.query["wait"])
        self.feed_waits.append(wait_s)
        self.feed_limits.append(int(request.query["limit"]))
        fault = self._next_fault("feed")
        await self._note(request)
        refused = await self._misbehave(request, fault)
        if refused is not None:
            return refused
        return web.json_response(text=(await self._page(after, wait_s)).model_dump_json())

    async def _page(self, after: int, wait_s: int) -> FeedPage:
        def news() -> tuple[FeedItem, ...]:
            return tuple(item for item in self.items if item.cursor > after)

        async with self._changed:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait_for(lambda: bool(news())), wait_s)
        found = news()
        return FeedPage(
            items=found[:2], cursor=found[:2][-1].cursor if found else after, more=len(found) > 2, server_time=SERVER_TIME
        )
