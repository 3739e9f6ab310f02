"""A person at the platform as a browser has them: signs in, keeps the cookie, and sends the forms of the pages it has seen."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import ClientSession, CookieJar
from pydantic import SecretStr

from gateway.platform.accounts import store
from gateway.platform.accounts.passwords import hash_password
from gateway.platform.accounts.roles import Role
from gateway.platform.accounts.store import Account, Secrets
from gateway.platform.database import Database
from gateway.platform.settings import PlatformSettings

PASSWORD = "correct horse battery"
_HASHED = hash_password(PASSWORD, bytes)


async def add_account(
    data_dir: Path,
    login: str,
    role: Role,
    second_factor: str | None = None,
    name: str = "陳小明",
    firm: str | None = None,
    database_url: SecretStr | None = None,
) -> None:
    await asyncio.to_thread(data_dir.mkdir, parents=True, exist_ok=True)
    database = Database(PlatformSettings(data_dir=data_dir, database_url=database_url).url)
    await database.open()
    account = Account(login=login, name=name, role=role, firm=firm)
    now = datetime(2026, 11, 23, tzinfo=UTC)
    await database.write(lambda connection: store.put(connection, account, Secrets(_HASHED, second_factor), now))
    await database.close()


class Person:
    """`async with Person(address) as person`. Every answer gives its status and its page, redirects followed."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._session = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self.form_token = ""

    async def __aenter__(self) -> "Person":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, path: str) -> tuple[int, str]:
        async with self._session.get(self.address + path, cookies={"lang": "en"}) as answer:
            page = await answer.text()
            found = re.search(r'name="form_token" value="(\w+)"', page)
            self.form_token = found[1] if found else self.form_token
            return answer.status, page

    async def post(self, path: str, of_site: str | None = None, **fields: str) -> tuple[int, str]:
        headers = {"Origin": of_site or self.address}
        sent = {"form_token": self.form_token} | fields
        async with self._session.post(self.address + path, data=sent, headers=headers, cookies={"lang": "en"}) as answer:
            return answer.status, await answer.text()

    async def sign_in(self, login: str, password: str = PASSWORD, code: str = "", go_to: str = "/desk") -> tuple[int, str]:
        status, page = await self.post("/sign-in", login=login, password=password, code=code, next=go_to)
        found = re.search(r'name="form_token" value="(\w+)"', page)
        self.form_token = found[1] if found else ""
        return status, page

    def cookie(self, name: str) -> str:
        return next((one.value for one in self._session.cookie_jar if one.key == name), "")
