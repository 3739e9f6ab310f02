"""The table of attacks: nothing gets in, and a door that is left open is found."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.attack_table import __main__ as table
from bench.attack_table import people, records, texts
from bench.attack_table.scene import Scene, scene
from gateway.look import forms, hostile_text
from gateway.platform.accounts import store
from gateway.platform.gates.doorkeeper import Doorkeeper


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path, quick=True) as made:
        yield made


async def test_no_attack_gets_in() -> None:
    found = await table.measure(quick=True)
    assert [tried for tried in found if not tried.held] == []
    assert len(found) == len(table.ATTACKS)
    assert all(tried.times for tried in found)


async def test_a_door_that_is_left_open_is_found(here: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lets_everybody_in(*_: object) -> None:
        """A platform that asks nobody."""

    with monkeypatch.context() as broken:
        broken.setattr(Doorkeeper, "admit", lets_everybody_in)
        broken.setattr(Doorkeeper, "_is_gate", lets_everybody_in)
        assert not (await records.in_anothers_name(here)).held
    with monkeypatch.context() as broken:
        broken.setattr(store, "wait_s", lambda *_: 0.0)
        assert not (await people.passwords_guessed(here)).held
    with monkeypatch.context() as broken:
        broken.setattr(store, "end_session", lambda *_: None)
        assert not (await people.cookie_after_sign_out(here)).held
    with monkeypatch.context() as broken:
        broken.setattr(forms, "_host_of", lambda _: here.platform.removeprefix("http://"))
        assert not (await people.foreign_forms(here)).held
    with monkeypatch.context() as broken:
        broken.setattr(hostile_text, "_visible", str)
        assert not (await texts.scripts(here)).held
