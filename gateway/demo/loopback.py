"""A site's own lane file, with every device moved to loopback: the unchanged `gateway run` then meets the simulator."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gateway.ocr.cameras.camera import LooksAt
from gateway.simulator.scene import View
from gateway.simulator.traffic import LanePlan, SimulatedSite
from gateway.site.lane_file import LaneConfig, SiteConfig

VIEWS = {LooksAt.FRONT: View.FRONT, LooksAt.REAR: View.REAR, LooksAt.SIDE: View.SIDE, LooksAt.TOP: View.REAR}


class NotRehearsableError(Exception):
    """The site lacks something that a rehearsal needs; the text names the lane and the thing."""


def plan(site: SiteConfig, lane: LaneConfig) -> LanePlan:
    """What the simulator must know of a lane. Raises NotRehearsableError."""
    loop, lights = lane.loop, lane.lights
    antenna = next(((r.name, n) for r in site.readers for n, a in sorted(r.antennas.items()) if a.lane == lane.name), None)
    receiver = next((r.name for r in site.seals.receivers if lane.name in r.lanes), None) if site.seals else None
    if loop is None or lights is None or antenna is None or receiver is None:
        missing = {"loop": loop, "lights": lights, "reader antenna": antenna, "seal receiver": receiver}
        names = ", ".join(name for name, there in missing.items() if there is None)
        raise NotRehearsableError(f"lane {lane.name}: a rehearsal needs {names}")
    return LanePlan(
        name=lane.name,
        loop=(loop.module, loop.input),
        red=(lights.module, lights.red),
        amber=(lights.module, lights.amber),
        green=(lights.module, lights.green),
        antenna=antenna,
        receiver=receiver,
        cameras=tuple((camera.name, VIEWS[camera.looks_at]) for camera in lane.cameras),
        patience_s=lane.rules.patience_s,
    )


def on_loopback(
    site: SiteConfig, simulated: SimulatedSite, platform_url: str, folder: Path, screen_port: int, patience_s: float
) -> None:
    """Write `site.yaml` into `folder`: the lane file of the same site with every address on loopback and its store in `folder`."""
    document = site.model_dump(mode="json", exclude_none=True)
    document["store"] = {"folder": str(folder / "store")}
    document["screen"] = {"host": "127.0.0.1", "port": screen_port}
    document["platform"] = {"url": platform_url, "retry_cap_s": 2.0}
    document.pop("time")  # the rehearsal needs no NTP server
    for module in document["io_modules"]:
        module |= {"host": "127.0.0.1", "port": simulated.modules[module["name"]].port}
    for reader in document["readers"]:
        reader.update(simulated.readers[reader["name"]].reachable)
    document["seals"]["keys"] = {"file": str(folder / "seal-master.key")}
    document["seals"]["receivers"] = [_receiver(receiver, simulated) for receiver in document["seals"]["receivers"]]
    for lane in document["lanes"]:
        lane.setdefault("rules", {})["patience_s"] = patience_s
        lane["cameras"] = [_camera(camera, simulated) for camera in lane["cameras"]]
    with (folder / "site.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(document, file)


def _receiver(receiver: dict[str, Any], simulated: SimulatedSite) -> dict[str, Any]:
    """Adapters too become a feed: a rehearsal needs no Bluetooth."""
    kept = {key: receiver[key] for key in ("name", "lanes", "retry_s")}
    return {**kept, "type": "advertisement_feed", "host": "127.0.0.1", "port": simulated.receivers[receiver["name"]].port}


def _camera(camera: dict[str, Any], simulated: SimulatedSite) -> dict[str, Any]:
    kept: dict[str, Any] = {
        key: camera[key] for key in ("name", "region", "looks_at", "reads", "frames_per_second", "stall_s") if key in camera
    }
    return {**kept, "type": "mjpeg", "url": simulated.cameras.stream_url(camera["name"])}
