from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from gateway.platform.accounts.roles import Role
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import Client, SteppingClock
from tests.platform.desk.office import Office
from tests.platform.person import Person, add_account
from tests.platform.samples import confirmation


@pytest.fixture
async def office(data_dir: Path, database_url: SecretStr | None) -> AsyncIterator[Office]:
    await add_account(data_dir, "chen", Role.CLERK, database_url=database_url)
    await add_account(data_dir, "lee", Role.CLERK, name="李小華", database_url=database_url)
    await add_account(data_dir, "lin", Role.OFFICER, name="林關員", database_url=database_url)
    clock = SteppingClock()
    settings = PlatformSettings(data_dir=data_dir, port=0, database_url=database_url)
    async with running(settings, clock) as address, ClientSession() as session:
        office = Office(address, Client(session, address), clock)
        await office.client.confirm(confirmation())
        await office.gate.asks()
        yield office


@pytest.fixture
async def chen(office: Office) -> AsyncIterator[Person]:
    async with await office.signed_in("chen") as person:
        yield person


@pytest.fixture
async def lee(office: Office) -> AsyncIterator[Person]:
    async with await office.signed_in("lee") as person:
        yield person


@pytest.fixture
async def lin(office: Office) -> AsyncIterator[Person]:
    async with await office.signed_in("lin") as person:
        yield person
