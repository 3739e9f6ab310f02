"""Who is at the desk: the staff file that gives no secret away, and a lock-out that nobody gets around."""

import asyncio
import json
import logging
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.display.desk.sign_in import FIRST_LOCK_S, LONGEST_LOCK_S, MOST_REMEMBERED, MOST_WRONG, Attempts, SignIn
from gateway.display.desk.staff import Person, Role, Staff, normalise_badge, pin_problem, read_staff, write_staff
from gateway.display.errors import LockedOutError, NotProvenError, StaffFileError
from tests.display.desk.gate import BADGE, OFFICER_PIN, SUPERVISOR_PIN, staff


@pytest.fixture
def staff_file(tmp_path: Path) -> Path:
    path = tmp_path / "staff.json"
    write_staff(path, staff())
    return path


async def test_pin_and_badge_prove_their_own_person_only(staff_file: Path) -> None:
    desk = SignIn(staff_file, lambda: 0.0)
    by_pin = await desk.prove("a017", OFFICER_PIN, "")
    assert (by_pin.person.called, by_pin.proof, by_pin.person.role) == ("A017 陳美玲", "pin", Role.OFFICER)
    by_badge = await desk.prove("A017", OFFICER_PIN, "04-a1-b2-c3-d4")
    assert (by_badge.person.staff_id, by_badge.proof, by_badge.person.role) == ("S002", "badge", Role.SUPERVISOR)
    for wrong in (
        ("A017", SUPERVISOR_PIN, ""),
        ("S002", OFFICER_PIN, ""),
        ("", OFFICER_PIN, ""),
        ("A017", OFFICER_PIN, "99999999"),
    ):
        with pytest.raises(NotProvenError):
            await desk.prove(*wrong)


async def test_many_guesses_at_once_are_no_way_around_the_lock(staff_file: Path) -> None:
    desk = SignIn(staff_file, lambda: 0.0)
    tried = await asyncio.gather(*(desk.prove("A017", f"55{n:04d}", "") for n in range(8)), return_exceptions=True)
    looked = [one for one in tried if isinstance(one, NotProvenError) and not isinstance(one, LockedOutError)]
    assert len(looked) == MOST_WRONG - 1
    with pytest.raises(LockedOutError):
        await desk.prove("A017", OFFICER_PIN, "")


async def test_a_flood_waits_and_the_others_are_told(staff_file: Path) -> None:
    desk = SignIn(staff_file, lambda: 0.0)
    tried = await asyncio.gather(*(desk.prove(f"X{n}", "551234", "") for n in range(20)), return_exceptions=True)
    assert sum(isinstance(one, LockedOutError) for one in tried) == 12


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.booleans(), st.floats(0, 2000)), max_size=60))
@settings(deadline=None)
def test_never_more_guesses_than_the_lock_allows(tries: list[tuple[str, bool, float]]) -> None:
    """Whatever is tried whenever: after three wrong ones nothing is looked at before the lock has ended, and it always ends."""
    now = 0.0
    attempts = Attempts(lambda: now)
    wrong, locked_at = {"a": 0, "b": 0}, {"a": -1e9, "b": -1e9}
    for name, right, pause in tries:
        now += pause
        if attempts.wait_s(name):
            assert attempts.wait_s(name) <= LONGEST_LOCK_S
            assert wrong[name] >= MOST_WRONG
            continue
        assert wrong[name] < MOST_WRONG or now - locked_at[name] >= FIRST_LOCK_S
        if right:
            attempts.was_right(name)
            wrong[name] = 0
        else:
            attempts.was_wrong(name)
            wrong[name] += 1
            locked_at[name] = now
        assert bool(attempts.wait_s(name)) == (wrong[name] >= MOST_WRONG)


def test_names_that_somebody_makes_up_neither_fill_the_memory_nor_free_a_locked_one() -> None:
    attempts = Attempts(lambda: 0.0)
    for _ in range(MOST_WRONG):
        attempts.was_wrong("pin a017")
    for number in range(3 * MOST_REMEMBERED):
        attempts.was_wrong(f"pin {number}")
    assert attempts.wait_s("pin a017") == FIRST_LOCK_S
    assert len(attempts._counts) <= MOST_REMEMBERED


def test_the_file_is_the_services_own_and_holds_no_secret(staff_file: Path) -> None:
    assert stat.S_IMODE(os.stat(staff_file).st_mode) == 0o600
    text = staff_file.read_text(encoding="utf-8")
    for secret in (OFFICER_PIN, SUPERVISOR_PIN, BADGE, normalise_badge(BADGE)):
        assert secret not in text
    assert read_staff(staff_file).person("s002") == staff_of(text).person("S002")


def staff_of(text: str) -> Staff:
    return Staff.model_validate_json(text)


def test_two_people_with_one_pin_do_not_show_it() -> None:
    assert len({person.pin.hash for person in staff().people if person.pin}) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "Invalid JSON"),
        ('{"badge_salt": "00"}', "badge_salt"),
        (
            json.dumps({"badge_salt": "00" * 16, "people": [{"staff_id": "A 1", "name": "x", "role": "officer"}]}),
            "people.0.staff_id",
        ),
        (json.dumps({"badge_salt": "00" * 16, "people": [{"staff_id": "A1", "name": "x", "role": "king"}]}), "people.0.role"),
        (json.dumps({"badge_salt": "00" * 16, "people": [{"staff_id": "A1", "name": "x", "role": "officer"}] * 2}), "twice"),
    ],
)
def test_a_file_that_is_wrong_names_itself_and_the_field(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "staff.json"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(StaffFileError, match=words) as caught:
        read_staff(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_or_open_to_others(tmp_path: Path, staff_file: Path) -> None:
    with pytest.raises(StaffFileError, match="gateway staff add"):
        read_staff(tmp_path / "none.json")
    staff_file.chmod(0o604)
    with pytest.raises(StaffFileError, match="chmod 600"):
        read_staff(staff_file)


def test_a_badge_belongs_to_one_person() -> None:
    people = staff()
    thief = Person(staff_id="B001", name="x", role=Role.OFFICER, badges=(people.badge_hash(BADGE),))
    with pytest.raises(ValueError, match="twice"):
        people.and_person(thief)


@pytest.mark.parametrize(
    ("pin", "good"), [("480913", True), ("12345", False), ("111111", False), ("234567", False), ("987654", False)]
)
def test_a_pin_that_is_guessed_at_once_is_not_taken(pin: str, good: bool) -> None:
    assert (pin_problem(pin) == "") is good


async def test_wrong_badges_are_counted_together(staff_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    desk = SignIn(staff_file, lambda: 0.0)
    for number in range(MOST_WRONG):
        with pytest.raises(NotProvenError):
            await desk.prove("", "", f"badge-{number}")
    with pytest.raises(LockedOutError):
        await desk.prove("", "", BADGE)
    assert (await desk.prove("A017", OFFICER_PIN, "")).proof == "pin"
    assert "badge-0" not in caplog.text
