"""Messages that a depot and a gate would send, with the parts that a test cares about changed."""

import hashlib
from copy import deepcopy
from typing import Any

import cv2
import numpy as np

from gateway.platform.examples import CONFIRMATION, ORDER

Json = dict[str, Any]


def order(serial: int = 1, message: int = 1, **changes: Any) -> Json:
    """An R12 message; `serial` makes the order number, `message` the message id."""
    made = deepcopy(ORDER)
    made["order_number"] = f"BD110204595257{serial:05d}"[:19]
    made["message_id"] = f"0459525720211123{message:04d}"
    return made | changes


def jpeg(shade: int = 90, width: int = 64, height: int = 48) -> bytes:
    """A real JPEG of one colour; another shade is another picture."""
    done, data = cv2.imencode(".jpg", np.full((height, width, 3), shade, np.uint8))
    assert done
    return bytes(data)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def confirmation(gate: str = "ct4-116", sequence: int = 1, pictures: tuple[bytes, ...] = (), **changes: Any) -> Json:
    """A confirmation; every picture is a whole frame, and the box was read in the first one."""
    made: Json = deepcopy(CONFIRMATION)
    made |= {"gate": gate, "sequence": sequence, "passage_id": f"01932a6e-0000-7000-8000-{sequence:012d}"}
    frames = [{"sha256": sha256(data), "device": "rear", "at": made["opened_at"], "role": "frame"} for data in pictures]
    made["pictures"] = frames
    made["answer"]["containers"][0]["sights"][0]["picture"] = frames[0]["sha256"] if frames else "0" * 64
    return made | changes


def verdict(outcome: str, orders: list[str]) -> Json:
    made: Json = deepcopy(CONFIRMATION["verdict"])
    return made | {"outcome": outcome, "orders": orders, "reasons": []}
