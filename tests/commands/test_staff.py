"""`gateway staff`: who may decide at the gate, with PINs and badges that are typed unseen and kept as hashes."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.display.desk.staff import Role, read_staff

SITE = """
name: kh-t4
title: {zh_TW: 測試, en: Test}
store: {folder: store}
desk: {staff: staff.json}
lanes:
- name: lane-1
  title: {zh_TW: 一, en: One}
  rules: {opened_by: camera}
  cameras: [{type: file, name: camera-1, path: clip.mkv}]
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(SITE, encoding="utf-8")
    return path


def run(site: Path, *words: str, typed: str = "") -> Result:
    command, *others = words
    return CliRunner().invoke(main, ["staff", command, "--site", str(site), *others], input=typed)


def test_a_person_is_added_listed_and_removed(site: Path) -> None:
    added = run(site, "add", "A017", "--name", "陳美玲", typed="480913\n480913\n")
    assert (added.exit_code, "A017 陳美玲: officer" in added.output, "480913" in added.output) == (0, True, False)
    assert (
        run(
            site, "add", "S002", "--name", "吳志明", "--role", "supervisor", "--badge", "--no-pin", typed="04a1b2c3\n04a1b2c3\n"
        ).exit_code
        == 0
    )
    staff = read_staff(site.parent / "staff.json")
    assert staff.with_pin("A017", "480913")
    known = staff.with_badge("04:A1:B2:C3")
    assert known
    assert (known.role, known.pin) == (Role.SUPERVISOR, None)
    listed = run(site, "list").output
    for words in ("員工編號", "陳美玲", "管制員", "主管"):
        assert words in listed
    assert "supervisor" in run(site, "list", "--language", "en").output
    assert run(site, "remove", "a017").exit_code == 0
    assert [person.staff_id for person in read_staff(site.parent / "staff.json").people] == ["S002"]


def test_the_first_person_may_be_added_before_the_gate_ever_ran(site: Path) -> None:
    site.write_text(SITE.replace("staff.json", "not/yet/staff.json"), encoding="utf-8")
    assert run(site, "add", "A017", "--name", "陳美玲", typed="480913\n480913\n").exit_code == 0
    assert (site.parent / "not" / "yet").stat().st_mode & 0o077 == 0
    assert "A017" in run(site, "list").output


def test_a_pin_is_set_anew_and_badges_stay(site: Path) -> None:
    run(site, "add", "A017", "--name", "陳美玲", "--badge", typed="480913\n480913\n04a1b2c3\n04a1b2c3\n")
    run(site, "add", "A017", "--name", "陳美玲", typed="775204\n775204\n")
    staff = read_staff(site.parent / "staff.json")
    assert staff.with_pin("A017", "480913") is None
    assert staff.with_pin("A017", "775204")
    assert staff.with_badge("04a1b2c3")


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("add", "A017", "--name", "x"), "1234\n1234\n", "6 to 12 digits"),
        (("add", "A017", "--name", "x"), "123456\n123456\n", "guessed at once"),
        (("add", "A 017", "--name", "x"), "480913\n480913\n", "staff_id"),
        (("add", "A017", "--name", "x", "--no-pin"), "", "needs a --badge"),
        (("add", "A017", "--name", "x", "--badge", "--no-pin"), "1\n1\n", "a badge is"),
        (("remove", "A017"), "", "gateway staff add"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(site: Path, words: tuple[str, ...], typed: str, said: str) -> None:
    result = run(site, *words, typed=typed)
    assert result.exit_code != 0
    assert said in result.output
    assert not (site.parent / "staff.json").exists()


def test_a_site_without_a_desk_has_no_staff(site: Path) -> None:
    site.write_text(SITE.replace("desk: {staff: staff.json}\n", ""), encoding="utf-8")
    assert "no `desk`" in run(site, "list").output
