"""`gateway explain` and `gateway replay --record`, as an officer asks a day later why a truck was let out, or was not."""

import asyncio
import json
import re
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.lane.replay import commits_of
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import Correction, ManualOpening, Observation, Ruling
from gateway.model.order_standing import OrderStanding
from gateway.model.passage import Passage
from gateway.store.gate_store import GateStore
from tests.evidence import at, box_read, came, in_order, left, order, pass_read, seal, tick
from tests.lane_days import lived, without_box

PASSED = "01934f2a-0000-7000-8000-00000000000a"
REFERRED = "01934f2a-0000-7000-8000-00000000000b"
SMALL = "01934f2a-0000-7000-8000-00000000000c"


def ruled() -> list[Observation]:
    """Nobody reads the box, and a clerk lets the truck go."""
    ruling = Ruling(
        device="desk",
        at=at(20),
        passage_id=REFERRED,
        approved=True,
        person="chen",
        proof="pin",
        reason="read the doors myself",
        corrections=(Correction(subject="container", read="", corrected="TEMU9221353"),),
        expires_at=at(60),
    )
    waits = [seen for seen in without_box() if seen.at < ruling.at]
    return [*waits, ruling, ManualOpening(device="key-switch", at=at(25)), left(30)]


async def fill(folder: Path) -> None:
    """A truck in order that stands a while, one whose box nobody reads, and one with a 20-foot box."""
    truck = [seen for seen in in_order() if seen.kind != "orders_found"]
    heard = [seal(1 + n / 2, counter=8 + n) for n in range(8)]
    small = order(container={"number": "TEMU9221353", "size_type": "22G1"})
    slow = [*truck[:-1], box_read(size_type="22G1"), tick(0.75), tick(1.0), tick(1.25), tick(1.5), left(9)]
    records: list[tuple[Passage, Passage]] = [
        lived([*truck, *heard, left(20)], (order(),), passage_id=PASSED),
        lived(ruled(), (order(),), LaneRules(patience_s=10), REFERRED, "out-2"),
        lived(slow, (small,), passage_id=SMALL),
    ]
    async with GateStore.open(folder, "ct4-116", lambda: at(30)) as store:
        for _decided, closed in records:
            for commit in commits_of(closed):
                await store.commit_decision(commit, "出站 1")
            await store.close_passage(closed, "出站 1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("store")
    asyncio.run(fill(made))
    return made


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def explained(folder: Path, *address: str) -> str:
    result = run("explain", *address, "--folder", folder, "--lang", "en")
    assert result.exit_code == 0, result.output
    return result.output


def test_a_pass_is_explained_from_the_arrival_to_the_platform(folder: Path) -> None:
    text = explained(folder, PASSED)
    lines = text.splitlines()
    assert lines[0] == "● Pass (PASS)"
    assert text.index("Port pass read uhf a0 王小明") < text.index("Box number read, relied on TEMU 922135 3")
    assert text.index("Box number read, relied on TEMU 922135 3") < text.index("→ ● Pass") < text.index("= Verdict ● Pass")
    assert any("Vehicle seal heard VS000123: Inserted, Locked (-60 dBm, 5 times until +4.50 s)" in line for line in lines)
    assert any(line.split()[:4] == ["Box", "number", "TEMU9221353", "TEMU9221353"] and "rear" in line for line in lines)
    assert any(line.split()[:3] == ["Stood", "since", "+0.50"] and "rear: Box number read" in line for line in lines)
    assert any("at once, the evidence was enough" in line for line in lines)
    assert "Confirmed by lane out-1, 出站 1, 2026-11-23 12:00:00" in text
    assert "8 VS000123: heard by radio, inserted and locked" in text
    assert "No. 1: waits to be sent" in text
    assert "otherwise" not in text


def test_a_referral_says_what_to_do_what_was_missing_and_who_decided(folder: Path) -> None:
    text = explained(folder, "last", "out-2")
    assert "Box number not read (BOX_UNREAD): Read the number on the doors" in text
    assert "when the lane's patience ended" in text
    assert "Set in the lane file: patience_s: 10" in text
    assert "chen approved (pin, desk," in text
    assert "Reason: read the doors myself" in text
    assert "Corrected: – is TEMU9221353" in text
    assert "Barrier opened by hand" in text
    assert "Confirmed by chen at lane out-2, 出站 1, 2026-11-23 12:00:20" in text
    assert "8 VS000123: not proven by a device" in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "With it the lane decides: ▲ Refer (REFER): VEHICLE_SEAL_STALE; the approval waives that"),
        ("zh_TW", "車道據此重新判定：▲ 轉人工 (REFER): VEHICLE_SEAL_STALE（由人員核准免除）"),
    ],
)
def test_a_ruling_says_what_the_lane_made_of_it(folder: Path, language: str, words: str) -> None:
    text = run("explain", REFERRED, "--folder", folder, "--lang", language).output
    ruling = text[text.index("chen ") :]
    assert words in ruling
    assert re.search(r"TEMU9221353 +TEMU9221353 .* desk ", ruling[ruling.index(words) :]), "the check that the correction changed"
    found = json.loads(run("explain", REFERRED, "--folder", folder, "--json").output)
    assert (found["verdict"]["outcome"], found["weighed"]["outcome"], found["withdrawn"]) == ("REFER", "REFER", None)


