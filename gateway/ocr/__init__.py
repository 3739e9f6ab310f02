"""Cameras → frames → text → reads of container numbers and plates.

OpenVINO reports every start of a program to its maker, over the network, with a number that it leaves in the home folder
(`openvino_telemetry`, which it takes for optional but requires). A gate reports to nobody: with this name taken, it is not there.
"""

import sys

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # what `import` takes for "there is none"
