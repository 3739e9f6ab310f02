"""The bench of faults in miniature: nothing is lost by any of them, and a loss that is there is found."""

import argparse
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.fault_measure.__main__ import PARTS, QUICK, arguments
from bench.fault_measure.crashed_disk import CrashedDisk, Cut
from bench.fault_measure.file_trace import (
    Flushed,
    Made,
    Removed,
    Renamed,
    Said,
    Trace,
    Truncated,
    UnknownCallError,
    Written,
)
from bench.fault_measure.gate import NO_RESERVE, SimulatedClock
from bench.fault_measure.kept import Contents, Judgement, Ledger, judge_platform, judge_store
from bench.fault_measure.kills import gate_kills
from bench.fault_measure.passages import GATE, LANE_TITLE, PICTURE_EVERY, decided, passage_id, picture
from gateway.store.gate_store import GateStore

ROOT = Path(__file__).resolve().parents[2]
READS = 1
DISK = Path("/disk")


@pytest.mark.parametrize("part", PARTS)
async def test_nothing_is_lost(part: str, tmp_path: Path) -> None:
    args = argparse.Namespace(seed=2, beside=False)
    found = await PARTS[part](tmp_path, QUICK, args)
    assert [finding.lines() for finding in found if finding.ok is False] == []
    if not any(finding.ok for finding in found):
        pytest.skip("; ".join(finding.what for finding in found))


async def test_a_gate_that_acknowledges_before_it_commits_is_found_out(tmp_path: Path) -> None:
    finding = await gate_kills(tmp_path, 4, 1, ("--liar",))
    assert finding.ok is False
    assert "LOST" in finding.verdict or "TWICE" in finding.verdict


def test_a_part_that_does_not_exist_is_refused_by_name() -> None:
    command = [sys.executable, "bench/faults.py", "gate-kill"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "no part 'gate-kill': gate-kills, platform-kills" in ended.stderr


def test_what_is_asked_for_is_measured() -> None:
    parts, scale, _ = arguments(["power-cut", "--quick", "--cuts", "70"])
    assert (parts, scale.cuts, scale.kills) == (["power-cut"], 70, QUICK.kills)
    assert arguments([])[0] == list(PARTS)


# What is held against what


def told(*sequences: int, **odd: Any) -> list[dict[str, Any]]:
    one = {"chain": "whole", "conflicts": 0, "missing_pictures": 0} | odd
    return [{"sequence": sequence, "passage": passage_id(1, sequence), **one} for sequence in sequences]


def ledger(*sequences: int) -> Ledger:
    made = Ledger()
    made.take(["begins", "open", *(f"{sequence} {passage_id(1, sequence)}" for sequence in sequences)])
    return made


def wrong(judgement: Judgement) -> dict[str, int]:
    return {what: count for what, count in judgement.wrong.items() if count}


def test_the_platform_is_held_to_what_the_gate_said() -> None:
    assert judge_platform(ledger(1, 2), told(1, 2, 3)).ok
    assert wrong(judge_platform(ledger(), told())) == {"NOTHING ACKNOWLEDGED": 1}
    assert wrong(judge_platform(ledger(1, 2, 3), told(1, 2))) == {"LOST": 1}
    assert wrong(judge_platform(ledger(1, 2), told(2, 1))) == {"OUT OF ORDER": 2}
    assert wrong(judge_platform(ledger(1), told(1, chain="fork"))) == {"OUT OF THE CHAIN": 1}
    assert wrong(judge_platform(ledger(1), told(1, conflicts=1, missing_pictures=2))) == {"IN CONFLICT": 1, "PICTURES MISSING": 2}
    again = [*told(1), told(1)[0] | {"sequence": 2}]
    assert wrong(judge_platform(ledger(1), again)) == {"TWICE": 1}
    assert wrong(judge_platform(ledger(1), told(1) + told(1))) == {"TWICE": 2, "OUT OF ORDER": 1}


def test_a_number_that_is_given_twice_is_noticed_and_one_that_is_repeated_is_not() -> None:
    made = ledger(1, 2, 2)
    assert made.twice == 0
    made.take([f"2 {passage_id(2, 1)}", "refused StoreFullError"])
    assert (made.twice, made.refusals) == (1, {"StoreFullError": 1})


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("SELECT 1", {}),
        ("DELETE FROM outbox WHERE sequence = 3", {"LOST": 1, "OUT OF THE CHAIN": 1}),
        ("UPDATE outbox SET body = replace(body, 'PASS', 'STOP') WHERE sequence = 2", {"ALTERED": 1, "OUT OF THE CHAIN": 3}),
        ("UPDATE passage SET record = replace(record, 'PASS', 'STOP') WHERE sequence = 2", {"ALTERED": 1}),
        ("UPDATE gate SET next_sequence = 9", {"OUT OF THE CHAIN": 1}),
        ("UPDATE gate SET chain_head = 'x'", {"OUT OF THE CHAIN": 1}),
        ("UPDATE outbox SET link = (SELECT link FROM outbox WHERE sequence = 1) WHERE sequence = 2", {"OUT OF THE CHAIN": 1}),
    ],
)
async def test_damage_in_the_store_is_found(tmp_path: Path, damage: str, found: dict[str, int]) -> None:
    async with GateStore.open(tmp_path / "gate", GATE, SimulatedClock(), NO_RESERVE) as store:
        made = Ledger()
        for number in (1, 2, 3):
            record = decided(1, number, READS)
            made.take([f"{await store.commit_decision(record, LANE_TITLE)} {record.passage_id}"])
        await store.write(lambda connection: connection.execute(damage).fetchall())
        assert wrong(judge_store(made, await Contents.of(store), READS, store)) == found