def test_a_green_that_was_taken_back_is_told_with_its_reason(tmp_path: Path) -> None:
    truck = [seen for seen in in_order() if seen.kind != "orders_found"]
    _decided, closed = lived([*truck, seal(4, cable_cut=True), left(20)], (order(),))

    async def stored() -> None:
        async with GateStore.open(tmp_path, "g", lambda: at(30)) as store:
            for commit in commits_of(closed):
                await store.commit_decision(commit, "")
            await store.close_passage(closed)

    asyncio.run(stored())
    text = explained(tmp_path, "last")
    assert text.startswith("● Pass (PASS)")
    lines = text.splitlines()
    cut = next(number for number, line in enumerate(lines) if line.split()[:2] == ["+4.00", "s"] and "cable" in line.lower())
    assert "= Green light taken back ■ Stop (STOP): VEHICLE_SEAL_TAMPERED" in lines[cut + 1]
    assert "Green light taken back" in lines[lines.index("Timing") :]
    assert "Seal tampered with (VEHICLE_SEAL_TAMPERED)" in text
    assert "Confirmation of sealing" not in text, "it does not hold any more"
    assert "綠燈已收回" in run("explain", "last", "--folder", tmp_path).output
    found = json.loads(run("explain", "last", "--folder", tmp_path, "--json").output)
    assert (found["verdict"]["outcome"], found["withdrawn"]["reasons"]) == ("PASS", ["VEHICLE_SEAL_TAMPERED"])
    assert (found["sealing"], found["weighed"]) == (None, None)


def test_it_speaks_chinese_first(folder: Path) -> None:
    text = run("explain", REFERRED, "--folder", folder).output
    for words in ("轉人工", "櫃號未能辨識", "車道等候時間屆滿時", "人員裁定", "chen 准予放行", "等待傳送"):
        assert words in text


def test_a_20_foot_box_was_held_for_its_companion(folder: Path) -> None:
    found = json.loads(run("explain", SMALL, "--folder", folder, "--json").output)
    assert found["verdict"]["outcome"] == "PASS"
    assert (found["timing"]["why"], found["timing"]["needed_s"], found["timing"]["held_s"]) == ("held", 0.5, 1.0)
    assert found["timing"]["stored_s"] == 28.5
    assert found["turns"][-1]["verdict"] == "PASS"
    assert found["sealing"]["confirmed_by"] == "out-1"
    assert [line["kind"] for line in found["observations"]][:2] == ["presence", "pass_read"]
    assert found["decides_alike"] is True


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (["ffff"], "no passage whose id is or begins with 'ffff'"),
        (["01934f2a"], "several passages begin with '01934f2a'"),
        (["last", "out-7"], "there are passages of out-1, out-2"),
    ],
)
def test_an_address_that_names_no_passage_is_explained(folder: Path, address: list[str], said: str) -> None:
    result = run("explain", *address, "--folder", folder)
    assert result.exit_code == 1
    assert said in result.output


