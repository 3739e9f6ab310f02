"""A platform as a process of its own, for tests that kill it: `python -m tests.platform.served DATA_DIR DATABASE`."""

import asyncio
import sys
from pathlib import Path

from pydantic import SecretStr

from gateway.platform.serve import serve
from gateway.platform.settings import PlatformSettings


def _say(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(PlatformSettings(data_dir=Path(sys.argv[1]), port=0, database_url=SecretStr(sys.argv[2])), on_ready=_say))
