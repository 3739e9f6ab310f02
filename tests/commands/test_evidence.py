"""`gateway evidence`: what was exported proves itself anywhere, and what somebody changed in it does not."""

import asyncio
import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cli import main
from gateway.store.errors import EvidenceFileError
from gateway.store.evidence_file import prove
from gateway.store.gate_store import GateStore
from tests.store.conftest import clock
from tests.store.passages import decided, passage_id
from tests.store.rulings import ruled

PICTURE = b"\xff\xd8 a picture of the doors"
SHA256 = hashlib.sha256(PICTURE).hexdigest()
Members = dict[str, bytes]


async def fill(folder: Path) -> None:
    """Passage 1 is ruled on after two others were decided: two records of others stand between its own."""
    async with GateStore.open(folder, "kh-t4", clock) as store:
        store.pictures.keep(PICTURE)
        await store.commit_decision(decided(1, pictures=(SHA256, "b" * 64)), "Lane 1")
        await store.commit_decision(decided(2), "Lane 1")
        await store.commit_decision(decided(3), "Lane 1")
        await store.commit_decision(ruled(1), "Lane 1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("evidence") / "gate"
    asyncio.run(fill(made))
    return made


@pytest.fixture(scope="module")
def file(folder: Path) -> Path:
    made = folder.parent / "exported.zip"
    result = export(folder, made)
    assert result.exit_code == 0, result.output
    return made


def export(folder: Path, out: Path, passage: str = passage_id(1)) -> Result:
    return CliRunner().invoke(main, ["evidence", "export", passage, "--folder", str(folder), "--out", str(out), "--lang", "en"])


def verify(file: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["evidence", "verify", str(file), "--lang", "en", *options])


def members(file: Path) -> Members:
    with zipfile.ZipFile(file) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def pack(file: Path, contents: Members) -> Path:
    with zipfile.ZipFile(file, "w") as packed:
        for name, data in contents.items():
            packed.writestr(name, data)
    return file


def test_an_exported_passage_proves_itself(file: Path, folder: Path) -> None:
    before = [path.name for path in folder.iterdir()]
    result = verify(file)
    assert result.exit_code == 0, result.output
    assert "Every record and picture shown is as this key signed it" in result.output
    assert "Not shown, as of other passages: No. 2, 3." in result.output
    assert "compare it with the platform's" in result.output
    assert [line.split()[1] for line in result.output.splitlines() if line.startswith("No.")] == ["1", "4"]
    assert [path.name for path in folder.iterdir()] == before


def test_the_records_of_others_stay_with_the_gate(file: Path) -> None:
    held = members(file)
    assert [name for name in held if name.startswith("records/")] == ["records/1.json", "records/4.json"]
    assert not any(passage_id(2).encode() in data or passage_id(3).encode() in data for data in held.values())


def test_the_key_tells_whose_it_is(file: Path, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "gate.sqlite3")) as store:
        key = json.loads(store.execute("SELECT link FROM outbox").fetchone()[0])["key"]
    assert verify(file, "--key", key.upper()).exit_code == 0
    result = verify(file, "--key", "ab" * 32)
    assert result.exit_code == 1
    assert "signed with another key than the one given" in result.output
    assert "Every record" not in result.output


def _edited(name: str, old: bytes, new: bytes) -> Callable[[Members], None]:
    def edit(contents: Members) -> None:
        assert old in contents[name]
        contents[name] = contents[name].replace(old, new)

    return edit


def _without_a_link_between(contents: Members) -> None:
    listed = json.loads(contents["evidence.json"])
    del listed["records"][1]
    contents["evidence.json"] = json.dumps(listed).encode()


def _two_swapped(contents: Members) -> None:
    listed = json.loads(contents["evidence.json"])
    first, second = listed["records"][1], listed["records"][2]
    for part in ("link", "sha256"):
        first[part], second[part] = second[part], first[part]
    contents["evidence.json"] = json.dumps(listed).encode()


