"""A person's ruling is confirmed once, under a number of its own, beside what the lane had said; old files move forward."""

import json
import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.model.observation import ManualOpening
from gateway.model.verdict import Outcome
from gateway.model.wire import Confirmation
from gateway.store.gate_store import GateStore
from tests.store.conftest import clock
from tests.store.passages import OPENED, closed, decided, passage, passage_id
from tests.store.rulings import ruled

RELEASED = Path(__file__).parent / "released_0001.sql"  # a gate's file as the first release left it, one record sent


async def test_a_ruling_takes_the_next_number_and_goes_to_the_platform_too(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        assert await store.commit_decision(decided(1, outcome=Outcome.REFER), "Lane 1") == 1
        assert await store.commit_decision(decided(2), "Lane 1") == 2
        store.committed.clear()
        assert await store.commit_decision(ruled(1), "Lane 1") == 3
        assert store.committed.is_set()
        assert [record.sequence for record in await store.waiting(9)] == [1, 2, 3]
        first, _, third = (json.loads(record.body) for record in await store.waiting(9))
        assert (first["ruling"], first["verdict"]["outcome"]) == (None, "REFER")
        assert (third["sequence"], third["ruling"]["person"], third["verdict"]["outcome"]) == (3, "A017 陳美玲", "REFER")
        assert await store.passage(passage_id(1)) == ruled(1)


async def test_the_same_ruling_again_changes_nothing_and_the_first_one_stands(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.commit_decision(decided(1, outcome=Outcome.REFER), "")
        given = await store.commit_decision(ruled(1), "")
        sent = await store.waiting(9)
        assert await store.commit_decision(ruled(1), "") == given
        assert await store.commit_decision(ruled(1, approved=False), "") == given
        assert await store.commit_decision(decided(1, outcome=Outcome.REFER), "") == 1
        assert await store.waiting(9) == sent
        assert await store.passage(passage_id(1)) == ruled(1)
    async with GateStore.open(folder, "kh-t4", clock) as store:
        assert await store.commit_decision(ruled(1), "") == given
        assert await store.commit_decision(decided(3), "") == given + 1


async def test_a_ruling_on_what_was_never_confirmed_is_one_confirmation(folder: Path) -> None:
    """The store was full when the lane decided; by the time there was room a person had ruled."""
    async with GateStore.open(folder, "kh-t4", clock) as store:
        assert await store.commit_decision(ruled(1), "") == 1
        assert await store.commit_decision(ruled(1), "") == 1
        assert await store.commit_decision(decided(1, outcome=Outcome.REFER), "") == 1
        assert len(await store.waiting(9)) == 1


async def test_a_ruling_that_was_never_committed_is_kept_and_said_aloud(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.commit_decision(decided(1, outcome=Outcome.REFER), "")
        await store.close_passage(closed(ruled(1)))
        assert await store.passage(passage_id(1)) == closed(ruled(1))
    assert "ruling that was never confirmed" in caplog.text


async def test_a_file_of_the_first_release_moves_forward_with_all_it_holds(folder: Path) -> None:
    os.mkdir(folder, 0o700)
    with closing(sqlite3.connect(folder / "gate.sqlite3")) as old:
        old.executescript(RELEASED.read_text(encoding="utf-8"))
    async with GateStore.open(folder, "kh-t4", clock) as store:
        assert [record.sequence for record in await store.waiting(9)] == [2]
        assert await store.passage(passage_id(1)) == decided(1)
        assert await store.commit_decision(decided(1), "Lane 1") == 1
        assert await store.commit_decision(ruled(2), "Lane 1") == 3
        assert await store.commit_decision(decided(3), "Lane 1") == 4
        assert [record.sequence for record in await store.waiting(9)] == [2, 3, 4]


async def test_a_green_that_was_taken_back_is_confirmed_too_and_its_order_is_free_again(folder: Path) -> None:
    given = decided(1).verdict
    assert given
    passed = decided(1).model_copy(update={"verdict": given.model_copy(update={"orders": ("BD15110459525700001",)})})
    why = decided(1, outcome=Outcome.STOP).verdict
    withdrawn = passed.model_copy(update={"withdrawn": why})
    async with GateStore.open(folder, "kh-t4", clock) as store:
        assert await store.commit_decision(passed, "") == 1
        assert await store.read(_uses) == [passage_id(1)]
        assert await store.commit_decision(withdrawn, "") == 2
        assert await store.commit_decision(withdrawn, "") == 2
        first, second = (Confirmation.model_validate_json(record.body) for record in await store.waiting(9))
        assert (first.outcome, second.outcome) == (Outcome.PASS, Outcome.STOP)
        assert (second.verdict, second.withdrawn) == (passed.verdict, why), "the lane's own verdict stands as it was given"
        assert await store.read(_uses) == []
        await store.close_passage(closed(withdrawn))
        assert await store.read(_uses) == [], "and stays so"
        assert await store.passage(passage_id(1)) == closed(withdrawn)


async def test_an_order_that_only_a_correction_led_to_is_used_and_told(folder: Path) -> None:
    let_go = decided(1).verdict
    assert let_go
    corrected = ruled(1).model_copy(update={"weighed": let_go.model_copy(update={"orders": ("BD15110459525700001",)})})
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.commit_decision(corrected, "")
        assert await store.read(_uses) == [passage_id(1)]
        (record,) = await store.waiting(9)
        assert Confirmation.model_validate_json(record.body).orders == ("BD15110459525700001",)


def _by_hand(seconds: float) -> ManualOpening:
    return ManualOpening(device="io.key", at=OPENED + timedelta(seconds=seconds))


async def test_a_barrier_that_was_opened_by_hand_after_the_verdict_is_confirmed_once_the_vehicle_has_gone(folder: Path) -> None:
    referred = decided(1, outcome=Outcome.REFER)
    gone = closed(referred).model_copy(update={"observations": (*referred.observations, _by_hand(30), _by_hand(40))})
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.commit_decision(referred, "Lane 1")
        store.committed.clear()
        await store.close_passage(gone, "Lane 1")
        assert store.committed.is_set()
        await store.close_passage(gone, "Lane 1")  # once more changes nothing
        first, second = (Confirmation.model_validate_json(record.body) for record in await store.waiting(9))
        assert (first.manual_openings, second.manual_openings) == ((), (_by_hand(30), _by_hand(40)))
        assert (second.sequence, second.lane_title, second.verdict) == (2, "Lane 1", first.verdict)
        assert await store.commit_decision(decided(2), "Lane 1") == 3


async def test_an_opening_by_hand_that_was_confirmed_with_the_verdict_is_not_confirmed_again(folder: Path) -> None:
    early = decided(1, outcome=Outcome.REFER)
    early = early.model_copy(update={"observations": (*early.observations, _by_hand(1))})
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.commit_decision(early, "")
        await store.close_passage(closed(early))
        (only,) = [Confirmation.model_validate_json(record.body) for record in await store.waiting(9)]
        assert only.manual_openings == (_by_hand(1),)


async def test_an_opening_by_hand_of_a_passage_that_nobody_decided_is_kept_and_not_confirmed(folder: Path) -> None:
    opened = passage(1).model_copy(update={"observations": (_by_hand(0),)})
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.close_passage(opened)
        assert await store.waiting(9) == ()
        assert await store.passage(passage_id(1)) == opened


def _uses(connection: sqlite3.Connection) -> list[str]:
    return [row["passage_id"] for row in connection.execute("SELECT passage_id FROM order_use")]


async def test_how_many_wait_is_known_without_counting_them(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:

        async def waiting() -> int:
            assert store.waiting_count == len(await store.waiting(99))
            return store.waiting_count

        for _ in range(2):
            await store.commit_decision(decided(1, outcome=Outcome.REFER), "")
            await store.commit_decision(decided(2), "")
        assert await waiting() == 2
        for _ in range(2):
            await store.commit_decision(ruled(1), "")
            await store.acknowledged(2)
        assert await waiting() == 2
        opened = decided(2).model_copy(update={"observations": (*decided(2).observations, _by_hand(30))})
        for _ in range(2):
            await store.close_passage(opened)
        assert await waiting() == 3
