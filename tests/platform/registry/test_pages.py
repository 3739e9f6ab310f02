"""The registers' pages: forms made from the models, by who may keep them, in both languages."""

import html
import re
from collections.abc import AsyncIterator

import pytest

from gateway.platform.accounts.roles import Role
from gateway.platform.registry.kinds import KINDS
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import Client, Running
from tests.platform.person import Person, add_account

OURS, THEIRS = "04595257", "22099131"
DRIVER = {
    "licence": "A123456789",
    "name": "王大明",
    "firm": OURS,
    "licence_until": "2026-12-01",
    "passes.0.technology": "uhf",
    "passes.0.uid": "E2801160",
}


@pytest.fixture
async def platform(run_platform: Running, settings: PlatformSettings) -> AsyncIterator[Client]:
    await add_account(settings.data_dir, "chen", Role.ADMINISTRATOR, database_url=settings.database_url)
    await add_account(settings.data_dir, "clerk", Role.CLERK, database_url=settings.database_url)
    await add_account(settings.data_dir, "ours", Role.FIRM_MANAGER, firm=OURS, database_url=settings.database_url)
    await add_account(settings.data_dir, "theirs", Role.FIRM_MANAGER, firm=THEIRS, database_url=settings.database_url)
    async with run_platform() as client:
        yield client


@pytest.fixture
async def chen(platform: Client) -> AsyncIterator[Person]:
    async with Person(platform.address) as person:
        await person.sign_in("chen", go_to="/registers")
        yield person


