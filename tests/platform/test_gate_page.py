"""One gate's page: what the register, the gate itself, its certificate and its records say, side by side."""

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from gateway.model.clock import TAIPEI
from gateway.platform.database import Database
from gateway.platform.examples import HEALTH_REPORT
from gateway.platform.gates.records import ALARM
from gateway.platform.lanes.chain import ChainState
from gateway.platform.registry.kinds import KINDS
from gateway.platform.settings import PlatformSettings
from tests.enrolment import TlsPlatform
from tests.platform.conftest import Client
from tests.platform.samples import confirmation
from tests.platform.test_evidence_chain import Gate, hand_in
from tests.platform.test_gates import client, enrolled

GATE = KINDS["gate"].example
BESIDE = {"lane": "in-1", "title": "進站 1", "devices": ["front"], "lost": []}
REPORT = HEALTH_REPORT | {"lanes": [*HEALTH_REPORT["lanes"], BESIDE]}


def text(page: str) -> str:
    body = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


@pytest.mark.both_databases
async def test_the_register_and_the_gate_stand_side_by_side(platform: Client) -> None:
    lanes = [*GATE["lanes"], {"name": "out-2", "title": "出站 2", "direction": "both"}]
    await platform.send("PUT", "/api/registers/gate/ct4-116", json=GATE | {"lanes": lanes, "phone": "+886-7-111"})
    await platform.send("PUT", "/api/registers/gate/not-built-yet", json={"name": "not-built-yet", "title": "新門哨"})
    await platform.send("PUT", "/api/gates/ct4-116/health", json=REPORT)
    _, listed = await platform.page("/gates", "en")
    assert "ct4-116 四櫃中心 116 號碼頭 look here" in text(listed)
    assert "出站 1: rear 出站 2: not reported 進站 1: none of 1" in text(listed)
    assert "not-built-yet 新門哨 not heard never" in text(listed)
    assert 'href="/gates/ct4-116"' in listed
    _, page = await platform.page("/gates/ct4-116", "en")
    said = text(page)
    assert "Waiting records 2 Clock +0.031 s off beyond 2.0 s Storage enough room Version 0.1.0" in said
    assert "出站 1 out-1 outbound rear front, rear, plc" in said
    assert "出站 2 out-2 both ways not reported —" in said
    assert "進站 1 in-1 · not in the registers — none of 1 front" in said
    assert "Telephone +886-7-111" in said
    assert "This gate has confirmed nothing yet." in said
    assert 'href="/registers/gate/ct4-116"' in page
    _, entry = await platform.page("/registers/gate/ct4-116", "en")
    assert 'href="/gates/ct4-116"' in entry
    assert (await platform.page("/gates/nobody-knows"))[0] == 404
    assert (await platform.page("/gates/%00"))[0] == 404


@pytest.mark.both_databases
async def test_its_last_records_and_every_break_of_its_chain_however_old(platform: Client) -> None:
    gate, other = Gate(), Gate("ct5-79")
    await hand_in(platform, gate.record())
    gate.record()
    for _ in range(11):
        await hand_in(platform, gate.record())
    await hand_in(platform, other.record(), "ct5-79")
    await platform.confirm(confirmation("ct4-116", 4, lane="another"))
    _, page = await platform.page("/gates/ct4-116", "en")
    shown = re.findall(r'<th scope="row"><a href="/passages/ct4-116/(\d+)">', page)
    assert shown == [str(number) for number in range(13, 3, -1)]
    assert "No. 3 · 2026-11-23" in text(page)
    assert "The gate's record before this one has not come" in text(page)
    assert 'href="/passages/ct4-116/3#chain"' in page
    assert 'href="/passages/ct4-116/4#conflict"' in page
    _, whole = await platform.page("/gates/ct5-79", "en")
    assert "No record of this gate has ever broken its chain" in text(whole)
    assert "not in the registers" in text(whole)


async def test_alarms_of_a_chain_are_found_by_their_own_index(platform: Client, settings: PlatformSettings) -> None:
    """A gate has a million whole records: none of them may be read to find that none is broken."""
    assert {state for state in ChainState if not state.is_alarm} == set(re.findall(r"'(\w+)'", ALARM))
    await platform.confirm(confirmation())
    database = Database(settings.url)
    query = f"EXPLAIN QUERY PLAN SELECT * FROM confirmations WHERE gate = 'g' AND {ALARM} ORDER BY sequence DESC LIMIT 10"
    plan = await database.read(lambda connection: [row[3] for row in connection.execute(sql(query))])
    await database.close()
    assert plan == ["SEARCH confirmations USING INDEX confirmations_alarms (gate=?)"]


async def test_until_when_its_certificate_is_valid_and_that_it_was_revoked(tmp_path: Path) -> None:
    platform = TlsPlatform(tmp_path / "platform")
    async with platform.served():
        await enrolled(platform)
        until = (platform.clock() + timedelta(days=90)).astimezone(TAIPEI).date()
        async with client(platform) as anybody:
            _, page = await anybody.page("/gates/ct4-116", "en")
            assert re.search(rf"Valid until ({until}|{until - timedelta(days=1)})", text(page))
            platform.clock.ahead = timedelta(days=80)
            assert 'class="expiry expiry-soon">until' in (await anybody.page("/gates/ct4-116", "en"))[1]
            await platform.revoke("ct4-116")
            assert "Valid revoked" in text((await anybody.page("/gates/ct4-116", "en"))[1])
