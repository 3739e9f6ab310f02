"""A site's own lane file, with every device moved to loopback: the unchanged `gateway run` then meets the simulator."""

from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from gateway.model.clock import Clock
from gateway.ocr.cameras.camera import LooksAt
from gateway.ocr.cameras.rtsp import RtspCamera
from gateway.seal_reader.config import BluezReceiverConfig
from gateway.seal_reader.keys import SealKeys
from gateway.simulator.pictures import Pictures
from gateway.simulator.radio import Radio
from gateway.simulator.scene import View
from gateway.simulator.seal_beacon import FakeSealFeed
from gateway.simulator.traffic import LanePlan, SimulatedSite
from gateway.site.lane_file import LaneConfig, SiteConfig

STAFF_FILE: Final = "staff.json"
STUCK_PATIENCES: Final = 2  # nobody rehearses for the minutes after which a loop is taken for stuck on a site
VIEWS = {LooksAt.FRONT: View.FRONT, LooksAt.REAR: View.REAR, LooksAt.SIDE: View.SIDE, LooksAt.TOP: View.REAR}


def simulated_site(
    site: SiteConfig,
    key: bytes,
    seed: int,
    clock: Clock,
    patience_s: float,
    pictures: Pictures | None = None,
    *,
    over_rtsp: bool = True,
) -> SimulatedSite:
    """Every device of a site, at loopback once it is entered. `key`: the master key of the seals; `patience_s`: the lanes'
    own in this rehearsal; `over_rtsp`: whether cameras that stream over RTSP are played so, and not over HTTP."""
    plans = [plan(site, lane, patience_s, over_rtsp) for lane in site.lanes]
    adapters = [receiver for receiver in site.seals.receivers if isinstance(receiver, BluezReceiverConfig)] if site.seals else []
    radio = Radio(adapters) if adapters and Radio.is_possible() else None
    return SimulatedSite(plans, site.io_modules, site.readers, SealKeys({1: key}), seed, clock, pictures, radio)


def plan(site: SiteConfig, lane: LaneConfig, patience_s: float, over_rtsp: bool) -> LanePlan:
    """What the simulator must know of a lane."""
    loop, key, lights, barrier = lane.loop, lane.key_switch, lane.lights, lane.barrier
    return LanePlan(
        name=lane.name,
        cameras=tuple((camera.name, VIEWS[camera.looks_at]) for camera in lane.cameras),
        patience_s=patience_s,
        over_rtsp=frozenset(camera.name for camera in lane.cameras if over_rtsp and isinstance(camera, RtspCamera)),
        loop=(loop.module, loop.input) if loop else None,
        key_switch=(key.module, key.input) if key else None,
        lights={name: (lights.module, getattr(lights, name)) for name in ("red", "amber", "green")} if lights else None,
        barrier=(barrier.module, barrier.output) if barrier else None,
        end_switches=(barrier.opened, barrier.closed) if barrier else (None, None),
        antenna=next(((r.name, n) for r in site.readers for n, a in sorted(r.antennas.items()) if a.lane == lane.name), None),
        receivers=tuple(r.name for r in site.seals.receivers if lane.name in r.lanes) if site.seals else (),
    )


def on_loopback(
    site: SiteConfig, simulated: SimulatedSite, platform_url: str, folder: Path, screen_port: int, patience_s: float
) -> None:
    """Write `site.yaml` into `folder`: the lane file of the same site with every address on loopback and its store in `folder`."""
    document = site.model_dump(mode="json", exclude_none=True)
    document["store"] = {"folder": str(folder / "store")}
    document["screen"] = {"host": "127.0.0.1", "port": screen_port}
    document["platform"] = {"url": platform_url, "allow_clear_text": True, "retry_cap_s": 2.0}
    document.pop("time")  # the rehearsal needs no NTP server
    if "desk" in document:
        document["desk"]["staff"] = str(folder / STAFF_FILE)
    for module in document["io_modules"]:
        module.update(simulated.modules[module["name"]].reachable)
    for reader in document["readers"]:
        reader.update(simulated.readers[reader["name"]].reachable)
    if "seals" in document:
        document["seals"]["keys"] = {"file": str(folder / "seal-master.key")}
        document["seals"]["receivers"] = [_receiver(receiver, simulated) for receiver in document["seals"]["receivers"]]
    for lane in document["lanes"]:
        lane.setdefault("rules", {}).update(patience_s=patience_s, stuck_s=STUCK_PATIENCES * patience_s)
        lane["cameras"] = [_camera(camera, simulated) for camera in lane["cameras"]]
    with (folder / "site.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(document, file)


def _receiver(receiver: dict[str, Any], simulated: SimulatedSite) -> dict[str, Any]:
    """Where there is no D-Bus daemon for them, adapters become bridges."""
    played = simulated.receivers[receiver["name"]]
    if not isinstance(played, FakeSealFeed):
        return receiver
    kept = {key: receiver[key] for key in ("name", "lanes", "retry_s")}
    return {**kept, "type": "advertisement_feed", "host": "127.0.0.1", "port": played.port}


def _camera(camera: dict[str, Any], simulated: SimulatedSite) -> dict[str, Any]:
    """What does not stream over RTSP becomes a stream of JPEGs over HTTP; and a camera sees its own lane only, so that no
    region is cut out."""
    address = simulated.camera_address(camera["name"])
    keys = ("name", "looks_at", "reads", "frames_per_second", "stall_s", "frozen_s", *(["transport"] * (address["type"] == "rtsp")))
    return {key: camera[key] for key in keys if key in camera} | address