def text(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


async def test_an_entry_is_made_by_its_form_changed_and_taken_out(platform: Client, chen: Person) -> None:
    await chen.get("/registers/driver/+new")
    status, page = await chen.post("/registers/driver/+new", action="save", **DRIVER)
    assert (status, "expires soon" in page) == (200, True)
    assert 'value="e2801160"' in page
    status, page = await chen.post(
        "/registers/driver/A123456789", action="save", **{"+version": "1"}, **DRIVER | {"name": "王小明"}
    )
    assert "Name: 王大明 → 王小明" in text(page)
    assert "chen 陳小明 · version 2" in text(page)
    assert "2026-12-01 expires soon" in text((await chen.get("/registers/driver?expiring=1"))[1])
    assert re.search(r"Drivers 1 0 1 ", text((await chen.get("/registers"))[1]))
    status, page = await chen.post("/registers/driver/A123456789", action="remove", **{"+version": "2"})
    assert "There is nothing in this register yet." in page
    _, feed = await platform.get("/api/feed")
    assert feed["items"][0]["entry"]["valid_until"] < "2026-12"


async def test_a_form_that_is_wrong_comes_back_as_typed_with_every_wrong_field(chen: Person) -> None:
    await chen.get("/registers/driver/+new")
    wrong = DRIVER | {"firm": "12", "licence_until": "2026-02-30", "passes.1.technology": "hf", "name": "<b>王"}
    status, page = await chen.post("/registers/driver/+new", action="save", **wrong)
    assert status == 422
    assert set(re.findall(r'id="problem-([\w.]+)"', page)) == {"firm", "licence_until", "passes.1.uid"}
    assert "Port pass" in text(page)
    assert "Number of the chip: This is needed." in text(page)
    assert 'value="&lt;b&gt;王"' in page


async def test_two_people_at_one_entry_overwrite_nothing_of_each_other(platform: Client, chen: Person) -> None:
    await chen.get("/registers/driver/+new")
    await chen.post("/registers/driver/+new", action="save", **DRIVER)
    async with Person(platform.address) as ours:
        await ours.sign_in("ours", go_to="/registers/driver/A123456789")
        await ours.post("/registers/driver/A123456789", action="save", **{"+version": "1"}, **DRIVER | {"phone": "07-1"})
    status, page = await chen.post("/registers/driver/A123456789", action="save", **{"+version": "1"}, **DRIVER | {"phone": "07-2"})
    assert (status, "Somebody else has changed this entry meanwhile" in page, 'value="07-1"' in page) == (422, True, True)
    assert (await chen.post("/registers/driver/A123456789", action="remove", **{"+version": "1"}))[0] == 422
    status, page = await chen.post("/registers/driver/+new", action="save", **DRIVER)
    assert (status, "There is such an entry already." in page) == (422, True)


async def test_firms_see_and_keep_their_own(platform: Client, chen: Person) -> None:
    async with Person(platform.address) as ours, Person(platform.address) as theirs:
        await ours.sign_in("ours", go_to="/registers/driver/+new")
        status, page = await ours.get("/registers/driver/+new")
        assert f'name="firm" value="{OURS}"' in page
        await ours.post("/registers/driver/+new", action="save", **DRIVER)
        await theirs.sign_in("theirs", go_to="/registers")
        assert (await theirs.get("/registers/driver/A123456789"))[0] == 404
        assert "王大明" not in (await theirs.get("/registers/driver"))[1]
        assert (await theirs.post("/registers/driver/A123456789", action="remove", **{"+version": "1"}))[0] == 404
        status, page = await theirs.post(
            "/registers/driver/+new", action="save", **DRIVER | {"licence": "B2", "passes.0.uid": "e3"}
        )
        assert (status, "under its own business number only" in page) == (422, True)
        for foreign in ("/registers/specialist", "/registers/specialist/+new", "/registers/gate"):
            assert (await theirs.get(foreign))[0] == 404, foreign
        assert (await theirs.get("/registers/place/+new"))[0] == 404
        place = {name: str(value) for name, value in KINDS["place"].example.items() if name != "fence"}
        await chen.get("/registers/place/+new")
        await chen.post("/registers/place/+new", action="save", **place)
        status, page = await theirs.get("/registers/place/017A1150")
        assert (status, '<form class="entry-form' in page, "第四貨櫃中心" in page) == (200, False, True)
        assert (await theirs.post("/registers/place/017A1150", action="save", **{"+version": "1"}, **place))[0] == 404
    assert "ours 陳小明 · entered" in text((await chen.get("/registers/driver/A123456789"))[1])


async def test_who_may_only_read_has_no_form_and_forms_of_other_sites_change_nothing(platform: Client, chen: Person) -> None:
    await chen.get("/registers/driver/+new")
    assert (await chen.post("/registers/driver/+new", of_site="https://evil.example", action="save", **DRIVER))[0] == 400
    assert (await chen.post("/registers/driver/+new", action="save", form_token="no", **DRIVER))[0] == 400
    await chen.post("/registers/driver/+new", action="save", **DRIVER)
    async with Person(platform.address) as clerk:
        await clerk.sign_in("clerk", go_to="/registers")
        status, page = await clerk.get("/registers/driver/A123456789")
        assert (status, "王大明" in page, "entry-form" in page) == (200, True, False)
        assert (await clerk.get("/registers/driver/+new"))[0] == 404
        assert (await clerk.post("/registers/driver/A123456789", action="remove", **{"+version": "1"}))[0] == 403


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("language", ["zh_TW", "en"])
async def test_every_register_has_its_pages(platform: Client, chen: Person, kind: str, language: str) -> None:
    entry = KINDS[kind].example
    await platform.send("PUT", f"/api/registers/{kind}/{entry[KINDS[kind].key]}", json=entry)
    for path in ("", "/+new", f"/{entry[KINDS[kind].key]}"):
        async with chen._session.get(f"{platform.address}/registers/{kind}{path}", cookies={"lang": language}) as answer:
            page = await answer.text()
        assert (answer.status, '<html lang="en"' in page) == (200, language == "en")


async def test_addresses_that_are_none_are_not_found(chen: Person) -> None:
    for path in (
        "/registers/nothing",
        "/registers/driver/%00",
        "/registers/driver/a%2Fb",
        "/registers/vehicle_seal/x",
        "/registers/driver?after=%00",
    ):
        assert (await chen.get(path))[0] == 404, path
