"""What commands take from a lane file."""

from pathlib import Path

from gateway.commands.lane_files import recorded
from gateway.ocr.cameras.camera import Kind, LooksAt, Region
from gateway.ocr.cameras.rtsp import RtspCamera


def test_a_recording_is_watched_as_the_camera_in_whose_place_it_is() -> None:
    camera = RtspCamera(
        name="rear",
        url="rtsp://camera/1",
        region=Region(x=0.2, width=0.5),
        looks_at=LooksAt.SIDE,
        reads=(Kind.CONTAINERS,),
        frames_per_second=12.0,
        stall_s=2.0,
        motion_area=0.2,
    )
    recording = recorded(camera, Path("clip.mp4"))
    assert (recording.address, recording.realtime) == ("clip.mp4", False)
    assert recording.model_dump(exclude={"type", "path", "realtime", "loop"}) == camera.model_dump(
        include={"name", "region", "looks_at", "reads", "frames_per_second", "stall_s", "motion_area"}
    )
