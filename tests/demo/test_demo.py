"""The main job, end to end: real processes, real protocols, rendered pictures; the platform killed in the middle.

Devices and trucks are simulated; reading, deciding, storing and sending are the product's own code.
"""

import asyncio
from pathlib import Path

import pytest

from gateway.demo.demonstration import Demonstration, DemoSettings
from gateway.demo.rehearsal import Row
from gateway.demo.table import table
from gateway.lane.replay import replay
from gateway.model.clock import utc_now
from gateway.model.verdict import Outcome
from gateway.site.lane_file import load_site
from gateway.store.gate_store import GateStore

SITE = Path(__file__).parents[2] / "lane_config" / "kaohsiung-ct4-b116.yaml"
TRUCKS = 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[Row]:
    settings = DemoSettings(load_site(SITE), folder, seed=1, trucks=TRUCKS, platform_outage=True)

    async def rehearse() -> list[Row]:
        async with Demonstration.running(settings, utc_now) as demo:
            return await demo.unattended(TRUCKS, lambda _: None)

    return asyncio.run(rehearse())


def test_every_passage_ends_as_the_scenario_says_although_the_platform_was_away(rows: list[Row]) -> None:
    assert [row.problem for row in rows] == [""] * TRUCKS, "\n" + table(rows)
    assert {row.confirmation.verdict.outcome for row in rows if row.confirmation} == set(Outcome)


def test_each_confirmation_arrived_once_and_in_order(rows: list[Row]) -> None:
    found = [row.confirmation for row in rows if row.confirmation]
    assert sorted(confirmation.sequence for confirmation in found) == list(range(1, TRUCKS + 1))
    assert len({confirmation.passage_id for confirmation in found}) == TRUCKS
    assert all(confirmation.pictures for confirmation in found)


async def test_every_passage_replayed_from_its_record_gives_the_same_verdict_byte_for_byte(rows: list[Row], folder: Path) -> None:
    site = load_site(folder / "site.yaml")
    async with GateStore.open(site.store.folder, site.name, utc_now) as store:
        for row in rows:
            assert row.confirmation is not None
            passage = await store.passage(row.confirmation.passage_id)
            assert passage is not None
            assert passage.closed_at is not None
            again = replay(passage)
            assert again is not None
            assert again.model_dump_json() == row.confirmation.verdict.model_dump_json()


def test_the_table_names_every_truck(rows: list[Row]) -> None:
    text = table(rows)
    assert all(row.driven.visit.title in text for row in rows)
