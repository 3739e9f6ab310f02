"""Whose entries are whose: a firm sees and keeps its own, gives away what it holds, and touches nothing of another's."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.model.wire import PortPassEntry
from gateway.platform.accounts import trail
from gateway.platform.accounts.roles import RIGHTS, Role
from gateway.platform.accounts.viewer import Viewer
from gateway.platform.database import Database
from gateway.platform.errors import InvalidError, NotFoundError
from gateway.platform.registry import publishing, store
from gateway.platform.registry.kinds import KINDS

NOW = datetime(2026, 11, 23, tzinfo=UTC)
OURS, THEIRS = "04595257", "22099131"
CUSTOMS = Viewer("chen", RIGHTS[Role.ADMINISTRATOR])
WE = Viewer("we", RIGHTS[Role.FIRM_MANAGER], OURS)
THEY = Viewer("they", RIGHTS[Role.FIRM_MANAGER], THEIRS)
DRIVER, SEAL, PLACE = KINDS["driver"], KINDS["vehicle_seal"], KINDS["place"]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'platform.sqlite'}")
    await made.open()
    yield made
    await made.close()


def put(name: str, viewer: Viewer, /, **changes: Any) -> Callable[[Connection], store.Taken]:
    kind = KINDS[name]
    entry = kind.model.model_validate(kind.example | changes)
    return lambda connection: store.put(connection, kind, entry, viewer, NOW)


async def refused(database: Database, work: Callable[[Connection], object]) -> list[str]:
    with pytest.raises(InvalidError) as refusal:
        await database.write(work)
    return [one.field for one in refusal.value.errors]


async def test_another_firms_entries_are_as_if_they_were_not_there(database: Database) -> None:
    await database.write(put("driver", WE))
    looks: tuple[Callable[[Connection], object], ...] = (
        lambda c: store.find(c, DRIVER, "A123456789", THEIRS),
        lambda c: store.history(c, DRIVER, "A123456789", THEIRS, 10),
        lambda c: store.remove(c, DRIVER, "A123456789", THEY, NOW),
    )
    for look in looks:
        with pytest.raises(NotFoundError):
            await database.write(look)
    assert (await database.read(lambda c: store.page(c, DRIVER, THEIRS, 10))).items == ()
    assert len((await database.read(lambda c: store.page(c, DRIVER, OURS, 10))).items) == 1
    assert len((await database.read(lambda c: store.page(c, DRIVER, None, 10))).items) == 1
    today = date(2026, 11, 23)
    standings: dict[str | None, dict[str, int]] = {}
    for firm in (None, OURS, THEIRS):
        found = await database.read(partial(store.overview, firm=firm, today=today, until=today))
        standings[firm] = {one.kind.name: one.entries for one in found}
    assert (standings[None]["driver"], standings[OURS]["driver"], standings[THEIRS]["driver"]) == (1, 1, 0)
    assert "specialist" in standings[None]
    assert "specialist" not in standings[OURS]


async def test_a_firm_neither_enters_for_another_nor_takes_over_what_is_anothers(database: Database) -> None:
    assert await refused(database, put("driver", THEY)) == ["firm"]
    await database.write(put("driver", WE))
    assert await refused(database, put("driver", THEY, firm=THEIRS)) == ["licence"]
    assert await refused(database, put("driver", THEY, firm=THEIRS, licence="B2")) == ["passes.0.uid"]
    assert await refused(database, put("driver", WE, firm=THEIRS)) == ["firm"], "drivers are not given away"
    await database.write(put("driver", CUSTOMS, firm=THEIRS))
    assert (await database.read(lambda c: store.find(c, DRIVER, "A123456789", THEIRS))).changed_by == "chen"


async def test_a_firm_gives_away_a_seal_that_it_holds_and_then_sees_it_no_more(database: Database) -> None:
    await database.write(put("vehicle_seal", WE))
    await database.write(put("vehicle_seal", WE, firm=THEIRS))
    with pytest.raises(NotFoundError):
        await database.read(lambda c: store.find(c, SEAL, "1234", OURS))
    assert await refused(database, put("vehicle_seal", WE)) == ["serial"]
    past = await database.read(lambda c: store.history(c, SEAL, "1234", THEIRS, 10))
    assert [one.version for one in past] == [2], "what the holder before noted stays with that firm"
    assert [one.version for one in await database.read(lambda c: store.history(c, SEAL, "1234", None, 10))] == [2, 1]


async def test_a_firm_reads_places_and_keeps_none(database: Database) -> None:
    await database.write(put("place", CUSTOMS))
    assert (await database.read(lambda c: store.find(c, PLACE, "017A1150", OURS))).version == 1
    with pytest.raises(NotFoundError):
        await database.write(put("place", WE, name="ours"))
    with pytest.raises(NotFoundError):
        await database.write(lambda c: store.remove(c, PLACE, "017A1150", WE, NOW))
    with pytest.raises(NotFoundError):
        await database.read(lambda c: store.page(c, KINDS["specialist"], OURS, 10))


async def test_a_firm_overrules_nothing_that_customs_told_the_gates(database: Database) -> None:
    told = PortPassEntry(technology="uhf", uid="e2801160600002054e1a3b5c", holder="林小華", driving_licence="Z1")
    await database.write(lambda c: publishing.take(c, [told]))
    assert await refused(database, put("driver", WE)) == ["licence"]
    await database.write(lambda c: publishing.take(c, [told.model_copy(update={"valid_until": NOW})]))
    assert (await database.write(put("driver", WE))).new == 1, "a pass that has expired is free"


async def test_every_change_is_in_the_trail(database: Database) -> None:
    await database.write(put("driver", WE))
    await database.write(put("driver", WE))
    await database.write(lambda c: store.remove(c, DRIVER, "A123456789", WE, NOW))
    acts = await database.read(lambda c: [(line.act.who, line.act.act, line.act.about) for line in trail.read(c, trail.Wanted())])
    assert acts == [
        ("we", "removed from a register", "driver A123456789"),
        ("we", "wrote into a register", "driver A123456789"),
    ]


async def test_a_number_freed_in_the_same_moment_is_taken_once_it_is_free(database: Database) -> None:
    await asyncio.gather(*(database.write(put("vehicle_seal", CUSTOMS, serial=n, number=f"N{n}")) for n in range(5)))
    assert await refused(database, put("vehicle_seal", CUSTOMS, serial=1, number="N0")) == ["number"]
    await database.write(put("vehicle_seal", CUSTOMS, serial=0, number="OTHER"))
    assert (await database.write(put("vehicle_seal", CUSTOMS, serial=1, number="N0"))).changed == 1
