"""The evidence file of a passage from the platform: the gate's own command proves it, offline."""

from pathlib import Path

from gateway.store.evidence_file import prove
from tests.platform.conftest import Client
from tests.platform.samples import confirmation, jpeg, sha256
from tests.platform.test_evidence_chain import Gate, hand_in

ADDRESS = "/passages/ct4-116/1/evidence.zip"


async def test_it_proves_itself_with_records_of_others_between_unshown(platform: Client, tmp_path: Path) -> None:
    gate, there, lost = Gate(), jpeg(), jpeg(shade=20)
    for passage_id in ("p-1", "p-2", "p-1"):
        assert await hand_in(platform, gate.record(passage_id=passage_id, pictures=(there, lost))) == 201
    await platform.picture(sha256(there), there)
    status, data = await platform.get(ADDRESS)
    assert status == 200
    (tmp_path / "one.zip").write_bytes(data)
    proof = prove(tmp_path / "one.zip")
    assert (proof.wrong, proof.unshown, proof.passage_id) == ((), (2,), "p-1")
    assert (proof.pictures, proof.absent) == ((sha256(there),), (sha256(lost),))
    assert [one.sequence for one in proof.confirmations] == [1, 3]
    assert (await platform.get("/passages/ct4-116/3/evidence.zip"))[1] == data  # the same evidence is the same file


async def test_a_record_that_is_missing_between_is_seen_in_the_proof(platform: Client, tmp_path: Path) -> None:
    gate = Gate()
    first, _, third = (gate.record(passage_id=one) for one in ("p-1", "p-2", "p-1"))
    assert [await hand_in(platform, one) for one in (first, third)] == [201, 201]
    (tmp_path / "one.zip").write_bytes((await platform.get(ADDRESS))[1])
    assert "record 2: left out of the chain" in prove(tmp_path / "one.zip").wrong


async def test_what_nobody_signed_has_no_evidence_file(platform: Client) -> None:
    await platform.confirm(confirmation())
    assert (await platform.get(ADDRESS))[0] == 404
    assert (await platform.get("/passages/ct4-116/9/evidence.zip"))[0] == 404
