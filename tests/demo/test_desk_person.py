"""Whoever looks at the demonstration may decide: with what is told on the console, and with nothing that stands in a file."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.desk_person import STAFF_ID, appoint
from gateway.display.desk.sign_in import SignIn
from gateway.display.desk.staff import Role
from gateway.display.errors import NotProvenError


async def test_the_pin_that_is_told_proves_a_supervisor_and_stands_in_no_file(tmp_path: Path) -> None:
    file = tmp_path / "staff.json"
    before = appoint(file, os.urandom)
    pin = appoint(file, os.urandom)  # the next run
    assert pin not in file.read_text(encoding="utf-8")
    desk = SignIn(file, lambda: 0.0)
    assert (await desk.prove(STAFF_ID, pin, "")).person.role is Role.SUPERVISOR
    if before != pin:
        with pytest.raises(NotProvenError):
            await desk.prove(STAFF_ID, before, "")


def test_no_pin_that_is_guessed_at_once(tmp_path: Path) -> None:
    rolls: Iterator[int] = iter((111_111, 123_456, 7_003_141))
    assert appoint(tmp_path / "staff.json", lambda size: next(rolls, 5).to_bytes(size, "big")) == "003141"
