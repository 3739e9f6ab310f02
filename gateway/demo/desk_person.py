"""The one person who may decide at the desk of a rehearsed gate: with a PIN of this run, which is told and never kept."""

from pathlib import Path
from typing import Final

from gateway.display.desk.staff import PIN_LENGTHS, Person, Role, Staff, hash_pin, pin_problem, write_staff
from gateway.model.clock import RandomBytes

STAFF_ID: Final = "DEMO"


def appoint(staff_file: Path, random: RandomBytes) -> str:
    """Write a staff file of one supervisor, whatever was there before; gives the PIN. Raises StaffFileError."""
    pin = _pin(random)
    person = Person(staff_id=STAFF_ID, name="示範人員", role=Role.SUPERVISOR, pin=hash_pin(pin, random))
    write_staff(staff_file, Staff.nobody(random).and_person(person))
    return pin


def _pin(random: RandomBytes) -> str:
    """One that `gateway staff add` would take, too."""
    while True:
        pin = f"{int.from_bytes(random(8), 'big') % 10**PIN_LENGTHS.start:0{PIN_LENGTHS.start}d}"
        if not pin_problem(pin):
            return pin
