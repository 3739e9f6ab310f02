"""A platform that speaks TLS, a clock that can be set on, and gates that are approved and enrolled there."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr
from sqlalchemy import Connection

from gateway.model.clock import utc_now
from gateway.model.enrolment_code import EnrolmentCode
from gateway.platform.database import Database
from gateway.platform.gates import store
from gateway.platform.gates.authority import open_authority
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings

T = TypeVar("T")


class SetClock:
    """The system's clock, as TLS goes by it, and set on by `ahead` for everything that takes a clock."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


class TlsPlatform:
    """A platform on loopback with its own authority. `served` may be entered again, with the same address and data."""

    def __init__(self, folder: Path, database_url: SecretStr | None = None) -> None:
        self.folder = folder
        self._database_url = database_url
        self.clock = SetClock()
        self.url = ""
        self._port = 0

    @asynccontextmanager
    async def served(self, **changes: Any) -> AsyncIterator[str]:
        settings = {"data_dir": self.folder, "port": self._port, "tls_names": ("127.0.0.1", "localhost")}
        settings |= {"database_url": self._database_url} | changes
        async with running(PlatformSettings.model_validate(settings), self.clock) as self.url:
            self._port = int(self.url.rsplit(":", 1)[1])
            yield self.url

    @property
    def database(self) -> str:
        return PlatformSettings(data_dir=self.folder, database_url=self._database_url).url

    async def written(self, work: Callable[[Connection], T]) -> T:
        """As `gateway platform gate` does it, beside the running platform."""
        database = Database(self.database)
        await database.open()
        try:
            return await database.write(work)
        finally:
            await database.close()

    async def approve(self, gate: str, secret: bytes = b"0123456789") -> EnrolmentCode:
        now = self.clock()
        code = EnrolmentCode.new(open_authority(self.folder, now).der, lambda count: secret[:count])
        await self.written(lambda connection: store.approve(connection, gate, code.secret, now))
        return code

    async def revoke(self, gate: str) -> None:
        now = self.clock()
        assert await self.written(lambda connection: store.revoke(connection, gate, now))
