"""The gate speaks to those in its lane file and to nobody else: not to the maker of the engine either."""

import os
import subprocess
import sys
from pathlib import Path

LOAD_AND_TELL = """
import os, sys
def tell(event, given):
    if event in ("socket.getaddrinfo", "socket.connect", "os.fork", "subprocess.Popen"):
        os.write(1, f"{event} {given[:2]}\\n".encode())
sys.addaudithook(tell)  # stays with processes that are forked off
from gateway.ocr.photographs import warm_up
from gateway.ocr.reader import Reader
warm_up(Reader.load())
"""


def test_loading_the_reader_asks_nobody_on_the_network_and_leaves_nothing_at_home(tmp_path: Path) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD_AND_TELL], env={**os.environ, "HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == ""
    assert list(tmp_path.iterdir()) == []
