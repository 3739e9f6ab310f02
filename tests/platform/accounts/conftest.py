"""A platform with people of each kind, and its clock."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.platform.accounts.roles import Role
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import SteppingClock
from tests.platform.person import Person, add_account

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class Office:
    """A platform with a clerk (a password) and an officer (a second factor besides), and its clock."""

    def __init__(self, settings: PlatformSettings, address: str, clock: SteppingClock) -> None:
        self.settings, self.address, self.clock = settings, address, clock

    def person(self) -> Person:
        return Person(self.address)

    async def account(self, *arguments: str, answers: str = "") -> str:
        """`gateway platform account …`, beside the running platform."""
        where = ("--data", str(self.settings.data_dir), "--database", self.settings.url)
        command = ["platform", "account", *arguments, *where]
        done = await asyncio.to_thread(CliRunner().invoke, main, command, input=answers)
        assert done.exit_code == 0, done.output
        return done.output


@pytest.fixture
async def office(settings: PlatformSettings) -> AsyncIterator[Office]:
    await add_account(settings.data_dir, "chen", Role.CLERK, database_url=settings.database_url)
    await add_account(settings.data_dir, "lin", Role.OFFICER, KEY, database_url=settings.database_url)
    clock = SteppingClock()
    async with running(settings, clock) as address:
        yield Office(settings, address, clock)


@pytest.fixture
async def keepers(office: Office) -> Office:
    """Besides, an administrator, and a firm's manager with a clerk."""
    where, url = office.settings.data_dir, office.settings.database_url
    await add_account(where, "root", Role.ADMINISTRATOR, name="管理員", database_url=url)
    await add_account(where, "boss", Role.FIRM_MANAGER, name="張三豐", firm="04595257", database_url=url)
    await add_account(where, "04595257.wu", Role.FIRM_CLERK, name="吳小姐", firm="04595257", database_url=url)
    return office
