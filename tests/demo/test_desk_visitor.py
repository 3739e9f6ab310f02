"""The person at a rehearsed desk: whoever decides there does so through its page, and hears from it why not."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.desk_person import appoint
from gateway.demo.desk_visitor import REASON, DeskRefusedError, decide
from gateway.display.board import Board
from tests.display.desk.gate import DeskGate, publish
from tests.display.scenes import Album


@pytest_asyncio.fixture
async def gate(tmp_path: Path) -> AsyncIterator[DeskGate]:
    board, folder = Board(), tmp_path / "album"
    folder.mkdir()
    album = Album(folder)
    publish(board, album)
    made = DeskGate(board, album, tmp_path)
    await made.start()
    yield made
    await made.stop()


async def test_the_lane_takes_what_is_sent_with_name_proof_and_reason(gate: DeskGate) -> None:
    pin = appoint(gate.staff_file, os.urandom)
    await decide(gate.address, "lane-2", "refuse", pin)
    [(lane, ruling)] = gate.rulings
    assert (lane, ruling.approved, ruling.person, ruling.proof, ruling.reason) == (
        "lane-2",
        False,
        "DEMO 示範人員",
        "pin",
        REASON,
    )
    assert ruling.corrections == (), "what stands in the form is what was read"


async def test_a_wrong_pin_is_refused_in_the_page_s_own_words(gate: DeskGate) -> None:
    appoint(gate.staff_file, os.urandom)
    with pytest.raises(DeskRefusedError, match="PIN"):
        await decide(gate.address, "lane-2", "approve", "12345")
    assert gate.rulings == []


async def test_where_nothing_waits_or_nobody_answers_it_is_said(gate: DeskGate) -> None:
    with pytest.raises(DeskRefusedError, match="nothing waits for a person in lane lane-1"):
        await decide(gate.address, "lane-1", "approve", "480913")
    await gate.stop()
    with pytest.raises(DeskRefusedError, match="does not answer"):
        await decide(gate.address, "lane-2", "approve", "480913")
