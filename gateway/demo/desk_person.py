"""The one person who may decide on a rehearsed gate: at its desk by a PIN, at the platform by a password, both of this run only."""

import asyncio
import base64
from pathlib import Path
from typing import Final

from gateway.display.desk.staff import PIN_LENGTHS, Person, Role, Staff, hash_pin, pin_problem, write_staff
from gateway.model.clock import Clock, RandomBytes
from gateway.platform.accounts import store
from gateway.platform.accounts.passwords import hash_password
from gateway.platform.accounts.roles import Role as AccountRole
from gateway.platform.accounts.store import Account, Secrets
from gateway.platform.database import Database
from gateway.platform.settings import PlatformSettings

STAFF_ID: Final = "DEMO"
LOGIN: Final = "demo"
NAME: Final = "示範人員"


def appoint(staff_file: Path, random: RandomBytes) -> str:
    """Write a staff file of one supervisor, whatever was there before; gives the PIN. Raises StaffFileError."""
    pin = _pin(random)
    person = Person(staff_id=STAFF_ID, name=NAME, role=Role.SUPERVISOR, pin=hash_pin(pin, random))
    write_staff(staff_file, Staff.nobody(random).and_person(person))
    return pin


async def admit(platform_data: Path, clock: Clock, random: RandomBytes) -> str:
    """Give the person an officer's account at the platform, without a second factor; gives the password. Raises DatabaseError."""
    password = base64.b32encode(random(10)).decode().casefold()
    secrets = Secrets(hash_password(password, random), None)
    account = Account(login=LOGIN, name=NAME, role=AccountRole.OFFICER)
    await asyncio.to_thread(platform_data.mkdir, parents=True, exist_ok=True)
    database = Database(PlatformSettings(data_dir=platform_data).url)
    await database.open()
    try:
        await database.write(lambda connection: store.put(connection, account, secrets, clock()))
    finally:
        await database.close()
    return password


def _pin(random: RandomBytes) -> str:
    """One that `gateway staff add` would take, too."""
    while True:
        pin = f"{int.from_bytes(random(8), 'big') % 10**PIN_LENGTHS.start:0{PIN_LENGTHS.start}d}"
        if not pin_problem(pin):
            return pin
