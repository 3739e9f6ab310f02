"""Records: replayed, altered, under another gate's name, by a thief, by a stranger, by somebody in between."""

import json
import os
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.attack_table.scene import TOKEN, Attack, Gate, Scene, Tried, counted
from gateway.model.enrolment import CertificateRequest
from gateway.model.evidence import BEGINNING, digest, sign
from gateway.uplink.credentials import Credentials, verifying
from gateway.uplink.errors import PlatformAwayError
from gateway.uplink.identity import NewKey, read_identity
from gateway.uplink.platform_client import PlatformClient
from gateway.uplink.settings import UplinkSettings
from tests.enrolment import TlsPlatform
from tests.platform.samples import confirmation, jpeg, sha256


async def _records(scene: Scene, gate: str) -> int:
    page = await scene.read("/api/confirmations?limit=200")
    return sum(item["confirmation"]["gate"] == gate for item in page["items"])


async def replayed(scene: Scene) -> Tried:
    gate = scene.gates["kh-a"]
    message = confirmation("kh-a", 1)
    link = sign(BEGINNING, json.dumps(message).encode(), gate.key)
    found = [(await gate.confirm(message, link))[0] for _ in range(scene.times(200))]
    return Tried("a record replayed by whoever recorded it", len(found), counted(found), await _records(scene, "kh-a") == 1)


async def altered(scene: Scene) -> Tried:
    """By somebody who even has the gate's certificate, but not its evidence key."""
    gate = scene.gates["kh-a"]
    first = confirmation("kh-a", 1)
    link = sign(BEGINNING, json.dumps(first).encode(), gate.key)
    await gate.confirm(first, link)
    status, _ = await gate.confirm(first | {"lane_title": "altered"}, link)
    kept = await scene.read("/api/confirmations/kh-a/1")
    held = status == 409 and kept["confirmation"]["lane_title"] != "altered" and bool(kept["conflicts"])
    return Tried("a record altered, its number kept", 1, f"{status}, and it is noted as a contradiction", held)


async def under_an_old_signature(scene: Scene) -> Tried:
    gate = scene.gates["kh-a"]
    link = sign(BEGINNING, json.dumps(confirmation("kh-a", 1)).encode(), gate.key)
    stranger = sign(BEGINNING, b"another", Ed25519PrivateKey.generate())
    chains = []
    for number, said in enumerate((link, stranger, None, sign("ab" * 32, b"x", gate.key)), start=100):
        await gate.confirm(confirmation("kh-a", number), said)
        kept = await scene.read(f"/api/confirmations/kh-a/{number}")
        chains.append(kept["chain"])
    held = not {"whole", "unsigned"} & set(chains)
    return Tried("records under an old, a stranger's, no signature", len(chains), f"kept with an alarm: {', '.join(chains)}", held)


async def in_anothers_name(scene: Scene) -> Tried:
    """With a good certificate, but another gate's: records, what was recorded of its outbox, its desk, its certificate."""
    gate = scene.gates["kh-b"]
    theirs = confirmation("kh-a", 50)
    link = sign(BEGINNING, json.dumps(theirs).encode(), scene.gates["kh-a"].key)
    report = json.dumps({"waiting": [], "answered": [], "attended": []}).encode()
    request = CertificateRequest(signing_request=NewKey.of("kh-a").signing_request).model_dump_json().encode()
    found = [
        (await gate.confirm(theirs, link))[0],
        (await gate.confirm(confirmation("kh-b", 50), link, "/api/gates/kh-a/confirmations/50"))[0],
        (await gate.confirm(theirs, link, "/api/gates/kh-b/confirmations/50"))[0],
        (await gate.send("POST", "/api/gates/kh-a/desk", report))[0],
        (await gate.send("POST", "/api/gates/kh-a/certificate", request))[0],
    ]
    return Tried("another gate's name, with a gate's certificate", len(found), counted(found), set(found) <= {403, 422})


async def with_the_token(scene: Scene) -> Tried:
    """The token that depots share, in the name of a gate that is enrolled."""
    tls = verifying(scene.gates["kh-a"].settings, read_identity(scene.gates["kh-a"].folder))
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    found = []
    for method, path, message in (
        ("PUT", "/api/gates/kh-a/confirmations/60", confirmation("kh-a", 60)),
        ("POST", "/api/gates/kh-a/desk", {"waiting": []}),
        ("POST", "/api/gates/kh-a/certificate", {"signing_request": "x"}),
    ):
        found.append((await scene.send(method, scene.tls.url + path, json=message, headers=headers, ssl=tls))[0])
    return Tried("an enrolled gate's name, with the depots' token", len(found), counted(found), set(found) == {403})


