from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from gateway.platform.accounts.roles import Role
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import Client, SteppingClock
from tests.platform.person import Person, add_account

EVERGREEN, OTHERS = "04595257", "22099131"


@pytest.fixture
async def depot(data_dir: Path) -> AsyncIterator[Client]:
    """A platform with a clerk of a depot, one of another firm, and an officer of Customs."""
    await add_account(data_dir, "wang", Role.FIRM_CLERK, name="王櫃場", firm=EVERGREEN)
    await add_account(data_dir, "zhao", Role.FIRM_CLERK, name="趙別家", firm=OTHERS)
    await add_account(data_dir, "lin", Role.OFFICER, name="林關員")
    async with running(PlatformSettings(data_dir=data_dir, port=0), SteppingClock()) as address, ClientSession() as session:
        yield Client(session, address)


async def signed_in(depot: Client, login: str) -> Person:
    person = Person(depot.address)
    await person.sign_in(login, go_to="/orders")
    return person


@pytest.fixture
async def wang(depot: Client) -> AsyncIterator[Person]:
    async with await signed_in(depot, "wang") as person:
        yield person


@pytest.fixture
async def zhao(depot: Client) -> AsyncIterator[Person]:
    async with await signed_in(depot, "zhao") as person:
        yield person


@pytest.fixture
async def lin(depot: Client) -> AsyncIterator[Person]:
    async with await signed_in(depot, "lin") as person:
        yield person
