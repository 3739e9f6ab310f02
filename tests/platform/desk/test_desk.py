"""The desk of all gates, used by people with browsers and asked by gates over HTTP."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientSession
from click.testing import CliRunner

from gateway.cli import main
from gateway.model.remote_desk import RemoteRuling
from gateway.platform.accounts.roles import Role
from gateway.platform.accounts.store import Account
from gateway.platform.database import Database
from gateway.platform.desk import store
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import Client, SteppingClock
from tests.platform.desk.office import APPROVE, CASE, PASSAGE, REFUSE, Gate, Office
from tests.platform.person import Person, add_account

pytestmark = pytest.mark.both_databases


async def test_a_case_is_taken_decided_and_answered_by_its_lane(office: Office, chen: Person) -> None:
    _, page = await chen.get("/desk")
    assert ("Take it" in page, CASE in page) == (True, True)
    _, page = await chen.post(CASE, action="claim")
    assert 'class="ruling-form"' in page
    news = await office.gate.asks()
    assert [one.person for one in news.attended] == ["chen 陳小明"]
    _, page = await chen.post(CASE, **APPROVE)
    assert "on its way to the lane" in page
    [ruling] = (await office.gate.asks()).rulings
    assert (ruling.passage_id, ruling.lane, ruling.approved, ruling.person) == (PASSAGE, "lane-1", True, "chen 陳小明")
    assert (ruling.reason, ruling.may_release_stopped) == ("Compared the number at the box", False)
    assert 0 < ruling.valid_s <= 60
    office.gate.waiting = []
    news = await office.gate.asks(answered=((ruling.ruling_id, "taken"),))
    assert news.rulings == ()
    _, page = await chen.get(CASE)
    assert "The lane has taken the decision." in page
    assert "No vehicle waits" in (await chen.get("/desk"))[1]


async def test_a_gate_that_waits_hears_a_decision_at_once(office: Office, chen: Person) -> None:
    await chen.post(CASE, action="claim")
    await office.gate.asks()
    hearing = asyncio.ensure_future(office.gate.asks(wait=30))
    await chen.post(CASE, **APPROVE)
    assert len((await asyncio.wait_for(hearing, 25)).rulings) == 1  # it did not wait its 30 seconds


async def test_a_ruling_is_brought_until_it_is_answered_and_the_first_answer_counts(office: Office, chen: Person) -> None:
    await chen.post(CASE, action="claim")
    await chen.post(CASE, **APPROVE)
    first, again = await office.gate.asks(), await office.gate.asks()
    assert [one.ruling_id for one in first.rulings] == [one.ruling_id for one in again.rulings]
    assert again.rulings[0].valid_s < first.rulings[0].valid_s
    ruling_id = first.rulings[0].ruling_id
    assert (await office.gate.asks(answered=((ruling_id, "taken"),))).rulings == ()
    await office.gate.asks(answered=((ruling_id, "no_such_passage"),))
    assert "The lane has taken the decision." in (await chen.get(CASE))[1]


async def test_a_ruling_that_no_gate_fetched_in_time_is_never_brought(office: Office, chen: Person) -> None:
    await chen.post(CASE, action="claim")
    await chen.post(CASE, **APPROVE)
    for _ in range(61):
        office.clock()
    assert (await office.gate.asks()).rulings == ()
    _, page = await chen.get(CASE)
    assert "This came too late: decide again." in page
    await chen.post(CASE, action="claim")
    await chen.post(CASE, **REFUSE)
    assert [one.approved for one in (await office.gate.asks()).rulings] == [False]


async def test_two_clerks_never_have_one_case(office: Office, chen: Person, lee: Person) -> None:
    await chen.post(CASE, action="claim")
    _, page = await lee.get(CASE)
    assert ("chen 陳小明 attends to this case." in page, 'class="ruling-form"' in page, "Take it over" in page) == (
        True,
        False,
        False,
    )
    for how in ("claim", "take_over"):
        status, page = await lee.post(CASE, action=how)
        assert (status, "Somebody else has taken this case." in page) == (409, True)
    assert (await lee.post(CASE, **APPROVE))[0] == 409
    assert (await office.gate.asks()).rulings == ()
    await chen.post(CASE, action="give_back")
    _, page = await lee.post(CASE, action="claim")
    assert 'class="ruling-form"' in page


async def test_of_clerks_that_take_it_at_the_same_time_one_has_it(office: Office, chen: Person, lee: Person, lin: Person) -> None:
    statuses = await asyncio.gather(*(one.post(CASE, action="claim") for one in (chen, lee, lin)))
    assert sorted(status for status, _ in statuses) == [200, 409, 409]
    assert len((await office.gate.asks()).attended) == 1


async def test_of_two_decisions_at_the_same_time_one_counts(office: Office, chen: Person) -> None:
    await chen.post(CASE, action="claim")
    statuses = await asyncio.gather(chen.post(CASE, **APPROVE), chen.post(CASE, **REFUSE))
    assert sorted(status for status, _ in statuses) == [200, 409]
    assert len((await office.gate.asks()).rulings) == 1


async def test_a_decision_that_was_overtaken_by_a_colleague_is_not_kept(settings: PlatformSettings) -> None:
    """Between the look at the case and the decision's own transaction."""
    await add_account(settings.data_dir, "chen", Role.CLERK, database_url=settings.database_url)
    database = Database(settings.url)
    await database.open()
    now = SteppingClock()()
    chen, lin = Account(login="chen", name="陳小明", role=Role.CLERK), Account(login="lin", name="林關員", role=Role.OFFICER)
    ruling = RemoteRuling(
        ruling_id=str(UUID(int=1)), lane="l", passage_id="p", approved=True, person=chen.called, reason="x", valid_s=60
    )
    assert await database.write(lambda connection: store.claim(connection, "g", "p", chen, now))
    assert await database.write(lambda connection: store.claim(connection, "g", "p", lin, now, take_over=True))
    assert not await database.write(lambda connection: store.decide(connection, "g", ruling, chen, now))
    assert await database.read(lambda connection: store.to_bring(connection, "g", now)) == ()
    await database.close()


