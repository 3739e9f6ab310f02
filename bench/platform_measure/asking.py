"""What a running platform is asked over HTTP, and how long it takes."""

import asyncio
import json
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import ClientSession, ClientTimeout, TCPConnector

from bench.platform_measure import made
from gateway.model.confirmation_batch import MOST_RECORDS

SEARCHES: Final = 200
BEHIND: Final = 2000  # entries that each of the gates still lacks
NEWS: Final = 20
INGESTING: Final = 8  # gates at once
SINGLES: Final = 100  # of each
BATCHES: Final = 8  # of each
PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Times:
    """Of many answers, seconds."""

    median: float
    p95: float
    longest: float

    @staticmethod
    def of(seconds: Sequence[float]) -> "Times":
        ordered = sorted(seconds)
        return Times(statistics.median(ordered), ordered[int(len(ordered) * 0.95)], ordered[-1])

    def __str__(self) -> str:
        return f"{self.median * 1000:.0f} / {self.p95 * 1000:.0f} / {self.longest * 1000:.0f} ms"


class LostError(Exception):
    """Something that was handed in is not there."""


class Asking:
    """One client of one platform that holds `count` orders."""

    def __init__(self, session: ClientSession, url: str, count: int) -> None:
        self._session, self._url, self._count = session, url, count
        self._random = random.Random(1)
        self._new = 0

    @staticmethod
    def session() -> ClientSession:
        return ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=600))

    async def _get(self, path: str, **query: Any) -> Any:
        async with self._session.get(self._url + path, params=query) as answer:
            assert answer.status == 200, (answer.status, await answer.text())
            return await answer.json()

    async def search(self) -> dict[str, Times]:
        """One after the other, each for another order."""
        found: dict[str, Times] = {}
        kinds = {
            "box number": made.box,
            "six characters of a box number": lambda number: made.box(number)[4:10],
            "plate": made.plate,
            "driver (one in 50 has the name)": lambda number: made.DRIVERS[number % len(made.DRIVERS)],
            "nothing like it": lambda number: f"ZZQ{number:06d}",
        }
        for name, words in kinds.items():
            seconds = []
            for _ in range(SEARCHES):
                number = self._random.randrange(self._count)
                begun = time.perf_counter()
                page = await self._get("/api/orders", q=words(number), limit=50, direction="newest")
                seconds.append(time.perf_counter() - begun)
                if bool(page["items"]) == (name == "nothing like it"):
                    raise LostError(f"search for {name}: {len(page['items'])} found")
            found[name] = Times.of(seconds)
        return found

    async def feed(self) -> float:
        """Entries a second, all gates together, each of them BEHIND entries behind."""
        last = (await self._get("/api/orders", limit=1, direction="newest"))["items"][0]["cursor"]
        start = max(0, last - BEHIND)

        async def follow() -> int:
            cursor, taken = start, 0
            while cursor < last:
                page = await self._get("/api/feed", after=cursor, limit=PAGE)
                cursor, taken = page["cursor"], taken + len(page["items"])
            return taken

        begun = time.perf_counter()
        taken = sum(await asyncio.gather(*(follow() for _ in range(made.GATES))))
        return taken / (time.perf_counter() - begun)

    async def news(self) -> Times:
        """From handing an order in until the last of the waiting gates has it."""
        seconds = []
        for _ in range(NEWS):
            last = (await self._get("/api/orders", limit=1, direction="newest"))["items"][0]["cursor"]
            waiting = [asyncio.create_task(self._get("/api/feed", after=last, limit=PAGE, wait=30)) for _ in range(made.GATES)]
            await asyncio.sleep(0.3)  # until they all wait
            begun = time.perf_counter()
            self._new += 1
            order = made.order(self._new, kind=1).model_dump(mode="json")
            async with self._session.post(f"{self._url}/api/orders", json=order) as answer:
                assert answer.status == 201, await answer.text()
            pages = await asyncio.gather(*waiting)
            seconds.append(time.perf_counter() - begun)
            if any(page["items"][0]["entry"]["order"]["order_number"] != order["order_number"] for page in pages):
                raise LostError("a gate did not get the new order")
        return Times.of(seconds)

    async def ingest(self, batched: bool) -> float:
        """Confirmations a second, of gates that all send at once and each wait for their answers."""
        each = BATCHES * MOST_RECORDS if batched else SINGLES
        gates = {f"{'b' if batched else 's'}-{number}": number for number in range(INGESTING)}
        bodies = {
            gate: [json.dumps(made.passage((number * each + i) % self._count, gate, i + 1)) for i in range(each)]
            for gate, number in gates.items()
        }
        hand_in = self._together if batched else self._alone
        begun = time.perf_counter()
        await asyncio.gather(*(hand_in(gate, records) for gate, records in bodies.items()))
        return INGESTING * each / (time.perf_counter() - begun)

    async def _together(self, gate: str, bodies: list[str]) -> None:
        for start in range(0, len(bodies), MOST_RECORDS):
            batch = {"records": [{"body": body} for body in bodies[start : start + MOST_RECORDS]]}
            async with self._session.post(f"{self._url}/api/gates/{gate}/confirmations", json=batch) as answer:
                statuses = {record["status"] for record in (await answer.json())["answers"]}
            if statuses != {201}:
                raise LostError(f"a batch was answered {statuses}")

    async def _alone(self, gate: str, bodies: list[str]) -> None:
        fields = {"Content-Type": "application/json"}
        for sequence, body in enumerate(bodies, 1):
            url = f"{self._url}/api/gates/{gate}/confirmations/{sequence}"
            async with self._session.put(url, data=body.encode(), headers=fields) as answer:
                if answer.status != 201:
                    raise LostError(f"a confirmation was answered {answer.status}")