async def test_a_picture_that_is_gone_or_cut_is_found(tmp_path: Path) -> None:
    async with GateStore.open(tmp_path / "gate", GATE, SimulatedClock(), NO_RESERVE) as store:
        jpeg = picture(1, PICTURE_EVERY)
        assert jpeg
        sha256 = store.pictures.keep(jpeg)
        record = decided(1, PICTURE_EVERY, READS)
        said = Ledger()
        said.take([f"{await store.commit_decision(record, LANE_TITLE)} {record.passage_id}"])
        contents = await Contents.of(store)
        assert judge_store(said, contents, READS, store).ok
        place = store.pictures.path(sha256)
        assert place
        place.write_bytes(jpeg[:-1])
        assert wrong(judge_store(said, contents, READS, store)) == {"PICTURES MISSING": 1}


# The disk that is cut off


def surviving(cut: Cut, *events: Any, seed: int = 1, flushes: bool = True) -> dict[str, bytes | None]:
    disk = CrashedDisk(DISK, flushes=flushes)
    for event in events:
        disk.happen(event)
    return disk.survivors(cut, Random(seed))


WRITTEN = (Made("/disk/a"), Written("/disk/a", 0, b"old"), Flushed("/disk/a"))


def test_a_name_is_there_only_once_its_folder_was_flushed() -> None:
    assert surviving(Cut.NOTHING, *WRITTEN) == {}
    assert surviving(Cut.NOTHING, *WRITTEN, Flushed("/disk")) == {"/disk/a": b"old"}
    assert surviving(Cut.NOTHING, *WRITTEN, Flushed("/disk"), flushes=False) == {}
    nested = (Made("/disk/f", folder=True), Made("/disk/f/a"), Written("/disk/f/a", 0, b"x"), Flushed("/disk/f/a"))
    assert surviving(Cut.NOTHING, *nested, Flushed("/disk/f")) == {}
    assert surviving(Cut.NOTHING, *nested, Flushed("/disk/f"), Flushed("/disk")) == {"/disk/f": None, "/disk/f/a": b"x"}


def test_a_rename_that_was_not_flushed_leaves_the_old_name() -> None:
    renamed = (*WRITTEN, Flushed("/disk"), Renamed("/disk/a", "/disk/b"))
    assert surviving(Cut.NOTHING, *renamed) == {"/disk/a": b"old"}
    assert surviving(Cut.EVERYTHING, *renamed) == {"/disk/b": b"old"}
    assert surviving(Cut.EVERYTHING, *renamed, Removed("/disk/b")) == {}


