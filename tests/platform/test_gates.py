"""Who is let in where, over real TLS: a gate under its own name and no other, nobody in its place, nothing in clear text."""

import asyncio
import base64
import re
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientSession
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from gateway.model.evidence import BEGINNING, digest, sign
from gateway.platform.errors import InvalidError, StartError, TlsError, UnsafeListenError
from gateway.platform.examples import DESK_REPORT
from gateway.platform.gates import store
from gateway.platform.gates.authority import open_authority, requested_key
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.enrolment import TlsPlatform
from tests.platform.conftest import DEADLINE, Client
from tests.platform.samples import confirmation, jpeg, order, sha256

# cryptography only warns today of a damaged certificate whose serial number became negative; some day it raises, as for others.
pytestmark = [pytest.mark.both_databases, pytest.mark.filterwarnings("ignore:Parsed a serial number")]

TOKEN = "a-token-that-nobody-guesses"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
SHA_256 = SHA256()
EVIDENCE = ed25519.Ed25519PrivateKey.from_private_bytes(b"e" * 32)
STRANGER = ed25519.Ed25519PrivateKey.from_private_bytes(b"s" * 32)


@pytest.fixture
def platform(data_dir: Path, database_url: SecretStr | None) -> TlsPlatform:
    return TlsPlatform(data_dir, database_url)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(TOKEN)
    path.chmod(0o600)
    return path


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def request_for(key: Any, algorithm: Any = SHA_256) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "any name at all")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, algorithm)
    return request.public_bytes(Encoding.PEM).decode()


def pem_of(key: Any) -> bytes:
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@asynccontextmanager
async def client(platform: TlsPlatform, shown: bytes | None = None) -> AsyncIterator[Client]:
    """A client that trusts the platform as strictly as OpenSSL can, and shows this key and certificate (PEM)."""
    tls = ssl.create_default_context(cadata=open_authority(platform.folder, platform.clock()).pem)
    tls.verify_flags |= ssl.VERIFY_X509_STRICT
    if shown is not None:
        file = platform.folder.parent / "shown.pem"
        file.write_bytes(shown)
        tls.load_cert_chain(file)
    async with ClientSession(timeout=DEADLINE, connector=aiohttp.TCPConnector(ssl=tls)) as session:
        yield Client(session, platform.url)


async def enrolment(platform: TlsPlatform, gate: str, key: ec.EllipticCurvePrivateKey, **changes: Any) -> dict[str, Any]:
    code = await platform.approve(gate)
    said = {"gate": gate, "secret": code.secret.hex(), "signing_request": request_for(key)}
    return said | {"evidence_key": EVIDENCE.public_key().public_bytes_raw().hex()} | changes


async def enrolled(platform: TlsPlatform, gate: str = "ct4-116") -> bytes:
    """What a gate holds that was enrolled: its key and certificate, PEM."""
    key = new_key()
    async with client(platform) as stranger:
        status, answer = await stranger.post("/api/enrolments", await enrolment(platform, gate, key))
    assert status == 201, answer
    certificate: str = answer["certificate"]
    return pem_of(key) + certificate.encode()


# TLS -----------------------------------------------------------------------------------------------------------------


async def handshake(platform: TlsPlatform, newest: ssl.TLSVersion) -> str | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # so that it is not this side which refuses
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
    port = int(platform.url.rsplit(":", 1)[1])
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    spoken: ssl.SSLObject = writer.get_extra_info("ssl_object")
    version = spoken.version()
    writer.transport.abort()
    return version


