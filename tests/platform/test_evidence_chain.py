"""A gate's evidence chain as the platform sees it: whole, or broken in a way that a person is told of. No record is lost by it."""

import json
import logging
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.model.evidence import BEGINNING, Link, digest, sign
from tests.platform.conftest import Client, Running
from tests.platform.samples import confirmation

pytestmark = pytest.mark.both_databases

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)


class Gate:
    """Makes the records of one gate, each behind the last one that it made."""

    def __init__(self, name: str = "ct4-116") -> None:
        self.name = name
        self.head = BEGINNING
        self.sequence = 0

    def record(self, key: Ed25519PrivateKey = KEY, **changes: Any) -> tuple[int, bytes, Link]:
        self.sequence += 1
        body = json.dumps(confirmation(self.name, self.sequence, **changes), indent=1).encode()  # not as the platform writes it
        link = sign(self.head, body, key)
        self.head = digest(self.head, body)
        return self.sequence, body, link


async def hand_in(platform: Client, record: tuple[int, bytes, Link | None], gate: str = "ct4-116") -> int:
    sequence, body, link = record
    fields = {"Content-Type": "application/json", **(link.fields() if link else {})}
    status, _ = await platform.send("PUT", f"/api/gates/{gate}/confirmations/{sequence}", data=body, headers=fields)
    return status


async def chain(platform: Client) -> dict[int, str]:
    _, page = await platform.get("/api/confirmations")
    return {item["confirmation"]["sequence"]: item["chain"] for item in page["items"]}


async def test_a_whole_chain_is_whole_over_repeats_and_a_restart(run_platform: Running, caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    for _ in range(2):
        async with run_platform() as platform:
            for _ in range(2):
                record = gate.record()
                assert [await hand_in(platform, record) for _ in range(2)] == [201, 200]
            states = await chain(platform)
            _, page = await platform.page("/passages/ct4-116/2", "en")
    assert states == dict.fromkeys(range(1, 5), "whole")
    assert "Signed by the gate, chain whole" in page
    assert "evidence chain" not in caplog.text


async def test_a_record_left_out_is_a_gap(platform: Client, caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    await hand_in(platform, gate.record())
    gate.record()
    for _ in range(2):
        assert await hand_in(platform, gate.record()) == 201
    assert await chain(platform) == {1: "whole", 3: "gap", 4: "whole"}
    assert [entry.getMessage() for entry in caplog.records if entry.levelno >= logging.ERROR] == [
        "evidence chain: gap in gate ct4-116 sequence 3"
    ]
    _, page = await platform.page("/passages/ct4-116/3", "en")
    assert "The evidence chain is broken here" in page
    assert "The gate&#39;s record before this one has not come; a gate whose store was restored" in page
    _, page = await platform.page("/passages/ct4-116/3")
    assert "證據鏈在此中斷" in page
    _, metrics = await platform.get("/metrics")
    assert b'gateway_platform_evidence_chain_total{state="gap"} 1.0' in metrics


async def test_a_gate_that_counts_on_from_another_history_is_a_fork(platform: Client) -> None:
    gate, copy = Gate(), Gate()
    await hand_in(platform, gate.record())
    copy.record(lane_title="another history")
    assert await hand_in(platform, copy.record()) == 201
    begun_anew = Gate()
    begun_anew.sequence = 2
    assert await hand_in(platform, begun_anew.record()) == 201
    assert await chain(platform) == {1: "whole", 2: "fork", 3: "fork"}


async def test_a_record_changed_on_the_way_is_told(platform: Client) -> None:
    sequence, body, link = Gate().record()
    assert await hand_in(platform, (sequence, body.replace(b"KLA", b"KLB").replace(b"PASS", b"STOP") + b" ", link)) == 201
    assert await chain(platform) == {1: "bad_signature"}


async def test_the_key_of_the_first_record_is_the_gates(platform: Client) -> None:
    gate, other = Gate(), Gate("ct5-79")
    await hand_in(platform, gate.record())
    await hand_in(platform, gate.record(key=STRANGER))
    await hand_in(platform, gate.record())
    await hand_in(platform, other.record(key=STRANGER), gate="ct5-79")
    _, page = await platform.get("/api/confirmations")
    assert [item["chain"] for item in page["items"]] == ["whole", "other_key", "whole", "whole"]


async def test_a_bad_signature_sets_no_key(platform: Client) -> None:
    """Who cannot sign cannot make a gate's own key the stranger's."""
    gate = Gate()
    sequence, body, link = gate.record()
    forged = link.model_copy(update={"key": sign(BEGINNING, body, STRANGER).key})
    await hand_in(platform, (sequence, body, forged))
    await hand_in(platform, gate.record())
    assert await chain(platform) == {1: "bad_signature", 2: "whole"}


async def test_older_gateways_sign_nothing_until_they_are_updated_and_always_after(platform: Client) -> None:
    gate = Gate()
    for _ in range(2):
        sequence, body, _ = gate.record()
        await hand_in(platform, (sequence, body, None))
    gate.head = BEGINNING
    await hand_in(platform, gate.record())
    sequence, body, _ = gate.record()
    await hand_in(platform, (sequence, body, None))
    assert await chain(platform) == {1: "unsigned", 2: "unsigned", 3: "whole", 4: "signature_missing"}


@pytest.mark.parametrize("field", ["previous", "key", "signature"])
@pytest.mark.parametrize("value", ["", "00", "G" * 128, None])
async def test_half_a_link_is_refused_and_named(platform: Client, field: str, value: str | None) -> None:
    sequence, body, link = Gate().record()
    name = {"previous": "Evidence-Previous", "key": "Evidence-Key", "signature": "Evidence-Signature"}[field]
    fields = link.fields() | {"Content-Type": "application/json"}
    del fields[name]
    if value is not None:
        fields[name] = value
    status, problem = await platform.send("PUT", f"/api/gates/ct4-116/confirmations/{sequence}", data=body, headers=fields)
    assert status == 422
    assert [error["field"] for error in problem["errors"]] == [field]
    assert await chain(platform) == {}


async def test_records_handed_in_together_are_each_judged_as_if_alone(platform: Client) -> None:
    gate = Gate()
    before = gate.record()
    assert await hand_in(platform, before) == 201
    made = [gate.record() for _ in range(3)]
    other = json.dumps(confirmation("ct5-079", 9))
    forged = json.dumps(confirmation(gate.name, before[0], lane="other"))
    records = [
        {"body": made[0][1].decode(), "link": made[0][2].model_dump()},
        {"body": "{"},
        {"body": made[1][1].decode(), "link": made[1][2].model_dump()},
        {"body": other},
        {"body": forged},
        {"body": before[1].decode(), "link": before[2].model_dump()},
        {"body": json.dumps(confirmation(gate.name) | {"sequence": 1 << 70})},
        {"body": made[2][1].decode(), "link": made[2][2].model_dump()},
    ]
    status, answer = await platform.post("/api/gates/ct4-116/confirmations", {"records": records})
    assert status == 200
    assert [one["status"] for one in answer["answers"]] == [201, 400, 201, 422, 409, 200, 422, 201]
    assert answer["answers"][3]["problem"]["errors"][0]["field"] == "gate"
    assert await chain(platform) == dict.fromkeys(range(1, 5), "whole")
