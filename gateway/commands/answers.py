"""What was read of one vehicle, as JSON: the same objects in `gateway read --passage` and `gateway replay`."""

from typing import Any

from gateway.model.answer import Answer, ContainerAnswer, PlateAnswer, PlateRole


def tractor(answer: Answer) -> PlateAnswer | None:
    """The tractor's plate; where no series says which it is, the first plate that is not a trailer's."""
    return answer.plate(PlateRole.TRACTOR) or answer.plate(PlateRole.UNKNOWN)


def container_json(found: ContainerAnswer) -> dict[str, Any]:
    return {
        "number": found.number,
        "confidence": found.confidence,
        "accepted": found.accepted,
        "check_digit_valid": found.check_digit_valid,
        "size_type": found.size_type,
        "box": found.sights[0].box,
    }


def plate_json(found: PlateAnswer | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "number": found.number,
        "text": found.text,
        "confidence": found.confidence,
        "accepted": found.accepted,
        "box": found.sights[0].box,
    }


def answer_json(answer: Answer) -> dict[str, Any]:
    return {
        "containers": [container_json(found) for found in answer.containers],
        "tractor_plate": plate_json(tractor(answer)),
        "trailer_plate": plate_json(answer.plate(PlateRole.TRAILER)),
    }