async def test_tls_1_2_is_the_least(platform: TlsPlatform) -> None:
    async with platform.served():
        assert await handshake(platform, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
        assert await handshake(platform, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
        for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with pytest.raises(OSError, match=r"ALERT_PROTOCOL_VERSION|^$"):  # a reset may overtake the alert
                await handshake(platform, old)


async def test_plain_http_is_not_answered(platform: TlsPlatform) -> None:
    async with platform.served() as url, ClientSession(timeout=DEADLINE) as session:
        with pytest.raises(aiohttp.ClientError):
            await session.put(url.replace("https:", "http:") + "/api/gates/ct4-116/confirmations/1", json=confirmation())
        async with client(platform) as reader:
            assert (await reader.get("/api/confirmations"))[1]["items"] == []


async def test_people_need_no_certificate(platform: TlsPlatform) -> None:
    async with platform.served(require_certificates=True), client(platform) as person:
        status, page = await person.page("/", "en")
        assert (status, "<html" in page) == (200, True)


async def test_certificates_of_other_authorities_and_of_servers_do_not_even_connect(platform: TlsPlatform, tmp_path: Path) -> None:
    stranger = TlsPlatform(tmp_path / "stranger")
    async with stranger.served():
        theirs = await enrolled(stranger)
    async with platform.served():
        for shown in (theirs, (platform.folder / "server.pem").read_bytes()):
            async with client(platform, shown) as gate:
                with pytest.raises((aiohttp.ClientError, OSError)):
                    await gate.confirm(confirmation())
        async with client(platform, await enrolled(platform)) as gate:
            assert (await gate.confirm(confirmation()))[0] == 201


async def test_the_certificate_is_new_after_a_restart_and_the_authority_is_not(platform: TlsPlatform) -> None:
    async with platform.served():
        gate = await enrolled(platform)
        first = (platform.folder / "server.pem").read_bytes()
    async with platform.served(), client(platform, gate) as again:
        assert (await again.confirm(confirmation()))[0] == 201
    assert (platform.folder / "server.pem").read_bytes() != first


async def test_an_operators_own_certificate_serves_and_gates_have_the_platforms(platform: TlsPlatform, tmp_path: Path) -> None:
    other = open_authority(tmp_path / "operator", platform.clock())
    whole = other.issue_to_server(["127.0.0.1"], platform.clock())
    key, certificates = whole.split(b"-----END PRIVATE KEY-----\n")
    (tmp_path / "key.pem").write_bytes(key + b"-----END PRIVATE KEY-----\n")
    (tmp_path / "chain.pem").write_bytes(certificates)
    files = {"tls_names": (), "tls_certificate": tmp_path / "chain.pem", "tls_key": tmp_path / "key.pem"}
    async with platform.served(**files):
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await enrolled(platform)
        tls = ssl.create_default_context(cadata=other.pem)
        async with ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
            person, new = Client(session, platform.url), new_key()
            _, answer = await person.post("/api/enrolments", await enrolment(platform, "ct4-116", new))
        (tmp_path / "shown.pem").write_bytes(pem_of(new) + answer["certificate"].encode())
        tls = ssl.create_default_context(cadata=other.pem)
        tls.load_cert_chain(tmp_path / "shown.pem")
        async with ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
            assert (await Client(session, platform.url).confirm(confirmation()))[0] == 201


async def start(settings: PlatformSettings) -> None:
    async with running(settings):
        pass


async def test_certificates_that_cannot_be_used_are_named_at_the_start(tmp_path: Path) -> None:
    key, locked = tmp_path / "key.pem", tmp_path / "locked.pem"
    key.write_bytes(pem_of(new_key()))
    locked.write_bytes(new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(open_authority(tmp_path / "other", TlsPlatform(tmp_path).clock()).pem.encode())
    for paths in ((certificate, key), (certificate, locked), (tmp_path / "none.pem", key), (key, key)):
        with pytest.raises(TlsError, match=re.escape(str(paths[0]))):
            await start(PlatformSettings(data_dir=tmp_path / "data", port=0, tls_certificate=paths[0], tls_key=paths[1]))
    for damaged in (b"", b"no key", pem_of(new_key()), pem_of(new_key()) + certificate.read_bytes()):
        (tmp_path / "data" / "authority.pem").write_bytes(damaged)
        with pytest.raises(TlsError, match=r"authority\.pem"):
            await start(PlatformSettings(data_dir=tmp_path / "data", port=0, tls_names=("localhost",)))


async def test_beyond_this_machine_only_with_tls_or_behind_a_proxy(tmp_path: Path, token_file: Path) -> None:
    given_ = {"data_dir": tmp_path / "data", "host": "0.0.0.0", "port": 0, "token_file": token_file}
    with pytest.raises(UnsafeListenError, match="in clear text"):
        await start(PlatformSettings.model_validate(given_))
    for allowed in ({"behind_tls_proxy": True}, {"tls_names": ["platform.example"]}):
        await start(PlatformSettings.model_validate(given_ | allowed))
    with pytest.raises(StartError, match="token"):
        await start(PlatformSettings(data_dir=tmp_path / "data", host="0.0.0.0", port=0, tls_names=("platform.example",)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"tls_certificate": "/c"},
        {"tls_key": "/k"},
        {"tls_names": ["a.example"], "tls_certificate": "/c", "tls_key": "/k"},
        {"require_certificates": True},
        {"tls_names": ["two words"]},
    ],
)
def test_settings_of_tls_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        PlatformSettings.model_validate({"data_dir": "/d"} | wrong)


def test_two_processes_that_make_the_authority_at_once_have_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one makes it just after this one has seen that there is none."""
    now = TlsPlatform(tmp_path).clock()
    looked = Path.exists

    def exists(path: Path) -> bool:
        there = looked(path)
        monkeypatch.setattr(Path, "exists", looked)
        others.append(open_authority(tmp_path, now).pem)
        return there

    others: list[str] = []
    monkeypatch.setattr(Path, "exists", exists)
    assert [open_authority(tmp_path, now).pem] == others
    assert [path.name for path in tmp_path.iterdir()] == ["authority.pem"]


# Who may do what -----------------------------------------------------------------------------------------------------


async def test_a_gate_writes_under_its_own_name_only(platform: TlsPlatform, token_file: Path) -> None:
    async with platform.served(token_file=token_file):
        async with client(platform, await enrolled(platform)) as gate:
            for headers in ({}, BEARER):  # the token does not help it to another name
                status, problem = await gate.confirm(confirmation("ct5-79"), headers=headers)
                assert (status, problem["title"]) == (403, "Forbidden")
                assert "gate ct4-116, which writes under its own name only" in problem["detail"]
                new = {"signing_request": request_for(new_key())}
                assert (await gate.post("/api/gates/ct5-79/certificate", new, headers=headers))[0] == 403
                assert (await gate.post("/api/gates/ct5-79/desk", DESK_REPORT, headers=headers))[0] == 403
            picture = jpeg()
            assert (await gate.confirm(confirmation()))[0] == 201
            assert (await gate.picture(sha256(picture), picture))[0] == 201
            assert (await gate.get("/api/feed"))[0] == 200
            assert (await gate.post("/api/gates/ct4-116/desk", DESK_REPORT))[0] == 200
            # Orders and registers are not a gate's to write.
            assert (await gate.post("/api/orders", order()))[0] == 401
            assert (await gate.post("/api/registry", []))[0] == 401
        async with client(platform) as reader:
            _, page = await reader.get("/api/confirmations", headers=BEARER)
            assert [item["confirmation"]["gate"] for item in page["items"]] == ["ct4-116"]


async def test_the_token_opens_nothing_in_an_enrolled_gates_name(platform: TlsPlatform, token_file: Path) -> None:
    async with platform.served(token_file=token_file):
        await enrolled(platform)
        async with client(platform) as depot:
            status, problem = await depot.confirm(confirmation(), headers=BEARER)
            assert (status, problem["detail"][:40]) == (403, "Gate ct4-116 is enrolled here: nobody wr")
            assert (await depot.confirm(confirmation("ct5-79"), headers=BEARER))[0] == 201
            assert (await depot.confirm(confirmation("ct5-79", 2)))[0] == 401
            assert (await depot.post("/api/orders", order(), headers=BEARER))[0] == 201
            await platform.revoke("ct4-116")
            assert (await depot.confirm(confirmation(), headers=BEARER))[0] == 403


async def test_where_certificates_are_required_the_token_opens_no_gate_route(platform: TlsPlatform, token_file: Path) -> None:
    async with platform.served(token_file=token_file, require_certificates=True), client(platform) as depot:
        picture = jpeg()
        assert (await depot.confirm(confirmation("ct5-79"), headers=BEARER))[0] == 403
        assert (await depot.picture(sha256(picture), picture, headers=BEARER))[0] == 403
        assert (await depot.get("/api/feed", headers=BEARER))[0] == 403
        assert (await depot.post("/api/orders", order(), headers=BEARER))[0] == 201


async def test_a_refused_certificate_says_why_on_a_connection_that_was_open(platform: TlsPlatform) -> None:
    async with platform.served(), client(platform, await enrolled(platform)) as gate:
        assert (await gate.confirm(confirmation()))[0] == 201
        platform.clock.ahead = timedelta(days=91)
        status, problem = await gate.confirm(confirmation(sequence=2))
        assert (status, "expired at" in problem["detail"]) == (403, True)
        await platform.revoke("ct4-116")
        status, problem = await gate.confirm(confirmation(sequence=2))
        assert (status, "was revoked at" in problem["detail"]) == (403, True)
        await platform.written(lambda connection: connection.execute(store.CERTIFICATES.delete()))
        status, problem = await gate.confirm(confirmation(sequence=2))
        assert (status, "does not know this certificate" in problem["detail"]) == (403, True)


async def test_without_tls_there_is_no_enrolment(tmp_path: Path) -> None:
    platform = TlsPlatform(tmp_path / "platform")
    async with platform.served(tls_names=()) as url, ClientSession(timeout=DEADLINE) as session:
        plain = Client(session, url)
        assert url.startswith("http:")
        assert (await plain.get("/api/authority"))[0] == 404
        assert (await plain.post("/api/enrolments", await enrolment(platform, "ct4-116", new_key())))[0] == 404
        assert (await plain.confirm(confirmation()))[0] == 201
        assert (await plain.post("/api/gates/ct4-116/certificate", {"signing_request": "?"}))[0] == 404


# Enrolling -----------------------------------------------------------------------------------------------------------


async def test_the_enrolled_evidence_key_is_the_gates_whoever_came_first(platform: TlsPlatform) -> None:
    async def hand_in(gate: Client, sequence: int, key: ed25519.Ed25519PrivateKey, previous: str) -> str:
        body = str(confirmation(sequence=sequence)).replace("'", '"').replace("None", "null").replace("True", "true")
        link = sign(previous, body.encode(), key)
        fields = {"Content-Type": "application/json", **link.fields()}
        path = f"/api/gates/ct4-116/confirmations/{sequence}"
        assert (await gate.send("PUT", path, data=body.encode(), headers=fields))[0] == 201
        return digest(previous, body.encode())

    async with platform.served():
        async with client(platform) as stranger:
            await hand_in(stranger, 1, STRANGER, BEGINNING)
        async with client(platform, await enrolled(platform)) as gate:
            await hand_in(gate, 2, STRANGER, BEGINNING)
            head = await hand_in(gate, 3, EVIDENCE, BEGINNING)
            await hand_in(gate, 4, EVIDENCE, head)
            assert (await gate.confirm(confirmation(sequence=5)))[0] == 201
            _, page = await gate.get("/api/confirmations")
    states = [item["chain"] for item in page["items"]]
    assert states == ["whole", "other_key", "whole", "whole", "signature_missing"]


async def test_what_is_no_enrolment_is_named_and_uses_up_no_code(platform: TlsPlatform) -> None:
    async with platform.served(), client(platform) as person:
        good = await enrolment(platform, "ct4-116", new_key())
        for field, value in (
            ("gate", "../other"),
            ("secret", "00"),
            ("secret", None),
            ("evidence_key", "zz"),
            ("signing_request", ""),
            ("signing_request", "x" * 9000),
            ("signing_request", "no request"),
            ("signing_request", request_for(rsa.generate_private_key(65537, 2048))),
            ("signing_request", request_for(ec.generate_private_key(ec.SECP384R1()))),
            ("signing_request", request_for(EVIDENCE, algorithm=None)),
        ):
            status, problem = await person.post("/api/enrolments", good | {field: value})
            assert (status, [error["field"] for error in problem["errors"]]) == (422, [field])
        assert (await person.post("/api/enrolments", good | {"more": 1}))[0] == 422
        assert (await person.send("POST", "/api/enrolments", data=b"{" * 40_000))[0] == 415
        assert (await person.send("POST", "/api/enrolments", json="x" * 40_000))[0] == 413
        status, answer = await person.post("/api/enrolments", good)
    certificate = x509.load_pem_x509_certificate(answer["certificate"].encode())
    assert (status, certificate.subject.rfc4514_string()) == (201, "CN=ct4-116")


def test_a_request_signed_with_another_key_is_refused() -> None:
    """Nobody gets a certificate for a key that is not his."""
    request = x509.load_pem_x509_csr(request_for(new_key()).encode())
    der = bytearray(request.public_bytes(Encoding.DER))
    place = der.index(b"any name at all")
    der[place : place + 3] = b"one"
    with pytest.raises(InvalidError) as caught:
        requested_key(x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM).decode())
    assert "not signed with the key" in caught.value.errors[0].message


@settings(max_examples=200)
@example(place=7, byte=1)
@given(place=st.integers(0, 400), byte=st.integers(0, 255))
def test_a_damaged_request_is_refused_or_still_one_of_that_key(place: int, byte: int) -> None:
    der = bytearray(x509.load_pem_x509_csr(REQUEST.encode()).public_bytes(Encoding.DER))
    der[place % len(der)] = byte
    pem = "-----BEGIN CERTIFICATE REQUEST-----\n" + base64.encodebytes(bytes(der)).decode() + "-----END CERTIFICATE REQUEST-----\n"
    try:
        key = requested_key(pem)
    except InvalidError:
        return
    assert key == x509.load_pem_x509_csr(REQUEST.encode()).public_key()


REQUEST = request_for(new_key())


# The list ------------------------------------------------------------------------------------------------------------


async def test_the_list_says_how_each_gate_stands(platform: TlsPlatform) -> None:
    async with platform.served():
        await platform.approve("a")
        await enrolled(platform, "b")
        await platform.approve("b")
        await enrolled(platform, "c")
        await platform.approve("c")
        await platform.revoke("c")
        found = {one.name: one for one in await platform.written(store.standings)}
    key = EVIDENCE.public_key().public_bytes_raw().hex()
    assert [bool(found["a"].code_until), found["a"].enrolled_at, found["a"].evidence_key] == [True, None, None]
    assert [bool(found["b"].code_until), bool(found["b"].enrolled_at), found["b"].revoked_at] == [True, True, None]
    assert [found["c"].code_until, bool(found["c"].revoked_at), found["c"].evidence_key] == [None, True, key]
