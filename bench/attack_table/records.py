"""Records: replayed, altered, under another gate's name, by a thief, by a stranger, by somebody in between."""

import asyncio
import json
import os
import shutil
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.attack_table.scene import BEARER, JSON_TYPE, TOKEN, Attack, Gate, Scene, Tried, counted
from gateway.model.enrolment import CertificateRequest, GateCertificate
from gateway.model.evidence import BEGINNING, Link, digest, sign
from gateway.uplink.credentials import read_credentials, verifying
from gateway.uplink.errors import PlatformAwayError
from gateway.uplink.identity import NewKey, read_identity
from gateway.uplink.platform_client import PlatformClient
from gateway.uplink.settings import UplinkSettings
from tests.enrolment import TlsPlatform
from tests.platform.samples import confirmation, jpeg, sha256

NOTHING_WAITS: Final = b'{"waiting": []}'


async def _records(scene: Scene, gate: str) -> int:
    page = await scene.read("/api/confirmations?limit=200")
    return sum(item["confirmation"]["gate"] == gate for item in page["items"])


async def _first(scene: Scene) -> tuple[Gate, Link, str]:
    """`kh-a` with its first record at the platform, as it ought to be; the record's link, and what its chain was judged to be."""
    gate = scene.gates["kh-a"]
    message = confirmation("kh-a", 1)
    link = sign(BEGINNING, json.dumps(message).encode(), gate.key)
    await gate.confirm(message, link)
    kept = await scene.read("/api/confirmations/kh-a/1")
    return gate, link, kept["chain"]


async def replayed(scene: Scene) -> Tried:
    """By somebody who has recorded it, and even the gate's certificate."""
    gate = scene.gates["kh-a"]
    message = confirmation("kh-a", 1)
    link = sign(BEGINNING, json.dumps(message).encode(), gate.key)
    first = (await gate.confirm(message, link))[0]
    found = [(await gate.confirm(message, link))[0] for _ in range(scene.times(200))]
    kept = await _records(scene, "kh-a")
    got = f"{counted(found)}: known already; {kept} record is kept"
    return Tried("a record replayed", len(found), got, set(found) == {200} and kept == 1, f"the first time: {first}", first == 201)


async def altered(scene: Scene) -> Tried:
    """By somebody who even has the gate's certificate, but not its evidence key."""
    gate, link, whole = await _first(scene)
    status, _ = await gate.confirm(confirmation("kh-a", 1) | {"lane_title": "altered"}, link)
    kept = await scene.read("/api/confirmations/kh-a/1")
    denied = status == 409 and kept["confirmation"]["lane_title"] != "altered" and bool(kept["conflicts"])
    got = f"{status}, noted as a contradiction"
    return Tried("a record altered, its number kept", 1, got, denied, f"unaltered: {whole}", whole == "whole")


async def forged_chain(scene: Scene) -> Tried:
    """A record put behind one that is chained, signed by nobody who has the key."""
    gate, _, whole = await _first(scene)
    message = confirmation("kh-a", 2)
    before = digest(BEGINNING, json.dumps(confirmation("kh-a", 1)).encode())
    await gate.confirm(message, sign(before, json.dumps(message).encode(), Ed25519PrivateKey.generate()))
    kept = await scene.read("/api/confirmations/kh-a/2")
    got, denied = f"kept with an alarm: {kept['chain']}", kept["chain"] == "other_key"
    return Tried(
        "a record signed with another key, in the chain", 1, got, denied, f"with the gate's own key: {whole}", whole == "whole"
    )


async def under_an_old_signature(scene: Scene) -> Tried:
    gate, link, whole = await _first(scene)
    stranger = sign(BEGINNING, b"another", Ed25519PrivateKey.generate())
    chains = []
    for number, said in enumerate((link, stranger, None, sign("ab" * 32, b"x", gate.key)), start=100):
        await gate.confirm(confirmation("kh-a", number), said)
        kept = await scene.read(f"/api/confirmations/kh-a/{number}")
        chains.append(kept["chain"])
    return Tried(
        "records under an old, a stranger's, no, another record's signature",
        len(chains),
        f"kept with an alarm: {', '.join(chains)}",
        not {"whole", "unsigned"} & set(chains),
        f"under its own: {whole}",
        whole == "whole",
    )


