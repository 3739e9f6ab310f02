#!/usr/bin/env python3
"""How fast one lane is on this machine, on rendered pictures: per camera, per read, and from the last needed frame to the verdict.

    .venv/bin/python bench/lane.py [--threads N] [--frames N]

Prints one line a figure. Nothing in it is a photograph: for the photographs see docs/measurements.md.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from random import Random

from gateway.lane.machine import LaneMachine
from gateway.model.clock import utc_now
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import Presence
from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.eye import Eye
from gateway.ocr.frame import Frame
from gateway.ocr.photographs import warm_up
from gateway.ocr.reader import Reader
from gateway.simulator.scene import Light, Scene, View, random_truck
from gateway.store.pictures import PictureFolder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--frames", type=int, default=20)
    args = parser.parse_args()
    reader = Reader.load(threads=args.threads)
    warm_up(reader)
    rng = Random(1)
    views = [(View.FRONT, "front"), (View.REAR, "rear")]
    frames = []
    for index in range(args.frames):
        view, _ = views[index % 2]
        scene = Scene(view, Light.DAY, (1280, 720), 1)
        frames.append(scene.frame(random_truck(rng, boxes=1), 0.5, index))
    for frame in frames[:4]:
        reader.read(frame)

    reads, looks = [], []
    with tempfile.TemporaryDirectory() as folder:
        keep = PictureFolder(Path(folder)).keep
        machine = LaneMachine("bench", LaneRules(), lambda _: "bench")
        machine.observe(Presence(device="loop", at=utc_now(), occupied=True))
        for index, image in enumerate(frames):
            begun = time.perf_counter()
            reader.read(image)
            reads.append((time.perf_counter() - begun) * 1000)
            camera = FileCamera(name="camera", path=Path("none"))
            begun = time.perf_counter()
            look = Eye(camera, reader, keep).look(Frame(image, utc_now(), index), attentive=True)
            for seen in look.observations:
                machine.observe(seen)
            looks.append((time.perf_counter() - begun) * 1000)
        idle = Eye(FileCamera(name="camera", path=Path("none")), reader, keep)
        begun = time.perf_counter()
        for index in range(200):
            idle.look(Frame(frames[index % 2], utc_now(), index), attentive=False)
        watched = 200 / (time.perf_counter() - begun)
    print(f"threads {args.threads}, {len(frames)} rendered frames of 1280×720")
    print(f"read            median {statistics.median(reads):6.0f} ms   p95 {sorted(reads)[int(len(reads) * 0.95)]:6.0f} ms")
    print(f"frame→verdict   median {statistics.median(looks):6.0f} ms   p95 {sorted(looks)[int(len(looks) * 0.95)]:6.0f} ms")
    print(f"frames a second read {1000 / statistics.median(looks):.1f}, watched without reading {watched:.0f}")


if __name__ == "__main__":
    main()
