"""A platform with one of everything in it, people who between them may do everything, and every page's address.

The parts are for other tests, too: what Customs' programs bring, a file of orders that waits, a person with a second factor.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession, FormData
from pydantic import SecretStr

from gateway.model.clock import utc_now
from gateway.platform.accounts import second_factor
from gateway.platform.accounts.roles import FIRMS_PROGRAMS, RIGHTS, Role
from gateway.platform.app import PAGES, build_app
from gateway.platform.examples import HEALTH_REPORT, INSTRUCTION
from gateway.platform.pages import Page
from gateway.platform.registry.kinds import KINDS
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.accounts.keys import make_key
from tests.platform.conftest import Client
from tests.platform.desk.office import CASE, Gate
from tests.platform.person import Person, add_account
from tests.platform.samples import confirmation, jpeg, order, sha256
from tests.platform.test_evidence_chain import Gate as SigningGate
from tests.platform.test_evidence_chain import hand_in

WEBHOOK = {"url": "https://depot.example/a-hook-of-firm-a", "kinds": ["order"]}
TOKEN = "a-token-that-nobody-guesses"
FIRM = "04595257"
KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PICTURE = jpeg(width=320, height=240)
NUMBER = order()["order_number"]


@dataclass
class Filled:
    """`people` have signed in; `things` are the names in the paths of pages."""

    settings: PlatformSettings
    customs: Client
    gate: Gate
    people: dict[Role, Person]
    things: dict[str, str]

    def addresses(self) -> list[tuple[Page, Role | None, str]]:
        """Every page as somebody opens it who may do most there (None: nobody in particular), and its address."""
        pages = build_app(self.settings, utc_now)[PAGES]
        found = []
        for page in (page for page in pages if page.method == "GET"):
            role = self._who(page)
            if "{key}" in page.path:  # each register has a form of its own; its other pages differ in nothing but words
                names = [{"kind": name, "key": str(kind.example[kind.key])} for name, kind in KINDS.items()]
                found += [(page, role, page.path.format_map(self.things | name)) for name in names]
            else:
                found.append((page, role, page.path.format_map(self.things)))
        return found

    def _who(self, page: Page) -> Role | None:
        if page.right is None:
            return None
        if page.path.startswith("/registers"):
            return Role.ADMINISTRATOR
        if "{upload_id}" in page.path:
            return Role.FIRM_MANAGER
        return Role.OFFICER if page.right in RIGHTS[Role.OFFICER] else Role.ADMINISTRATOR


async def fill(customs: Client) -> None:
    """An order, a signed passage of it with its picture, an instruction, an entry in every register, a gate's health."""
    assert (await customs.post("/api/orders", order()))[0] == 201
    assert await hand_in(customs, SigningGate().record(pictures=(PICTURE,))) == 201
    assert (await customs.picture(sha256(PICTURE), PICTURE))[0] == 201
    assert (await customs.post("/api/instructions", INSTRUCTION))[0] == 201
    assert (await customs.send("PUT", "/api/gates/ct4-116/health", json=HEALTH_REPORT))[0] in {200, 204}
    for kind in KINDS.values():
        status, told = await customs.send("PUT", f"/api/registers/{kind.name}/{kind.example[kind.key]}", json=kind.example)
        assert status == 201, told


async def upload(person: Person, text: str = "container.number,plate\nTEMU9221353,KLA-1234\n") -> str:
    """A file of orders that waits for its sender's word; its id."""
    await person.get("/orders/upload")
    sheet = FormData({"form_token": person.form_token})
    sheet.add_field("file", text, filename="orders.csv", content_type="text/csv")
    async with person._session.post(f"{person.address}/orders/upload", data=sheet, headers={"Origin": person.address}) as got:
        assert got.status == 200, await got.text()
        return got.url.name


async def webhook(program: Client) -> str:
    """Registered, and sent nothing: its address is nobody's."""
    status, made = await program.post("/api/webhooks", WEBHOOK)
    assert status == 201, made
    return str(made["id"])


async def claim(officer: Person) -> None:
    await officer.get("/desk")
    status, page = await officer.post(CASE, action="claim")
    assert (status, "own_words" in page) == (200, True), page


async def status_link(officer: Person) -> str:
    """The token of a link to the order, read off the page that shows it once."""
    await officer.get(f"/orders/{NUMBER}")
    status, page = await officer.post(f"/orders/{NUMBER}/links", days="30")
    assert status == 200, page
    return page.split("/status/")[1].split('"')[0]


@asynccontextmanager
async def filled(folder: Path, database_url: SecretStr | None = None) -> AsyncIterator[Filled]:
    """With a token, so that nobody of Customs does anything without a second factor."""
    (folder / "token").write_text(TOKEN)
    (folder / "token").chmod(0o600)
    settings = PlatformSettings(data_dir=folder / "platform", port=0, token_file=folder / "token", database_url=database_url)
    for role in (Role.OFFICER, Role.ADMINISTRATOR):
        await add_account(settings.data_dir, role.value, role, KEY, database_url=database_url)
    for role in (Role.FIRM_MANAGER, Role.FIRM_CLERK):
        await add_account(settings.data_dir, role.value, role, name="張三豐", firm=FIRM, database_url=database_url)
    async with AsyncExitStack() as held:
        address = await held.enter_async_context(running(settings))
        session = await held.enter_async_context(ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}))
        customs = Client(session, address)
        await fill(customs)
        people = {}
        for role in (Role.OFFICER, Role.ADMINISTRATOR, Role.FIRM_MANAGER):
            people[role] = await held.enter_async_context(Person(address))
            code = second_factor.code_at(KEY, utc_now()) if role is not Role.FIRM_MANAGER else ""
            status, page = await people[role].sign_in(role.value, code=code, go_to="/account")
            assert status == 200, page
        manager = people[Role.FIRM_MANAGER]
        key = await make_key(manager, *FIRMS_PROGRAMS)
        gate = Gate(customs)
        await gate.asks()
        await claim(people[Role.OFFICER])
        things = {
            "order_number": NUMBER,
            "gate": "ct4-116",
            "message_id": INSTRUCTION["message_id"],
            "webhook": await webhook(customs),
            "sequence": "1",
            "sha256": sha256(PICTURE),
            "passage_id": confirmation()["passage_id"],
            "login": Role.FIRM_CLERK.value,
            "key_id": key.split("_")[1],
            "token": await status_link(people[Role.OFFICER]),
            "kind": "place",
            "form": "csv",
            "upload_id": await upload(manager),
        }
        yield Filled(settings, customs, gate, people, things)