async def in_anothers_name(scene: Scene) -> Tried:
    """With a good certificate, but another gate's: records, what was recorded of its outbox, its desk, its certificate."""
    gate = scene.gates["kh-b"]
    theirs = confirmation("kh-a", 50)
    link = sign(BEGINNING, json.dumps(theirs).encode(), scene.gates["kh-a"].key)
    request = _request("kh-a")
    found = [
        (await gate.confirm(theirs, link))[0],
        (await gate.confirm(confirmation("kh-b", 50), link, "/api/gates/kh-a/confirmations/50"))[0],
        (await gate.confirm(theirs, link, "/api/gates/kh-b/confirmations/50"))[0],
        (await gate.send("POST", "/api/gates/kh-a/desk", NOTHING_WAITS))[0],
        (await gate.send("POST", "/api/gates/kh-a/certificate", request))[0],
    ]
    own = [
        (await gate.confirm(confirmation("kh-b", 50), None))[0],
        (await gate.send("POST", "/api/gates/kh-b/desk", NOTHING_WAITS))[0],
        (await gate.send("POST", "/api/gates/kh-b/certificate", _request("kh-b")))[0],
    ]
    return Tried(
        "another gate's name, with a gate's certificate",
        len(found),
        counted(found),
        set(found) <= {403, 422},
        f"its own name: {counted(own)}",
        set(own) <= {200, 201},
    )


def _request(gate: str) -> bytes:
    """For a certificate, with a new key that is thrown away."""
    return CertificateRequest(signing_request=NewKey.of(gate).signing_request).model_dump_json().encode()


async def with_the_token(scene: Scene) -> Tried:
    """The token that depots share, in the name of a gate that is enrolled; honestly, in that of a gate that is not."""
    tls = verifying(scene.gates["kh-a"].settings, read_identity(scene.gates["kh-a"].folder))

    async def send(gate: str) -> list[int]:
        return [
            (await scene.send(method, scene.tls.url + path, json=message, headers=JSON_TYPE | BEARER, ssl=tls))[0]
            for method, path, message in (
                ("PUT", f"/api/gates/{gate}/confirmations/60", confirmation(gate, 60)),
                ("POST", f"/api/gates/{gate}/desk", {"waiting": []}),
                ("POST", f"/api/gates/{gate}/certificate", json.loads(_request(gate))),
            )
        ]

    found, own = await send("kh-a"), (await send("by-token"))[:2]  # who is not enrolled gets no certificate either
    return Tried(
        "an enrolled gate's name, with the depots' token",
        len(found),
        counted(found),
        set(found) == {403},
        f"a name that is not enrolled: {counted(own)}",
        set(own) <= {200, 201},
    )


async def stolen_certificate(scene: Scene) -> Tried:
    """The whole folder of `kh-b`, copied before the gate was revoked, and a certificate that was made with it meanwhile."""
    gate, copied = scene.gates["kh-b"], scene.folder / "kh-b"
    await asyncio.to_thread(shutil.copytree, gate.folder, copied)
    async with Gate("kh-b", copied, gate.url) as thief:
        new = NewKey.of("kh-b")
        request = CertificateRequest(signing_request=new.signing_request).model_dump_json().encode()
        renewed = (await thief.send("POST", "/api/gates/kh-b/certificate", request))[1]
        await asyncio.to_thread(new.accept, GateCertificate.model_validate(renewed), copied)
        before = await _everything(gate, 1) + await _everything(thief, 2)
        await scene.tls.revoke("kh-b")
        found = await _everything(gate, 3) + await _everything(thief, 4)
    return Tried(
        "a stolen certificate after its revocation",
        len(found),
        counted(found),
        set(found) == {403},
        f"before it: {counted(before)}",
        set(before) <= {200, 201, 202, 204},
    )


async def _everything(gate: Gate, shade: int) -> list[int]:
    """All that a gate may ask of the platform; the picture's `shade` makes it a new one."""
    picture = jpeg(shade)
    place = f"/api/pictures/{sha256(picture)}"
    message = confirmation(gate.name, 1)
    return [
        (await gate.confirm(message, sign(BEGINNING, json.dumps(message).encode(), gate.key)))[0],
        (await gate.send("GET", "/api/feed"))[0],
        (await gate.send("PUT", place, picture, Content_Type="image/jpeg"))[0],
        (await gate.send("POST", f"/api/gates/{gate.name}/desk", NOTHING_WAITS))[0],
        (await gate.send("POST", f"/api/gates/{gate.name}/certificate", _request(gate.name)))[0],
    ]


