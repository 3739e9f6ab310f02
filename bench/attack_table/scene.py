"""Who is attacked: a platform in clear text where people sign in, one with TLS and enrolled gates, and a gate whose lane waits."""

import asyncio
import io
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientConnectionError, ClientPayloadError, ClientSession, ClientTimeout
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.model.clock import utc_now
from gateway.model.evidence import Link
from gateway.platform.accounts import second_factor
from gateway.platform.accounts.roles import Role
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from gateway.store.signing_key import signing_key
from gateway.uplink.credentials import read_credentials, verifying
from gateway.uplink.enrolment import enrol
from gateway.uplink.identity import read_identity
from gateway.uplink.settings import UplinkSettings
from tests.enrolment import TlsPlatform
from tests.platform.person import Person, add_account
from tests.site.decided import DecidedSite, decided_site

TOKEN: Final = "a-token-that-nobody-guesses"
BEARER: Final = {"Authorization": f"Bearer {TOKEN}"}
LONGEST_S: Final = 3600.0
JSON_TYPE: Final = {"Content-Type": "application/json"}


KEY: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of everybody's second factor
CLERKS: Final = ("chen", "wang", "chou", "sung")  # one for each row that signs somebody in: a code serves once
WITHOUT_FACTOR: Final = "liu"  # may do nothing but enrol one


@dataclass(frozen=True, slots=True)
class Tried:
    """An attack, how often it was tried, what it got, and whether what it was after was `denied`.

    `honestly` is the control: what the same got, done as it should be, and whether that was `served`. Where nobody is served, that
    an attack got nothing says nothing.
    """

    attack: str
    times: int
    got: str
    denied: bool
    honestly: str
    served: bool

    @property
    def held(self) -> bool:
        return self.denied and self.served

    @property
    def verdict(self) -> str:
        if not self.denied:
            return "**got in**"
        return "held" if self.served else "**proves nothing**"


Attack = Callable[["Scene"], Awaitable[Tried]]


@dataclass
class Gate:
    """A gate that was enrolled: everything that a thief of its folder would have."""

    name: str
    folder: Path
    url: str
    session: ClientSession = field(init=False)
    key: Ed25519PrivateKey = field(init=False)

    async def __aenter__(self) -> "Gate":
        self.session = ClientSession(timeout=ClientTimeout(total=60))
        self.key = await asyncio.to_thread(signing_key, self.folder)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    @property
    def settings(self) -> UplinkSettings:
        return UplinkSettings(url=self.url)

    async def send(self, method: str, path: str, body: bytes = b"", **fields: str) -> tuple[int, Any]:
        credentials = await asyncio.to_thread(read_credentials, self.settings, self.folder)
        headers = JSON_TYPE | {name.replace("_", "-"): value for name, value in fields.items()}
        async with self.session.request(
            method, self.url + path, data=io.BytesIO(body), headers=headers, ssl=credentials.tls
        ) as answer:
            said = await answer.read()
            return answer.status, json.loads(said) if answer.content_type.endswith("json") else said

    async def confirm(self, message: dict[str, Any], link: Link | None, at: str | None = None) -> tuple[int, Any]:
        path = at or f"/api/gates/{message['gate']}/confirmations/{message['sequence']}"
        fields = {name.replace("-", "_"): value for name, value in link.fields().items()} if link else {}
        return await self.send("PUT", path, json.dumps(message).encode(), **fields)


