"""The table of attacks: nothing gets in, a door that is left open is found, and so is a control that is not served."""

import hmac
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.attack_table import __main__ as table
from bench.attack_table import floods, people, records, seals, texts
from bench.attack_table.scene import Attack, Scene, Tried, scene
from gateway.look import forms, hostile_text
from gateway.platform.accounts import attempts, store
from gateway.platform.doorkeeper import THIS_MACHINE, Doorkeeper
from gateway.platform.gates import store as gates
from gateway.seal_reader.profile import SignedFrame

# What these get goes by the speed of the machine, of which no test may make anything.
TIMED = (people.logins_told_apart, seals.flood, floods.event_streams, floods.pages_hammered, floods.pages_hammered_by_many)
HELD = Tried("an attack", 2, "2 × 403", True, "1 × 200", True)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path, quick=True) as made:
        yield made


async def test_no_attack_gets_in(here: Scene) -> None:
    tried = [await attack(here) for attack in table.ATTACKS if attack not in TIMED]
    assert [table.line(one) for one in tried if not one.held] == []
    assert all(one.times for one in tried)


async def takes_everybody_for_kh_a(*_: object) -> str:
    return "kh-a"


def goes_by_its_beginning(given: bytes, token: bytes) -> bool:
    return given[:4] == token[:4]


@pytest.mark.parametrize(
    ("attack", "door", "name", "left_open"),
    [
        (records.in_anothers_name, Doorkeeper, "_gate", takes_everybody_for_kh_a),
        (records.stolen_certificate, gates, "revoke", lambda *_: True),
        (records.tokens_guessed, hmac, "compare_digest", goes_by_its_beginning),
        (people.strangers, Doorkeeper, "_person", lambda *_: THIS_MACHINE),
        (people.passwords_guessed, attempts, "wait_s", lambda *_: 0.0),
        (people.cookie_after_sign_out, store, "end_session", lambda *_: None),
        (people.foreign_forms, forms, "_host_of", lambda origin: "localhost"),
        (seals.forged, SignedFrame, "verified", lambda *_: True),
        (texts.scripts, hostile_text, "_visible", str),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_door_that_is_left_open_is_found(
    here: Scene, monkeypatch: pytest.MonkeyPatch, attack: Attack, door: Any, name: str, left_open: Callable[..., object]
) -> None:
    monkeypatch.setattr(door, name, left_open)
    assert not (await attack(here)).denied


def test_the_table_says_what_failed() -> None:
    got_in, proves_nothing = replace(HELD, denied=False), replace(HELD, served=False)
    assert [table.line(one).split(" | ")[-1] for one in (HELD, got_in, proves_nothing)] == [
        "held |",
        "**got in** |",
        "**proves nothing** |",
    ]
    assert table.summary([HELD, got_in, proves_nothing]) == "3 attacks, 6 tries: 1 got in, 1 prove nothing"
    assert not table.failed([HELD])
    assert all(table.failed(found) for found in ([], [HELD, got_in], [HELD, proves_nothing]))
