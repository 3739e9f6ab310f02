"""`gateway diagnostics`: secrets stand wherever they can stand, and none of them is in the file, however it is written."""

import asyncio
import base64
import json
import os
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.display.desk.staff import Person, Role, Staff, hash_pin, read_staff, write_staff
from gateway.orders.order_cache import OrderCache
from gateway.store.gate_store import GateStore
from gateway.uplink.identity import FILE_NAME as CERTIFICATE
from tests.orders.entries import order, page
from tests.store.conftest import clock
from tests.store.passages import decided, passage_id

DRIVER, LICENCE = "歐陽震華", "Q287654321"
TOKEN, TOKEN_IN_VARIABLE = "Ym9uZ29zLWFuZC1kcnVtcw", "cGlhbm9zLWFuZC1oYXJwcw"
PASSWORD, PASSWORD_FOR_A_NAME, BROKER = "jammed-Door-71", "red_Lantern_55", "slow-Ferry-12"
IN_A_LOGIN, IN_A_QUERY, IN_A_PATH = "tall-Crane-38", "wet-Quay-90", "dim-Lamp-63"
MASTER, AUTHORITY = bytes(range(40, 72)), bytes(range(90, 122))
PIN, BADGE, UNIT_VARIABLE = "739154", "04A1B2C3D4E5F6", "odd-Buoy-27"
PRIVATE = "MHcCAQEEIKsecretsecretsecretsecretsecretsecretoAoGCCqGSM49AwEHoUQ"

SITE = """
name: kh-t4
title: {{zh_TW: 站, en: Site}}
store: {{folder: store}}
desk: {{staff: store/staff.json}}
platform: {{url: "https://platform.port.example:8443", {token}}}
broker: {{host: broker.example, user: gate, password_file: broker.password}}
seals:
  keys: {{file: seal-master.key}}
  authority: {{environment: SEAL_AUTHORITY}}
  receivers: [{{name: ble, type: bluez, lanes: [l1]}}]
lanes:
  - name: l1
    title: {{zh_TW: 道, en: Lane}}
    rules: {{opened_by: camera}}
    cameras:
      - {{name: rear, type: rtsp, url: "{url}", username: gate, password_file: camera.password}}
      - {{name: front, type: mjpeg, url: "http://10.0.0.6/s", username: gate, password_env: {variable}}}
      - {{name: side, type: mjpeg, url: "http://10.0.0.7/s", username: gate, password_file: {typed}}}
"""
SAID = f"""2026-11-23T10:00:00+0800 gate gateway[7]: 2026-11-23 10:00:00,001 INFO gateway.site.composition: site kh-t4: 1 lanes
2026-11-23T10:00:01+0800 gate gateway[7]: 2026-11-23 10:00:01,001 WARNING x: rtsp://gate:{IN_A_LOGIN}@10.0.0.5/s?k={IN_A_QUERY} lost
2026-11-23T10:00:02+0800 gate gateway[7]: Traceback (most recent call last):
2026-11-23T10:00:02+0800 gate gateway[7]:   File "/opt/gateway/x.py", line 8, in find
2026-11-23T10:00:02+0800 gate gateway[7]:     licence = "{LICENCE}"
2026-11-23T10:00:02+0800 gate gateway[7]: gateway.orders.errors.OrdersError: {DRIVER} {LICENCE}
2026-11-23T10:00:03+0800 gate systemd[1]: gateway.service: Watchdog timeout (limit 10s)!
{TOKEN}
"""


def bare(secret: str | bytes) -> bytes:
    return secret.encode() if isinstance(secret, str) else secret


def spellings(secret: str | bytes) -> set[bytes]:
    """As it is, in hex, and in base64 from each of the three places at which it may begin, and as JSON escapes it."""
    raw = bare(secret)
    inner = {base64.b64encode(b"\0" * begin + raw)[4 if begin else 0 : -4] for begin in range(3)}
    escaped = json.dumps(raw.decode("utf-8", "replace"))[1:-1].encode()
    return {raw, raw.hex().encode(), raw.hex().upper().encode(), escaped, base64.b64encode(raw), *inner, raw[::-1]}


