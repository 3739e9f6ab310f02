"""What the demonstration says to the platform: orders and registers as a depot sends them, and what it asks back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from gateway.model.wire import Confirmation


class PlatformRefusedError(Exception):
    """The platform did not take something, or did not answer; the text says which, in its own words if it has any."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A confirmation as the platform has it, and how many of its pictures are still under way."""

    confirmation: Confirmation
    missing_pictures: int


class PlatformClient:
    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def register(self, entries: Iterable[Mapping[str, Any]]) -> None:
        await self._post("/api/registry", list(entries))

    async def order(self, message: Mapping[str, Any]) -> None:
        await self._post("/api/orders", dict(message))

    async def _post(self, path: str, body: Any) -> None:
        try:
            async with self._session.post(self._url + path, json=body) as answer:
                if answer.status >= 300:
                    raise PlatformRefusedError(f"{path}: {answer.status} {await answer.text()}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise PlatformRefusedError(f"{path}: the platform does not answer: {error or type(error).__name__}") from error

    async def confirmation(self, gate: str, sequence: int) -> "Arrived | None":
        """A gate's confirmation by its number; None while the platform has none, or does not answer."""
        try:
            async with self._session.get(f"{self._url}/api/confirmations/{gate}/{sequence}") as answer:
                if answer.status != 200:
                    return None
                state = await answer.json()
        except (aiohttp.ClientError, TimeoutError):
            return None
        return Arrived(Confirmation.model_validate(state["confirmation"]), len(state["missing_pictures"]))
