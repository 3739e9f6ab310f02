"""A platform with people of each kind, and its clock."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

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

    def __init__(self, data_dir: Path, address: str, clock: SteppingClock) -> None:
        self.data_dir, self.address, self.clock = data_dir, address, clock

    def person(self) -> Person:
        return Person(self.address)

    async def account(self, *arguments: str, answers: str = "") -> str:
        """`gateway platform account …`, beside the running platform."""
        command = ["platform", "account", *arguments, "--data", str(self.data_dir)]
        done = await asyncio.to_thread(CliRunner().invoke, main, command, input=answers)
        assert done.exit_code == 0, done.output
        return done.output


@pytest.fixture
async def office(data_dir: Path) -> AsyncIterator[Office]:
    await add_account(data_dir, "chen", Role.CLERK)
    await add_account(data_dir, "lin", Role.OFFICER, KEY)
    clock = SteppingClock()
    async with running(PlatformSettings(data_dir=data_dir, port=0), clock) as address:
        yield Office(data_dir, address, clock)


@pytest.fixture
async def keepers(data_dir: Path, office: Office) -> Office:
    """Besides, an administrator, and a firm's manager with a clerk."""
    await add_account(data_dir, "root", Role.ADMINISTRATOR, name="管理員")
    await add_account(data_dir, "boss", Role.FIRM_MANAGER, name="張三豐", firm="04595257")
    await add_account(data_dir, "04595257.wu", Role.FIRM_CLERK, name="吳小姐", firm="04595257")
    return office