def test_what_was_cut_short_without_a_flush_may_be_as_it_was() -> None:
    events = (*WRITTEN, Flushed("/disk"), Truncated("/disk/a", 1))
    assert surviving(Cut.NOTHING, *events) == {"/disk/a": b"old"}
    assert surviving(Cut.EVERYTHING, *events) == {"/disk/a": b"o"}


@given(st.sampled_from(Cut), st.integers(0, 10_000))
def test_every_sector_is_old_or_new_and_what_was_flushed_stays(cut: Cut, seed: int) -> None:
    old, new = b"o" * 10_000, b"n" * 9_000
    events = (Made("/disk/a"), Written("/disk/a", 0, old), Flushed("/disk/a"), Flushed("/disk"), Written("/disk/a", 100, new))
    contents = surviving(cut, *events, seed=seed)["/disk/a"]
    assert contents is not None
    assert contents[:100] + contents[9100:] == b"o" * 1000
    sectors = [contents[at : at + 512] for at in range(0, len(contents), 512)]
    assert all(len(set(sector)) == 1 for sector in sectors[1:17])


def test_half_written_pages_do_occur() -> None:
    events = (*WRITTEN, Flushed("/disk"), Written("/disk/a", 0, b"n" * 8192))
    found = {len(set(surviving(Cut.SECTORS, *events, seed=seed)["/disk/a"] or b"") - {ord("n")}) > 0 for seed in range(20)}
    assert True in found


# What strace tells


def events(tmp_path: Path, *lines: str) -> list[Any]:
    (tmp_path / "trace").write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    return list(Trace(DISK).events(tmp_path / "trace"))


def hexed(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


A = hexed("/disk/a")


def test_calls_are_read_with_their_bytes_and_places(tmp_path: Path) -> None:
    found = events(
        tmp_path,
        f'7  openat(AT_FDCWD<{hexed("/x")}>, "{A}", O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 3<{A}>',
        f'7  write(3<{A}>, "{hexed("ab")}", 2) = 2',
        f'7  write(3<{A}>, "{hexed("cd")}", 2) = 1',
        f'8  pwrite64(3<{A}>, "{hexed("ef")}", 2, 4096) = 2',
        f"7  ftruncate(3<{A}>, 10) = 0",
        f"7  fdatasync(3<{A}>) = 0",
        f'7  rename("{A}", "{hexed("/disk/b")}") = 0',
        f'7  unlink("{A}") = -1 ENOENT (No such file or directory)',
        f'7  write(9<{hexed("/elsewhere")}>, "{hexed("x")}", 1) = 1',
    )
    assert found == [
        Made("/disk/a"),
        Written("/disk/a", 0, b"ab"),
        Written("/disk/a", 2, b"c"),
        Written("/disk/a", 4096, b"ef"),
        Truncated("/disk/a", 10),
        Flushed("/disk/a"),
        Renamed("/disk/a", "/disk/b"),
    ]


def test_a_call_counts_from_its_end_and_what_is_said_from_its_beginning(tmp_path: Path) -> None:
    found = events(
        tmp_path,
        f"8  fdatasync(3<{A}> <unfinished ...>",
        f'7  write(1<{hexed("pipe:[5]")}>, "{hexed("1 p")}\\x0a", 4 <unfinished ...>',
        "8  <... fdatasync resumed>)                = 0",
        "7  <... write resumed>)                    = 4",
    )
    assert found == [Said("1 p"), Flushed("/disk/a")]


def test_a_call_that_the_bench_does_not_know_stops_it(tmp_path: Path) -> None:
    with pytest.raises(UnknownCallError, match="fallocate"):
        events(tmp_path, f"7  fallocate(3<{A}>, 0, 0, 4096) = 0")
    with pytest.raises(UnknownCallError, match="through memory"):
        events(tmp_path, f"7  mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3<{A}>, 0) = 0x7f")
    with pytest.raises(UnknownCallError, match="fsync"):
        events(tmp_path, f"7  fsync(3<{A}>) = who knows")
