"""A real platform on a free port with a real database, an SQLite file or PostgreSQL, and a client that speaks to it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, ClientTimeout
from pydantic import SecretStr

from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform import postgres

Running = Callable[..., AbstractAsyncContextManager["Client"]]
KINDS = ("sqlite", "postgresql")
DEADLINE = ClientTimeout(total=60)


class SteppingClock:
    """A clock that moves on by a second whenever it is read."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 3, 43, 50, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class Client:
    """One session with a platform. Each call gives the status and the decoded answer."""

    def __init__(self, session: ClientSession, address: str) -> None:
        self.session = session
        self.address = address

    async def send(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        async with self.session.request(method, self.address + path, **options) as answer:
            return answer.status, await _decoded(answer)

    async def get(self, path: str, **options: Any) -> tuple[int, Any]:
        return await self.send("GET", path, **options)

    async def post(self, path: str, message: Any, **options: Any) -> tuple[int, Any]:
        return await self.send("POST", path, json=message, **options)

    async def confirm(self, message: dict[str, Any], **options: Any) -> tuple[int, Any]:
        path = f"/api/gates/{message['gate']}/confirmations/{message['sequence']}"
        return await self.send("PUT", path, json=message, **options)

    async def picture(self, name: str, data: bytes, **options: Any) -> tuple[int, Any]:
        headers = {"Content-Type": "image/jpeg"} | options.pop("headers", {})
        return await self.send("PUT", f"/api/pictures/{name}", data=data, headers=headers, **options)

    async def page(self, path: str, language: str = "zh_TW") -> tuple[int, str]:
        async with self.session.get(self.address + path, cookies={"lang": language}) as answer:
            return answer.status, await answer.text()


async def _decoded(answer: ClientResponse) -> Any:
    return await answer.json() if answer.content_type.endswith("json") else await answer.read()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that has a database runs on SQLite, on PostgreSQL or on both: see `--database`."""
    if "database_url" not in metafunc.fixturenames:
        return
    markers = {marker.name for marker in metafunc.definition.iter_markers()}
    if only := [kind for kind in KINDS if f"{kind}_only" in markers]:
        kinds = only
    else:
        chosen = metafunc.config.getoption("--database") or ("both" if "both_databases" in markers else "sqlite")
        kinds = [kind for kind in KINDS if chosen in {kind, "both"}]
    metafunc.parametrize("database_url", kinds, indirect=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    """The run's server. Started when the first test wants it."""
    programs = postgres.programs()
    if programs is None:
        pytest.skip(f"needs the package {postgres.PACKAGE}")
    with postgres.server(programs) as server:
        yield server


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[SecretStr | None]:
    """Of this test's own database on PostgreSQL; None for the SQLite file in the data folder."""
    with ExitStack() as held:
        if request.param == "sqlite":
            yield None
        else:
            server: postgres.Server = request.getfixturevalue("postgresql")
            yield SecretStr(held.enter_context(server.database()))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "platform"


@pytest.fixture
def settings(data_dir: Path, database_url: SecretStr | None) -> PlatformSettings:
    return PlatformSettings(data_dir=data_dir, port=0, database_url=database_url)


@pytest.fixture
def run_platform(settings: PlatformSettings) -> Running:
    """Starts a platform on the test's data folder and database; leaving the block stops it, and it can be started again."""

    @asynccontextmanager
    async def start(**changes: Any) -> AsyncIterator[Client]:
        made = settings.model_copy(update=changes)
        async with running(made, SteppingClock()) as address, ClientSession(timeout=DEADLINE) as session:
            yield Client(session, address)

    return start


@pytest.fixture
async def platform(run_platform: Running) -> AsyncIterator[Client]:
    async with run_platform() as client:
        yield client
