"""thingsboard-gateway's SQLite event storage under the same load, in an environment of its own (this file imports nothing of ours).

    VENV/bin/python beside_child.py FOLDER [PAUSE_S]

Prints `begins`, then the number of each message after `put` has returned True for it, as our gate does after its commit.
"""

import itertools
import logging
import os
import sys
import time
from threading import Event

from thingsboard_gateway.storage.sqlite.sqlite_event_storage import SQLiteEventStorage


def say(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def main() -> None:
    pause_s = float(sys.argv[2])
    log = logging.getLogger("storage")
    log.trace = log.debug  # type: ignore[attr-defined]  # their logger has this level
    say("begins")
    storage = SQLiteEventStorage({"data_file_path": f"{sys.argv[1]}/"}, log, Event())
    for number in itertools.count(1):
        if storage.put(f'{{"number": {number}}}'):
            say(str(number))
        if pause_s:
            time.sleep(pause_s)


if __name__ == "__main__":
    main()