async def test_a_case_whose_page_was_closed_is_free_again(office: Office, chen: Person, lee: Person) -> None:
    await chen.post(CASE, action="claim")
    for _ in range(181):
        office.clock()
    assert (await lee.post(CASE, action="claim"))[0] == 200
    assert (await chen.post(CASE, **APPROVE))[0] == 409


async def test_an_officer_takes_over_and_releases_what_the_lane_stopped(office: Office, chen: Person, lin: Person) -> None:
    office.gate.waiting[0]["outcome"] = "STOP"
    await office.gate.asks()
    await chen.post(CASE, action="claim")
    status, page = await chen.post(CASE, **APPROVE)
    assert (status, "a Customs officer releases" in page) == (422, True)
    assert (await office.gate.asks()).rulings == ()
    await lin.post(CASE, action="take_over")
    assert (await chen.post(CASE, **REFUSE))[0] == 409
    await lin.post(CASE, **APPROVE)
    [ruling] = (await office.gate.asks()).rulings
    assert (ruling.person, ruling.may_release_stopped) == ("lin 林關員", True)


async def test_numbers_are_corrected_beside_what_the_machine_read(office: Office, chen: Person) -> None:
    _, page = await chen.post(CASE, action="claim")
    name = next(part.split('"')[0] for part in page.split('name="') if part.startswith("container-0"))
    await chen.post(CASE, **APPROVE | {name: "TEMU9221358"})
    [ruling] = (await office.gate.asks()).rulings
    assert [(one.subject, one.read, one.corrected) for one in ruling.corrections] == [("container", "TEMU9221353", "TEMU9221358")]


async def test_what_is_wrong_with_the_form_is_said_and_nothing_is_sent(office: Office, chen: Person) -> None:
    await chen.post(CASE, action="claim")
    status, page = await chen.post(CASE, action="decide", order_other="<script>", own_words="x" * 301)
    assert status == 422
    for said in ("This is no order number.", "At most 300 characters", "Choose whether the vehicle may go."):
        assert said in page
    assert '<script>"' not in page
    assert (await office.gate.asks()).rulings == ()


async def test_a_vehicle_that_left_can_be_decided_on_no_more(office: Office, chen: Person) -> None:
    await chen.post(CASE, action="claim")
    office.gate.waiting = []
    await office.gate.asks()
    status, page = await chen.post(CASE, **APPROVE)
    assert (status, "does not wait for a person any more" in page) == (409, True)


