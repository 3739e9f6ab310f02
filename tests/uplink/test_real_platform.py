"""Gate and platform as they are shipped: orders down, confirmations and pictures up, over a stop in the middle."""

import json
from pathlib import Path

import aiohttp
import cv2
import numpy as np

from gateway.orders.order_cache import OrderCache
from gateway.platform.examples import REGISTER
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from gateway.site.lane_file import load_site
from gateway.store.gate_store import GateStore
from tests.orders.entries import message, order
from tests.store.passages import decided
from tests.uplink.conftest import linked, quick, until

TOKEN = "a-token-of-more-than-sixteen-characters"
LANE_CONFIG = Path(__file__).parents[2] / "lane_config"


async def test_the_platform_may_stop_in_the_middle(store: GateStore, tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text(TOKEN)
    token_file.chmod(0o600)
    picture = store.pictures.keep(cv2.imencode(".jpg", np.zeros((40, 60, 3), np.uint8))[1].tobytes())
    settings = PlatformSettings(data_dir=tmp_path / "platform", port=0, token_file=token_file)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as depot:
        async with running(settings) as url:
            port = int(url.rsplit(":", 1)[1])
            await depot.post(f"{url}/api/orders", json=message(1))
            async with linked(store, quick(url, token_file=token_file)) as uplink:
                await store.commit_decision(decided(1), "Lane 1")
                await until(lambda: bool(uplink.link.up) and uplink.link.waiting == 0)
        again = settings.model_copy(update={"port": port})
        async with linked(store, quick(url, token_file=token_file)) as uplink:
            for number in (2, 3):
                await store.commit_decision(decided(number, pictures=(picture,)), "Lane 1")
            await until(lambda: uplink.link.up is False)
            async with running(again):
                await depot.post(f"{url}/api/orders", json=message(2))
                await until(lambda: bool(uplink.link.up) and uplink.link.waiting == 0)
                cache = await OrderCache.open(store)

                async def all_there() -> bool:
                    found = await cache.find(["TEMU9221353"], [], [])
                    return found == (order(1), order(2)) and not await store.waiting_pictures(1)

                await until(all_there)
                async with depot.get(f"{url}/api/confirmations") as answer:
                    kept = json.loads(await answer.text())
                async with depot.get(f"{url}/api/pictures/{picture}") as answer:
                    place = store.pictures.path(picture)
                    assert place
                    assert await answer.read() == place.read_bytes()
    assert [one["confirmation"]["sequence"] for one in kept["items"]] == [1, 2, 3]
    assert [one["chain"] for one in kept["items"]] == ["whole"] * 3


async def test_a_lane_that_gets_a_reader_gets_the_registers_that_came_before(store: GateStore, tmp_path: Path) -> None:
    """A gate without readers is sent orders alone; once its lane file names some, what lies behind its cursor comes, too."""
    cameras_only, with_readers = (load_site(LANE_CONFIG / name).feed_kinds for name in ("desk.yaml", "kaohsiung-ct4-b116.yaml"))

    async def holds(orders: int, *registers: str) -> None:
        """Wait until the gate has so many orders, and entries of just these registers."""
        count, kinds = "SELECT count(*) FROM transport_order", "SELECT DISTINCT kind FROM register_entry ORDER BY kind"

        async def there() -> bool:
            found = await store.read(lambda db: (db.execute(count).fetchone()[0], *(row[0] for row in db.execute(kinds))))
            return found == (orders, *sorted(registers))

        await until(there)

    async with running(PlatformSettings(data_dir=tmp_path / "platform", port=0)) as url, aiohttp.ClientSession() as depot:
        await depot.post(f"{url}/api/registry", json=list(REGISTER))
        await depot.post(f"{url}/api/orders", json=message(1))
        async with linked(store, quick(url), kinds=cameras_only):
            await holds(1)
        await depot.post(f"{url}/api/orders", json=message(2))
        async with linked(store, quick(url), kinds=with_readers):
            await holds(2, "port_pass", "passive_seal", "vehicle_seal")
        async with linked(store, quick(url), kinds=cameras_only):
            await holds(2)