@dataclass
class Scene:
    """`tls` has the gates `kh-a` and `kh-b`, which are enrolled. `platform` listens in clear text, wants the token, and knows
    `chen` (a clerk) and `lin` (a Customs officer). `site` is a gate whose lane waits for a person. `folder` is the attackers'.
    """

    quick: bool
    folder: Path
    platform: str
    platform_data: Path
    token_file: Path
    tls: TlsPlatform
    gates: dict[str, Gate]
    site: DecidedSite
    session: ClientSession
    inside: dict[str, str]  # the cookie of lin, who has signed in at `platform`: what an insider tries needs one

    def times(self, many: int) -> int:
        return max(3, many // 10) if self.quick else many

    async def send(self, method: str, url: str, **options: Any) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and fields of an answer; redirects are not followed. Status 0: cut without an answer."""
        if isinstance(body := options.get("data"), bytes):
            options["data"] = io.BytesIO(body)
        try:
            async with self.session.request(method, url, allow_redirects=False, **options) as answer:
                return answer.status, await answer.read(), {name.casefold(): value for name, value in answer.headers.items()}
        except (ClientConnectionError, ClientPayloadError):
            return 0, b"", {}

    def asking(self, address: str, path: str) -> bytes:
        """A request for a path as it stands, of somebody who has signed in."""
        return asked(address, path, f"Cookie: session={self.inside['session']}", "Connection: close")

    async def read(self, path: str) -> Any:
        """What the TLS platform tells the holder of the token."""
        gate = self.gates["kh-a"]
        tls = await asyncio.to_thread(verifying, gate.settings, read_identity(gate.folder))
        async with self.session.get(self.tls.url + path, headers=BEARER, ssl=tls) as answer:
            return await answer.json()

    async def hand_in(self, method: str, path: str, message: Any) -> int:
        """What the holder of the platform's token hands in."""
        body = json.dumps(message).encode()
        return (await self.send(method, self.platform + path, data=body, headers=JSON_TYPE | BEARER))[0]

    async def next_vehicle(self) -> None:
        """The one in the lane, on which a person has decided, leaves it, and another comes and waits for a person."""
        self.site.module.drive("loop", on=False)
        await self.site.until(self.site.is_empty)
        self.site.module.drive("loop", on=True)
        await self.site.until(self.site.waits)


def code_now() -> str:
    """Of everybody's authenticator app; each account's code serves once."""
    return second_factor.code_at(KEY, utc_now())


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def asked(address: str, path: str, *fields: str, method: str = "GET") -> bytes:
    """The bytes of a request, nothing escaped or put right."""
    return "\r\n".join((f"{method} {path} HTTP/1.1", f"Host: {address.removeprefix('http://')}", *fields, "", "")).encode()


async def raw(address: str, request: bytes, patience_s: float = 10.0, sender: str = "127.0.0.1") -> bytes:
    """The answer to bytes that no browser would send; empty where the connection was cut without one."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(address), local_addr=(sender, 0))
    except OSError:
        return b""
    try:
        writer.write(request)
        async with asyncio.timeout(patience_s):
            return await reader.read(65536)
    except (OSError, TimeoutError):
        return b""
    finally:
        writer.transport.abort()


def status_of(answer: bytes) -> int:
    """0 where there was no answer."""
    words = answer.split(maxsplit=2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def counted(statuses: Iterable[int]) -> str:
    """`19 × 200, 1 × 409`; 0 is a connection that was cut."""
    return ", ".join(f"{times} × {status or 'cut'}" for status, times in sorted(Counter(statuses).items()))


@asynccontextmanager
async def scene(folder: Path, quick: bool) -> AsyncIterator[Scene]:
    token_file = folder / "token"
    await asyncio.to_thread(token_file.write_text, TOKEN)
    token_file.chmod(0o600)
    clear, tls, attackers = folder / "clear", TlsPlatform(folder / "tls"), folder / "attackers"
    for made in (attackers, folder / "site"):
        await asyncio.to_thread(made.mkdir)
    for login in CLERKS:
        await add_account(clear, login, Role.CLERK, second_factor=KEY)
    await add_account(clear, WITHOUT_FACTOR, Role.CLERK)
    await add_account(clear, "lin", Role.OFFICER, second_factor=KEY, name="林關員")
    async with AsyncExitStack() as stack:
        platform = await stack.enter_async_context(running(PlatformSettings(data_dir=clear, port=0, token_file=token_file)))
        url = await stack.enter_async_context(tls.served(token_file=token_file))
        gates = {}
        for name in ("kh-a", "kh-b"):
            code = await tls.approve(name, os.urandom(10))
            await enrol(UplinkSettings(url=url), folder / name, name, code)
            gates[name] = await stack.enter_async_context(Gate(name, folder / name, url))
        site = await stack.enter_async_context(decided_site(folder / "site", patience_s=LONGEST_S))
        session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(total=60)))
        lin = await stack.enter_async_context(Person(platform))
        await lin.sign_in("lin", code=code_now())
        inside = {"session": lin.cookie("session")}
        yield Scene(quick, attackers, platform, clear, token_file, tls, gates, site, session, inside)