async def test_a_case_may_wait_before_its_record_is_here(office: Office, chen: Person) -> None:
    office.gate.waiting.append({"lane": "lane-2", "passage_id": "p-2", "since": "2026-11-23T03:40:00Z", "outcome": "STOP"})
    await office.gate.asks()
    _, page = await chen.get("/desk")
    assert page.index("p-2") < page.index(PASSAGE)  # who waits longest stands first
    _, page = await chen.post("/desk/ct4-116/p-2", action="claim")
    assert "still on its way from the gate" in page
    assert (await chen.post("/desk/ct4-116/p-2", **APPROVE))[0] == 409


async def test_a_silent_gate_is_called_so(office: Office, chen: Person) -> None:
    for _ in range(61):
        office.clock()
    _, page = await chen.get("/desk")
    assert "The gate is not heard" in page


async def test_one_gates_answer_says_nothing_of_anothers_ruling(office: Office, chen: Person) -> None:
    await chen.post(CASE, action="claim")
    await chen.post(CASE, **APPROVE)
    [ruling] = (await office.gate.asks()).rulings
    other = Gate(office.client, "ct4-117")
    assert (await other.asks()).rulings == ()
    await other.asks(answered=((ruling.ruling_id, "taken"),))
    assert len((await office.gate.asks()).rulings) == 1


async def test_the_queue_wants_a_person_and_the_gates_interface_its_token(
    office: Office, settings: PlatformSettings, tmp_path: Path
) -> None:
    async with Person(office.address) as stranger:
        for path in ("/desk", CASE):
            assert "<h1>Sign in</h1>" in (await stranger.get(path))[1]
        _, page = await stranger.post(CASE, **APPROVE)
        assert "<h1>Sign in</h1>" in page
    assert (await office.gate.asks()).rulings == ()
    token = tmp_path / "token"
    token.write_text("0123456789abcdef0123")
    token.chmod(0o600)
    async with running(settings.model_copy(update={"token_file": token}), office.clock) as address, ClientSession() as session:
        assert (await Client(session, address).post("/api/gates/ct4-116/desk", {"waiting": []}))[0] == 401


async def test_a_form_of_another_site_or_session_decides_nothing(office: Office, chen: Person, lee: Person) -> None:
    await chen.post(CASE, action="claim")
    assert (await chen.post(CASE, of_site="https://evil.example", **APPROVE))[0] == 400
    assert (await chen.post(CASE, **APPROVE | {"form_token": lee.form_token}))[0] == 400
    assert (await office.gate.asks()).rulings == ()


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"waiting": [{"lane": "lane-1"}]},
        {"waiting": [{"lane": "../x", "passage_id": "p", "since": "2026-11-23T03:40:00Z", "outcome": "REFER"}]},
        {"waiting": [{"lane": "l", "passage_id": "p q", "since": "2026-11-23T03:40:00Z", "outcome": "REFER"}]},
        {"waiting": [{"lane": "l", "passage_id": "p", "since": "2026-11-23T03:40:00Z", "outcome": "REFER"}] * 65},
        {"waiting": [], "answered": [{"ruling_id": "x", "answer": "taken"}]},
    ],
)
async def test_a_report_that_is_wrong_names_the_field(office: Office, report: dict[str, Any]) -> None:
    status, problem = await office.client.post("/api/gates/ct4-116/desk", report)
    assert status == 422
    assert problem["errors"]


async def test_everything_that_people_did_is_in_the_trail(settings: PlatformSettings, chen: Person, lin: Person) -> None:
    await chen.post(CASE, action="claim")
    await lin.post(CASE, action="take_over")
    await lin.post(CASE, **REFUSE)
    command = ["platform", "account", "trail", "--data", str(settings.data_dir), "--database", settings.url]
    done = await asyncio.to_thread(CliRunner().invoke, main, command)
    trail = [line.partition("  ")[2] for line in done.output.splitlines() if PASSAGE in line]
    assert trail == [
        f"lin 林關員  refused  ct4-116 lane-1 {PASSAGE}: Held for Customs",
        f"lin 林關員  took a case over  ct4-116 {PASSAGE}",
        f"chen 陳小明  took a case  ct4-116 {PASSAGE}",
    ]