async def fill(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        cache = await OrderCache.open(store)
        await cache.apply(page(order(1, driver=DRIVER, licence=LICENCE), order(2)))
        await store.commit_decision(decided(1), "Lane 1")
        await store.commit_decision(decided(2), "Lane 1")
        await store.acknowledged(1)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site whose secrets lie in all places that the gateway knows, and in some where people put them by mistake."""
    asyncio.run(fill(tmp_path / "store"))
    staff = Staff.nobody(os.urandom)
    person = Person(
        staff_id="A017", name="陳美玲", role=Role.OFFICER, pin=hash_pin(PIN, os.urandom), badges=(staff.badge_hash(BADGE),)
    )
    write_staff(tmp_path / "store/staff.json", staff.and_person(person))
    (tmp_path / "store" / CERTIFICATE).write_text(f"-----BEGIN PRIVATE KEY-----\n{PRIVATE}\n-----END PRIVATE KEY-----\n")
    for name, secret in {
        "gate.token": TOKEN,
        "camera.password": PASSWORD,
        "broker.password": BROKER,
        "seal-master.key": f"1: {MASTER.hex()}",
    }.items():
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("GATE_TOKEN", TOKEN_IN_VARIABLE)
    monkeypatch.setenv("SEAL_AUTHORITY", AUTHORITY.hex())
    monkeypatch.setenv("CAMERA_PASSWORD", PASSWORD)
    programs = tmp_path / "programs"
    programs.mkdir()
    (tmp_path / "journal").write_text(SAID, encoding="utf-8")
    (programs / "journalctl").write_text(f"#!/bin/sh\ncat '{tmp_path / 'journal'}'\n")
    (programs / "journalctl").chmod(0o700)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    drop_ins = tmp_path / "units/gateway.service.d"
    drop_ins.mkdir(parents=True)
    (drop_ins / "token.conf").write_text(f"[Service]\nEnvironment=GATE_TOKEN={UNIT_VARIABLE}\n")
    monkeypatch.setattr("gateway.site.diagnostics.UNIT_FOLDERS", (tmp_path / "units",))
    return tmp_path


def secrets(place: Path) -> list[str | bytes]:
    (person,) = read_staff(place / "store/staff.json").people
    assert person.pin
    hashes = [person.pin.hash, person.pin.salt, *person.badges, read_staff(place / "store/staff.json").badge_salt]
    keys = [MASTER, AUTHORITY, (place / "store/signing.key").read_bytes(), *map(bytes.fromhex, hashes)]
    words = [DRIVER, LICENCE, TOKEN, TOKEN_IN_VARIABLE, PASSWORD, PASSWORD_FOR_A_NAME, BROKER, IN_A_LOGIN, IN_A_QUERY, IN_A_PATH]
    return [*keys, *words, PIN, BADGE, UNIT_VARIABLE, PRIVATE, "陳美玲"]


def write_site(
    place: Path, token: str = "token_file: gate.token", url: str = "rtsp://10.0.0.5:554/s", variable: str = "CAMERA_PASSWORD"
) -> Path:
    file = place / "site.yaml"
    file.write_text(SITE.format(token=token, url=url, variable=variable, typed=PASSWORD_FOR_A_NAME), encoding="utf-8")
    return file


def diagnose(place: Path, site: Path) -> tuple[Result, dict[str, bytes]]:
    result = CliRunner().invoke(main, ["diagnostics", "--site", str(site), str(place / "out.zip")])
    assert result.exit_code == 0, result.output
    with zipfile.ZipFile(place / "out.zip") as packed:
        return result, {name: packed.read(name) for name in packed.namelist()}


def assert_nothing_secret(place: Path, result: Result, members: dict[str, bytes]) -> None:
    everything = b"\n".join([result.output.encode(), *map(str.encode, members), *members.values()])
    for secret in secrets(place):
        for spelling in spellings(secret):
            assert spelling not in everything, f"{secret!r} as {spelling!r}"


def test_no_secret_is_in_the_file(place: Path) -> None:
    assert_nothing_secret(place, *diagnose(place, write_site(place)))


def test_nor_where_the_token_is_in_a_variable_and_a_password_is_named_as_one(place: Path) -> None:
    site = write_site(place, token="token_env: GATE_TOKEN", variable=PASSWORD_FOR_A_NAME)
    assert_nothing_secret(place, *diagnose(place, site))


@pytest.mark.parametrize(
    "url",
    [
        f"rtsp://gate:{IN_A_LOGIN}@10.0.0.5/s",
        f"rtsp://gate:{IN_A_LOGIN}/@10.0.0.5/s",
        f"rtsp://10.0.0.5/s?pwd={IN_A_QUERY}",
        f"rtsp://10.0.0.5/user=admin_password={IN_A_PATH}_channel=1.sdp",
        f'rtsp://10.0.0.5/s", url: "rtsp://gate:{IN_A_LOGIN}@10.0.0.5/s',  # the same key twice
    ],
)
def test_nor_where_the_lane_file_is_refused_because_a_secret_stands_in_it(url: str, place: Path) -> None:
    result, members = diagnose(place, write_site(place, url=url))
    assert_nothing_secret(place, result, members)
    told = json.loads(members["lane-file.json"])
    assert told["site"] is None
    assert told["problems"][0].startswith(f"{place / 'site.yaml'}:")


@pytest.mark.parametrize("platform", [f"https://gate:{TOKEN}@platform.example", f"https://gate:{IN_A_LOGIN}/@platform.example"])
def test_nor_where_the_platforms_address_holds_one(platform: str, place: Path) -> None:
    site = write_site(place)
    site.write_text(site.read_text().replace("https://platform.port.example:8443", platform))
    assert_nothing_secret(place, *diagnose(place, site))


def test_what_support_needs_is_in_it(place: Path) -> None:
    _, members = diagnose(place, write_site(place))
    about, file, store = (json.loads(members[name]) for name in ("about.json", "lane-file.json", "store.json"))
    assert about["gateway"]
    assert about["packages"]["aiohttp"]
    assert about["unit_files"] == [str(place / "units/gateway.service.d/token.conf")]
    rear, _, side = file["site"]["lanes"][0]["cameras"]
    assert rear["url"] == "rtsp://10.0.0.5:554/…"
    assert rear["password_file"].startswith(f"{place / 'camera.password'} (mode 0600")
    assert side["password_file"] == "(no such file: No such file or directory)"
    assert file["problems"] == []
    assert store["outbox"]["records"] == {"waiting": 1, "acknowledged": 1, "conflict": 0, "refused": 0}
    assert store["rows"]["passage"] == 2
    assert store["migrations"]["store"][0] == "0001_passages_and_outbox"
    assert store["free_bytes"] > 0
    assert store["files"]["signing.key"] == [32, "0600"]
    log = members["log.txt"].decode()
    assert "site kh-t4: 1 lanes" in log
    assert "Watchdog timeout (limit 10s)!" in log
    assert 'File "/opt/gateway/x.py", line 8, in find\n' in log
    assert "OrdersError\n" in log
    assert log.endswith("8 lines, 2 left out\n")
    assert passage_id(1) not in log
    assert (place / "out.zip").stat().st_mode & 0o777 == 0o600


def test_a_site_without_a_store_or_a_journal_is_told_as_far_as_it_goes(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(place / "nowhere"))
    (place / "store/gate.sqlite3").write_bytes(b"no database" * 100)
    _, members = diagnose(place, write_site(place))
    assert "damaged or not a gate's store" in json.loads(members["store.json"])["problem"]
    assert members["log.txt"].startswith(b"no log")


def test_a_place_that_cannot_be_written_is_named(place: Path) -> None:
    result = CliRunner().invoke(main, ["diagnostics", "--site", str(write_site(place)), str(place / "nowhere/out.zip")])
    assert result.exit_code == 1
    assert "nowhere/out.zip: No such file or directory" in result.output