async def in_between(scene: Scene) -> Tried:
    """Somebody with a TLS server of his own, of another authority, to which the gate's way was led."""
    gate = scene.gates["kh-a"]
    other = TlsPlatform(scene.folder / "in-between")
    async with other.served() as url:
        said = await _fed(gate, url)
    own = await _fed(gate, gate.url)
    denied = "not trusted" in said
    return Tried(
        "somebody in between, with a certificate of his own",
        1,
        said.partition(":")[0],
        denied,
        f"the platform: {own}",
        own == "fed",
    )


async def _fed(gate: Gate, url: str) -> str:
    """What the gate says of a platform from which it asks its orders."""
    settings = UplinkSettings(url=url)
    credentials = await asyncio.to_thread(read_credentials, settings, gate.folder)
    async with PlatformClient(settings, lambda: credentials).opened() as client:
        try:
            await client.ask(lambda platform: platform.feed(0, limit=1))
        except PlatformAwayError as error:
            return str(error)
    return "fed"


async def tokens_guessed(scene: Scene) -> Tried:
    guesses = [os.urandom(12).hex() for _ in range(scene.times(300))]
    guesses += [TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "", " ", "\xff", TOKEN[:8] + "\t" + TOKEN[8:]]

    async def ask(token: str) -> int:
        return (await scene.send("GET", f"{scene.platform}/api/feed", headers={"Authorization": f"Bearer {token}"}))[0]

    found, right = [await ask(guess) for guess in guesses], await ask(TOKEN)
    return Tried(
        "the platform's token guessed", len(found), counted(found), set(found) == {401}, f"the token: {right}", right == 200
    )


async def codes_guessed(scene: Scene) -> Tried:
    """Enrolment codes; the right one is tried last, when it is locked. Honestly, that of another gate is handed in at once."""
    tls = verifying(scene.gates["kh-a"].settings, read_identity(scene.gates["kh-a"].folder))

    async def hand_in(gate: str, secret: bytes) -> int:
        said = {"gate": gate, "signing_request": NewKey.of(gate).signing_request, "evidence_key": os.urandom(32).hex()}
        address = f"{scene.tls.url}/api/enrolments"
        return (await scene.send("POST", address, json=said | {"secret": secret.hex()}, ssl=tls))[0]

    own = await hand_in("kh-d", (await scene.tls.approve("kh-d", os.urandom(10))).secret)
    code = await scene.tls.approve("kh-c", os.urandom(10))
    found = [await hand_in("kh-c", guess) for guess in [os.urandom(10) for _ in range(30)] + [code.secret]]
    return Tried(
        "an enrolment code guessed, at last rightly",
        len(found),
        counted(found),
        set(found) == {403},
        f"a code handed in at once: {own}",
        own == 201,
    )


async def rulings_answered_by_another(scene: Scene) -> Tried:
    """`kh-b` has learned the id of a ruling for `kh-a` and says at its own desk that the lane has taken it."""
    ruling = "01932a6e-0000-7000-8000-00000000abcd"
    insert = (
        "INSERT INTO desk_rulings (ruling_id, gate, passage_id, login, decided_at, expires_at, content) VALUES "
        f"('{ruling}', 'kh-a', 'p', 'chen', '2026', '9999', '{{}}')"
    )
    await scene.tls.written(lambda connection: connection.exec_driver_sql(insert))
    report = json.dumps({"waiting": [], "answered": [{"ruling_id": ruling, "answer": "taken"}]}).encode()

    async def answered(gate: str) -> tuple[int, str | None]:
        status, _ = await scene.gates[gate].send("POST", f"/api/gates/{gate}/desk", report)
        kept = "SELECT answer FROM desk_rulings"
        return status, await scene.tls.written(lambda connection: connection.exec_driver_sql(kept).scalar())

    status, answer = await answered("kh-b")
    _, own = await answered("kh-a")
    await scene.tls.written(lambda connection: connection.exec_driver_sql("DELETE FROM desk_rulings"))
    got = f"{status}, the ruling's answer: {answer or 'none yet'}"
    return Tried("a ruling answered by another gate", 1, got, answer is None, f"by its own gate: {own}", own == "taken")


ATTACKS: Final[tuple[Attack, ...]] = (
    replayed,
    altered,
    forged_chain,
    under_an_old_signature,
    in_anothers_name,
    rulings_answered_by_another,
    with_the_token,
    in_between,
    tokens_guessed,
    codes_guessed,
    stolen_certificate,
)
