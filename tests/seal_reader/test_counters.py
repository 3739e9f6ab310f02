"""Counters on disk: there after a restart, never lower, and a broken file is said to be one."""

import logging
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.seal_reader import counters as counters_file
from gateway.seal_reader.counters import CounterFile
from gateway.seal_reader.errors import CounterStoreError


def test_counters_are_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "counters.db"
    counters = CounterFile(path)
    assert counters.last(7) is None
    counters.advance(7, 100)
    counters.advance(7, 101)
    counters.advance(4_294_967_295, 4_294_967_295)
    assert counters.last(7) == 101
    counters.close()
    counters = CounterFile(path)
    assert (counters.last(7), counters.last(4_294_967_295), counters.last(8)) == (101, 4_294_967_295, None)
    counters.close()


def test_what_was_flushed_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "counters.db"
    script = (
        "import os, pathlib; from gateway.seal_reader.counters import CounterFile\n"
        f"counters = CounterFile(pathlib.Path({str(path)!r}))\n"
        "for n in range(1000): counters.advance(n % 10, n)\n"
        "assert counters.flush(10); os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[2]).returncode == -9
    counters = CounterFile(path)
    assert [counters.last(n) for n in range(10)] == list(range(990, 1000))
    counters.close()


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "counters.db"
    path.write_bytes(b"not a database, but long enough to be taken for one" * 40)
    with pytest.raises(CounterStoreError, match=r"counters\.db: file is not a database"):
        CounterFile(path)
    with pytest.raises(CounterStoreError, match=r"nowhere/counters\.db"):
        CounterFile(tmp_path / "nowhere" / "counters.db")


def test_a_disk_that_takes_nothing_for_a_while_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "counters.db"
    counters = CounterFile(path)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("DROP TABLE counters")  # every write fails
    counters.advance(7, 100)
    assert not counters.flush(0.3)
    assert counters.last(7) == 100
    blocker.execute("CREATE TABLE counters (serial INTEGER PRIMARY KEY, counter INTEGER NOT NULL)")
    blocker.close()
    assert counters.flush(10)
    counters.close()
    counters = CounterFile(path)
    assert counters.last(7) == 100
    counters.close()


def test_a_disk_that_takes_nothing_is_said_once_and_so_is_its_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters_file, "RETRY_S", 0.001)
    caplog.set_level(logging.INFO)
    tried = 0
    counters = CounterFile(tmp_path / "counters.db")
    connect = counters._connect

    def full() -> sqlite3.Connection:
        nonlocal tried
        tried += 1
        if tried <= 20:
            raise sqlite3.OperationalError("database or disk is full")
        return connect()

    monkeypatch.setattr(counters, "_connect", full)
    counters.advance(7, 100)
    assert counters.flush(10)
    counters.close()
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_closing_over_what_could_not_be_written_says_so(tmp_path: Path) -> None:
    path = tmp_path / "counters.db"
    counters = CounterFile(path)
    with sqlite3.connect(path) as blocker:
        blocker.execute("DROP TABLE counters")
    blocker.close()
    counters.advance(7, 100)
    with pytest.raises(CounterStoreError, match="1 not written"):
        counters.close(timeout_s=0.2)