def _last_hidden(contents: Members) -> None:
    listed = json.loads(contents["evidence.json"])
    listed["records"][-1]["shown"] = False
    contents["evidence.json"] = json.dumps(listed).encode()
    del contents["records/4.json"]


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (_edited("records/1.json", b"PASS", b"STOP"), "record 1: the signature does not fit"),
        (_edited("records/4.json", b"lane-1", b"lane-2"), "record 4: the signature does not fit"),
        (_edited(f"pictures/{SHA256}.jpg", b"doors", b"Doors"), f"picture {SHA256}: is not the one"),
        (_edited("evidence.json", b'"gate": "kh-t4"', b'"gate": "kh-t5"'), "is of another gate"),
        (lambda contents: contents.pop("records/4.json"), "record 4: missing"),
        (lambda contents: contents.update({"records/9.json": b"{}"}), "records/9.json: nothing in the records names it"),
        (_without_a_link_between, "record 2: left out of the chain"),
        (_two_swapped, "follows another record"),
        (_last_hidden, "record 4: not shown"),
    ],
)
def test_what_somebody_changed_is_named(file: Path, tmp_path: Path, tamper: Callable[[Members], object], said: str) -> None:
    contents = members(file)
    tamper(contents)
    result = verify(pack(tmp_path / "changed.zip", contents))
    assert result.exit_code == 1, result.output
    assert said in result.output
    assert "Every record" not in result.output


def test_a_picture_that_the_gate_no_longer_had_is_said(folder: Path, tmp_path: Path) -> None:
    result = export(folder, tmp_path / "out.zip")
    assert f"Picture {'b' * 64} is no longer on this gate's disk" in result.output
    assert "1 here, 1 absent" in verify(tmp_path / "out.zip").output


def test_nothing_is_written_over(file: Path, folder: Path) -> None:
    before = file.read_bytes()
    result = export(folder, file)
    assert (result.exit_code, "is there already" in result.output) == (1, True)
    assert file.read_bytes() == before


def test_the_page_shows_what_was_decided_and_its_pictures(file: Path) -> None:
    page = members(file)["index.html"].decode()
    assert f"pictures/{SHA256}.jpg" in page
    assert "What was seen" in page
    assert "signed by nobody" in page
    assert "未經簽章" in page
    chinese, english = page.split('class="in-en"')
    assert "時間經過" in chinese
    assert "時間經過" not in english


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all", pytest.param(b"\x00" * 4096, id="zeros")])
def test_what_is_no_evidence_file_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    result = verify(tmp_path / "x.zip")
    assert result.exit_code == 1
    assert "x.zip: no evidence file" in result.output


def test_a_member_that_unpacks_to_more_than_a_picture_is_refused(file: Path, tmp_path: Path) -> None:
    bomb = members(file) | {f"pictures/{SHA256}.jpg": bytes(33 << 20)}
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in bomb.items():
            packed.writestr(name, data)
    result = verify(tmp_path / "bomb.zip")
    assert (result.exit_code, "is larger than" in result.output) == (1, True)


def test_members_that_together_unpack_to_more_than_any_passage_are_refused(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.evidence_file.MOST_BYTES_IN_ALL", 3 << 20)
    contents = members(file) | {f"pictures/{number:064x}.jpg": bytes(1 << 20) for number in range(3)}
    result = verify(pack(tmp_path / "many.zip", contents))
    assert (result.exit_code, f"many.zip: unpacks to more than {3 << 20} bytes in all" in result.output) == (1, True)


@settings(max_examples=150)
@given(st.data())
def test_whatever_byte_is_another_the_proof_is_whole_or_says_why(
    file: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Never a traceback; and what a proof calls whole holds the very records that were signed."""
    content = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    changed = tmp_path_factory.getbasetemp() / "one-byte.zip"
    changed.write_bytes(content)
    try:
        proof = prove(changed)
    except EvidenceFileError:
        return
    if not proof.wrong:
        assert proof.confirmations == prove(file).confirmations


def test_a_store_of_an_older_gateway_has_no_evidence_and_says_so(tmp_path: Path) -> None:
    released = Path(__file__).parents[1] / "store" / "released_0001.sql"
    old = tmp_path / "old"
    old.mkdir(mode=0o700)
    with closing(sqlite3.connect(old / "gate.sqlite3")) as store:
        store.executescript(released.read_text(encoding="utf-8"))

    async def upgrade() -> None:
        async with GateStore.open(old, "kh-t4", clock):
            pass

    asyncio.run(upgrade())
    result = export(old, tmp_path / "out.zip", "last")
    assert result.exit_code == 1
    assert "nobody signed record" in result.output
    assert not (tmp_path / "out.zip").exists()
