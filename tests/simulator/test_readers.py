"""Every kind of reader of a lane file has a fake that the unchanged driver reads, at the address that the fake tells."""

import pytest
from pydantic import TypeAdapter

from gateway.model.clock import utc_now
from gateway.rfid.config import ReaderConfig
from gateway.rfid.drivers import reader_of
from gateway.simulator.readers import fake_reader
from tests.rfid.conftest import running

READER: TypeAdapter[ReaderConfig] = TypeAdapter(ReaderConfig)
LANES = {1: {"lane": "out-1"}, 2: {"lane": "out-2"}}
UID = "3034b708ac397e0000000649"


@pytest.mark.parametrize(
    ("entry", "uid"),
    [
        ({"type": "llrp", "host": "10.0.0.9"}, UID),
        ({"type": "llrp", "host": "10.0.0.9", "trigger": {"input": 7}}, UID),
        ({"type": "uhfreader18", "port": "/dev/serial/by-id/uhf", "model": "288"}, UID),
        ({"type": "uhfreader18", "port": "rfc2217://10.0.0.9:4001", "antennas": {1: {"lane": "out-1"}}}, UID),
        ({"type": "lines", "port": "socket://10.0.0.9:4001", "framing": "stx_etx", "pattern": "(?P<antenna>.)(?P<uid>.*)"}, UID),
        ({"type": "wiegand", "port": "socket://10.0.0.9:4001", "pattern": "(?P<antenna>.)(?P<payload_hex>.*)"}, "7b3039"),
    ],
    ids=lambda entry: entry["type"] if isinstance(entry, dict) else "",
)
async def test_the_unchanged_driver_reads_the_fake(entry: dict[str, object], uid: str) -> None:
    config = READER.validate_python({"name": "reader", "antennas": LANES} | entry)
    fake = fake_reader(config, utc_now)
    await fake.start()
    reachable = READER.validate_python(config.model_dump() | fake.reachable)
    async with running(reader_of(reachable, utc_now)) as told:
        await told.working()
        if "trigger" in entry:
            fake.drive(7, high=True)  # type: ignore[attr-defined]
        assert fake.see(uid, 1, -55)
        await told.until(lambda told: told.uids == [uid])
    await fake.stop()
