"""What gates say of themselves, and the page that shows it."""

import html
import re
from datetime import timedelta
from pathlib import Path

from aiohttp import ClientSession

from gateway.platform.accounts.roles import Role
from gateway.platform.examples import HEALTH_REPORT
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import Client, SteppingClock
from tests.platform.person import Person, add_account


def rows(page: str) -> list[str]:
    """The words of each gate's row."""
    body = re.sub(r".*<tbody>|</tbody>.*", "", page, flags=re.DOTALL)
    return [re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", row))).strip() for row in body.split("</tr>")[:-1]]


async def test_a_gate_that_is_well_one_that_has_lost_a_device_and_one_that_fell_silent(tmp_path: Path) -> None:
    clock = SteppingClock()
    async with running(PlatformSettings(data_dir=tmp_path, port=0), clock) as address, ClientSession() as session:
        platform = Client(session, address)
        assert "No gate is registered, enrolled or heard yet." in (await platform.page("/gates", "en"))[1]
        await platform.send("PUT", "/api/gates/silent/health", json=HEALTH_REPORT)
        clock.now += timedelta(minutes=3)
        well = HEALTH_REPORT | {"lanes": [HEALTH_REPORT["lanes"][0] | {"lost": []}]}
        await platform.send("PUT", "/api/gates/well/health", json=well)
        await platform.send("PUT", "/api/gates/wrong-time/health", json=well | {"clock_offset_s": -2.5})
        assert (await platform.send("PUT", "/api/gates/lost/health", json=HEALTH_REPORT))[0] == 200
        lost, silent, good, late = rows((await platform.page("/gates", "en"))[1])
    assert "look here" in lost
    assert "出站 1: rear" in lost
    assert silent.startswith("silent not in the registers not heard 2026-11-23 11:4")
    assert good.startswith("well not in the registers well")
    assert "none of 3" in good
    assert "not enrolled" in good
    assert ("look here" in late, "-2.500 s" in late) == (True, True)


async def test_a_report_that_is_wrong_is_refused_and_the_last_one_stands(platform: Client) -> None:
    await platform.send("PUT", "/api/gates/g-1/health", json=HEALTH_REPORT)
    status, problem = await platform.send("PUT", "/api/gates/g-1/health", json=HEALTH_REPORT | {"outbox_waiting": -1, "more": 1})
    assert (status, [one["field"] for one in problem["errors"]]) == (422, ["outbox_waiting", "more"])
    assert (await platform.send("PUT", "/api/gates/%00/health", json=HEALTH_REPORT))[0] == 404
    assert len(rows((await platform.page("/gates", "en"))[1])) == 1


async def test_gates_are_customs_business(tmp_path: Path) -> None:
    await add_account(tmp_path, "ours", Role.FIRM_MANAGER, firm="04595257")
    async with running(PlatformSettings(data_dir=tmp_path, port=0)) as address, Person(address) as ours:
        await ours.sign_in("ours", go_to="/orders")
        assert (await ours.get("/gates"))[0] == 403
