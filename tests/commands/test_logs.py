"""A log that programs read: each record one JSON object on one line, whatever it says."""

import json
import logging
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.commands.logs import JsonLines


def record(message: str, *arguments: object, broken: bool = False) -> logging.LogRecord:
    trace = None
    if broken:
        try:
            raise ValueError("broken\nin two")
        except ValueError:
            trace = sys.exc_info()
    return logging.LogRecord("gateway.x", logging.WARNING, "x.py", 1, message, arguments, trace)


@given(st.text(st.characters()))
def test_one_record_is_one_line(said: str) -> None:
    line = JsonLines().format(record("gate %s", said))
    assert len(line.splitlines()) == 1 or not set(line) & set("\n\r")
    assert json.loads(line)["logger"] == "gateway.x"


def test_what_a_line_says() -> None:
    read = json.loads(JsonLines().format(record("lane %d is %s", 3, "紅")))
    assert (read["level"], read["message"]) == ("WARNING", "lane 3 is 紅")
    assert datetime.fromisoformat(read["at"]).utcoffset() is not None
    assert "error" not in read


def test_what_broke_is_in_it() -> None:
    read = json.loads(JsonLines().format(record("lost", broken=True)))
    assert read["error"].endswith("ValueError: broken\nin two")


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_the_platform_writes_it_so_and_no_address_that_was_asked_for(tmp_path: Path, log_format: str) -> None:
    command = [sys.executable, "-m", "gateway.cli", "platform", "serve", "--data", str(tmp_path), "--port", "0"]
    with subprocess.Popen(
        [*command, "--log-format", log_format], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().removeprefix("platform at ").strip()
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{address}/status/{'secret' * 8}")
        process.terminate()
        _, log = process.communicate(timeout=60)
    assert "secret" not in log
    lines = log.splitlines()
    assert len(lines) >= 2
    if log_format == "json":
        assert "platform stops" in [json.loads(line)["message"] for line in lines]
    else:
        assert lines[-1].endswith("INFO gateway.platform.serve: platform stops")