async def stolen_certificate(scene: Scene) -> Tried:
    """The whole folder of `kh-b`, copied before the gate was revoked."""
    await scene.tls.revoke("kh-b")
    gate, picture = scene.gates["kh-b"], jpeg()
    request = CertificateRequest(signing_request=NewKey.of("kh-b").signing_request).model_dump_json().encode()
    message = confirmation("kh-b", 1)
    found = [
        (await gate.confirm(message, sign(BEGINNING, json.dumps(message).encode(), gate.key)))[0],
        (await gate.send("GET", "/api/feed"))[0],
        (await gate.send("PUT", f"/api/pictures/{sha256(picture)}", picture))[0],
        (await gate.send("PATCH", f"/api/pictures/{sha256(picture)}", picture))[0],
        (await gate.send("POST", "/api/gates/kh-b/desk", b'{"waiting": []}'))[0],
        (await gate.send("POST", "/api/gates/kh-b/certificate", request))[0],
    ]
    return Tried("a stolen certificate after its revocation", len(found), counted(found), set(found) == {403})


async def in_between(scene: Scene) -> Tried:
    """Somebody with a TLS server of his own, of another authority, to which the gate's way was led."""
    gate: Gate = scene.gates["kh-a"]
    other = TlsPlatform(scene.folder / "in-between")
    said = ""
    async with other.served() as url:
        settings = UplinkSettings(url=url)
        tls = verifying(settings, read_identity(gate.folder))
        async with PlatformClient(settings, lambda: Credentials({}, tls)).opened() as client:
            try:
                await client.feed(0, 1, 0)
            except PlatformAwayError as error:
                said = str(error)
        found = await other.written(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM confirmations").scalar())
    return Tried("somebody in between, with a certificate of his own", 1, said[:60], "not trusted" in said and not found)


async def tokens_guessed(scene: Scene) -> Tried:
    guesses = [os.urandom(12).hex() for _ in range(scene.times(300))]
    guesses += [TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "", " ", "\xff", TOKEN[:8] + "\t" + TOKEN[8:]]
    found = []
    for guess in guesses:
        headers = {"Authorization": f"Bearer {guess}"}
        found.append((await scene.send("GET", f"{scene.platform}/api/feed", headers=headers))[0])
    return Tried("the platform's token guessed", len(found), counted(found), set(found) == {401})


async def codes_guessed(scene: Scene) -> Tried:
    """Enrolment codes; the right one is tried last, when it is locked."""
    code = await scene.tls.approve("kh-c", b"0123456789")
    tls = verifying(scene.gates["kh-a"].settings, read_identity(scene.gates["kh-a"].folder))
    said = {"gate": "kh-c", "signing_request": NewKey.of("kh-c").signing_request, "evidence_key": "ab" * 32}
    found = []
    for guess in [os.urandom(10) for _ in range(30)] + [code.secret]:
        answer = await scene.send("POST", f"{scene.tls.url}/api/enrolments", json=said | {"secret": guess.hex()}, ssl=tls)
        found.append(answer[0])
    return Tried("an enrolment code guessed, at last rightly", len(found), counted(found), set(found) == {403})


async def rulings_answered_by_another(scene: Scene) -> Tried:
    """`kh-b` has learned the id of a ruling for `kh-a` and says at its own desk that the lane has taken it."""
    ruling = "01932a6e-0000-7000-8000-00000000abcd"
    insert = (
        "INSERT INTO desk_rulings (ruling_id, gate, passage_id, login, decided_at, expires_at, content) VALUES "
        f"('{ruling}', 'kh-a', 'p', 'chen', '2026', '9999', '{{}}')"
    )
    await scene.tls.written(lambda connection: connection.exec_driver_sql(insert))
    report = json.dumps({"waiting": [], "answered": [{"ruling_id": ruling, "answer": "taken"}]}).encode()
    status, _ = await scene.gates["kh-b"].send("POST", "/api/gates/kh-b/desk", report)
    kept = "SELECT answer FROM desk_rulings"
    answer = await scene.tls.written(lambda connection: connection.exec_driver_sql(kept).scalar())
    await scene.tls.written(lambda connection: connection.exec_driver_sql("DELETE FROM desk_rulings"))
    return Tried("a ruling answered by another gate", 1, f"{status}, and the ruling is still to be brought", answer is None)


async def forged_chain(scene: Scene) -> Tried:
    """A record put between two that are chained, signed by nobody who has the key."""
    gate = scene.gates["kh-a"]
    body = json.dumps(confirmation("kh-a", 1)).encode()
    thief = Ed25519PrivateKey.generate()
    message = confirmation("kh-a", 2)
    await gate.confirm(message, sign(digest(BEGINNING, body), json.dumps(message).encode(), thief))
    kept = await scene.read("/api/confirmations/kh-a/2")
    return Tried(
        "a record signed with another key in the chain", 1, f"kept with an alarm: {kept['chain']}", kept["chain"] == "other_key"
    )


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