def test_a_lane_file_names_the_store_too(folder: Path, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    text = (Path(__file__).parents[2] / "lane_config" / "recorded-two-lanes.yaml").read_text(encoding="utf-8")
    site.write_text(re.sub(r"(?m)^  folder: .*$", f"  folder: {folder}", text), encoding="utf-8")
    assert run("explain", PASSED, "--site", site, "--lang", "en").output.startswith("● Pass")
    missing = run("explain", "last", "--folder", tmp_path / "nowhere")
    assert missing.exit_code == 1
    assert "no gate's store is here" in missing.output


def test_names_from_outside_cannot_steer_the_terminal(tmp_path: Path) -> None:
    hostile = pass_read(uid="\x1b[2J\x07")
    records = lived([came(), hostile, tick(16), left(17)], ())

    async def stored() -> None:
        async with GateStore.open(tmp_path, "g", lambda: at(30)) as store:
            await store.commit_decision(records[0], "")

    asyncio.run(stored())
    assert "\x1b" not in explained(tmp_path, "last")


# `gateway replay --record`


def replayed(folder: Path, *arguments: object) -> Result:
    return run("replay", "--folder", folder, "--lang", "en", "--record", *arguments)


@pytest.mark.parametrize("passage_id", [PASSED, REFERRED, SMALL])
def test_the_record_alone_gives_the_same_verdict(folder: Path, passage_id: str) -> None:
    result = replayed(folder, passage_id)
    assert result.exit_code == 0, result.output
    assert "same verdict" in result.output


def test_what_would_have_happened_by_other_rules(folder: Path, tmp_path: Path) -> None:
    sooner = replayed(folder, PASSED, "--rules", "patience_s=0.2")
    assert sooner.exit_code == 1
    assert "another verdict: ▲ Refer" in sooner.output
    assert "On record: ● Pass (PASS)" in sooner.output
    assert "+ container: TEMU9221353 / – missing BOX_UNREAD" in sooner.output
    assert replayed(folder, SMALL, "--rules", "settle_s=3").exit_code == 0  # later, and the same
    rules = tmp_path / "rules.yaml"
    rules.write_text("patience_s: 0.2\n", encoding="utf-8")
    assert replayed(folder, PASSED, "--rules-file", rules).exit_code == 1
    assert replayed(folder, PASSED, "--rules-file", rules, "--rules", "patience_s=15").exit_code == 0


def test_what_would_have_happened_by_another_policy(folder: Path, tmp_path: Path) -> None:
    """A policy that asks for a vehicle seal only : the trucks carry one. Then one that asks for a lead seal."""
    policy = tmp_path / "policy.yaml"
    rule = "{id: all, title: {zh_TW: 甲, en: A}, source: test, basis: proposal, need: all, seals: ['%s']}"
    policy.write_text("id: trial\nrules: [" + rule % "8" + "]\n", encoding="utf-8")
    assert replayed(folder, PASSED, "--policy", policy).exit_code == 0
    policy.write_text("id: trial\nrules: [" + rule % "3" + "]\n", encoding="utf-8")
    changed = replayed(folder, PASSED, "--policy", policy)
    assert changed.exit_code == 1
    assert "another verdict: ▲ Refer" in changed.output
    policy.write_text("id: trial\nrules: []\n", encoding="utf-8")
    assert "policy.yaml:2: rules" in replayed(folder, PASSED, "--policy", policy).output


def test_a_rule_that_is_none_is_named(folder: Path, tmp_path: Path) -> None:
    assert (
        "--rules patience: unknown key; there are direction, profile, opened_by, patience_s"
        in replayed(folder, "last", "--rules", "patience=3").output
    )
    assert (
        "--rules patience_s=soon: Input should be a valid number" in replayed(folder, "last", "--rules", "patience_s=soon").output
    )
    assert "expected KEY=VALUE" in replayed(folder, "last", "--rules", "patience_s").output
    rules = tmp_path / "rules.yaml"
    rules.write_text("patience_s: 9\npatience: 9\n", encoding="utf-8")
    assert "rules.yaml:2: patience: unknown key" in replayed(folder, "last", "--rules-file", rules).output


def test_an_order_that_came_late_is_known_to_the_what_if_no_sooner(tmp_path: Path) -> None:
    """The order reached the gate four seconds after the truck: with less patience the truck would have been referred."""
    truck = [seen for seen in in_order() if seen.kind != "orders_found"]
    records = lived([*truck, *(tick(0.75 + n / 4) for n in range(40)), left(11)], (order(),), known_from_s=4)

    async def stored() -> None:
        async with GateStore.open(tmp_path, "g", lambda: at(30)) as store:
            await store.commit_decision(records[0], "")
            await store.close_passage(records[1])

    asyncio.run(stored())
    assert "● Pass" in explained(tmp_path, "last")
    assert "NO_ORDER" in replayed(tmp_path, "last", "--rules", "patience_s=3").output
    assert replayed(tmp_path, "last", "--rules", "patience_s=14").exit_code == 0


def test_an_order_that_was_cancelled_is_so_for_the_what_if_too(tmp_path: Path) -> None:
    truck = [seen for seen in in_order() if seen.kind != "orders_found"]
    cancelled = OrderStanding(order_number=order().order_number, state="cancelled")
    records = lived([*truck, *(tick(0.75 + n / 4) for n in range(16)), left(11)], (order(),), standings=(cancelled,))

    async def stored() -> None:
        async with GateStore.open(tmp_path, "g", lambda: at(30)) as store:
            await store.commit_decision(records[0], "")

    asyncio.run(stored())
    assert "ORDER_CANCELLED" in replayed(tmp_path, "last").output
    assert "same verdict" in replayed(tmp_path, "last", "--rules", "settle_s=2").output


def test_all_passages_are_counted_and_kinds_of_difference_told(folder: Path, tmp_path: Path) -> None:
    every = replayed(folder, "all")
    assert (every.exit_code, every.output) == (0, "3 same (0 of them undecided), 0 different, 0 not readable\n")
    changed = replayed(folder, "all", "--rules", "require_seals=false", "--rules", "patience_s=0.2")
    assert changed.exit_code == 1
    assert "0 same (0 of them undecided), 3 different" in changed.output
    assert "PASS → REFER BOX_UNREAD PLATE_UNREAD" in " ".join(changed.output.split())
    tally = json.loads(replayed(folder, "all", "--json", "--rules", "patience_s=0.2").output)
    assert sum(kind["count"] for kind in tally["kinds"]) == tally["different"] == 3
    assert replayed(folder, "all", "--lane", "out-2").output.startswith("1 same")
    assert replayed(folder, "all", "--since", "2026-11-24").output.startswith("0 same")
    assert replayed(folder, "all", "--since", "2026-11-23").output.startswith("3 same")


def test_a_record_that_was_tampered_with_is_seen(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path))
    gate = sqlite3.connect(tmp_path / "gate.sqlite3")
    gate.execute("UPDATE passage SET record = json_replace(record, '$.verdict.outcome', 'STOP') WHERE passage_id = ?", (REFERRED,))
    gate.execute("UPDATE passage SET record = 'torn' WHERE passage_id = ?", (SMALL,))
    gate.commit()
    gate.close()
    one = replayed(tmp_path, REFERRED)
    assert one.exit_code == 1
    assert "another verdict" in one.output
    assert "Today's program decides otherwise" in explained(tmp_path, REFERRED)
    every = replayed(tmp_path, "all")
    assert every.exit_code == 1
    assert "1 same (0 of them undecided), 1 different, 1 not readable" in every.output
    assert SMALL in every.output
    assert "cannot be read" in replayed(tmp_path, SMALL).output


def test_a_replay_needs_a_record_or_a_recording(folder: Path) -> None:
    assert "needs --site, --lane and CAMERA=FILE, or --record" in run("replay").output
    assert "--record needs no CAMERA=FILE" in replayed(folder, "last", "rear=x.mp4").output
    assert "go with --record" in run("replay", "--rules", "a=b").output
