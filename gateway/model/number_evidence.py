"""What the candidates at each position of a container number say together, under the check digit (ISO 6346 annex A).

A number is likely when its characters are, and when its check digit is right: numbers with a wrong check digit exist, but
are rare. All numbers are weighed at once by a walk over the remainder modulo 11, so nothing likely is left out.
"""

from collections.abc import Sequence
from typing import Final

from gateway.model.container_number import CATEGORIES, LETTER_VALUES
from gateway.model.observation import Candidate, Position
from gateway.model.owner_codes import known_owner

PREFIX: Final = 10  # characters that the check digit is computed over
INVALID_SHARE: Final = 0.001  # of the boxes on the road carry a number whose check digit is wrong (our estimate)
KEPT_PER_REMAINDER: Final = 4
STRANGER: Final = 0.1  # weight of a number whose owner is not on the list: unusual, not wrong (our estimate)
CHANCE_OWNER: Final = 0.17  # weight of three letters drawn by chance: one code in thirteen is on the list
OWNER: Final = 3  # letters

Scored = tuple[str, float]
_Beam = list[tuple[float, str]]  # minus the weight, and the text: so that the heaviest sorts first


def unknown_digit() -> Position:
    """A check digit that was not seen: any digit, equally."""
    return tuple(Candidate(character=digit, probability=0.1) for digit in "0123456789")


def _fits(character: str, place: int) -> bool:
    if place == 3:
        return character in CATEGORIES
    return character.isascii() and (character.isalpha() and character.isupper() if place < 3 else character.isdigit())


def _step(beams: list[_Beam], position: Position, place: int) -> list[_Beam]:
    following: list[_Beam] = [[] for _ in range(11)]
    for candidate in position:
        character, probability = candidate.character, candidate.probability
        if not _fits(character, place) or probability <= 0:
            continue
        value = (LETTER_VALUES[character] if character.isalpha() else int(character)) << place
        for remainder, beam in enumerate(beams):
            if beam:
                following[(remainder + value) % 11] += [(weight * probability, text + character) for weight, text in beam]
    if place == OWNER - 1:
        following = [[(weight if known_owner(code) else weight * STRANGER, code) for weight, code in beam] for beam in following]
    return [sorted(beam)[:KEPT_PER_REMAINDER] for beam in following]


def likeliest(positions: Sequence[Position], limit: int = 5) -> tuple[Scored, ...]:
    """The likeliest numbers and their probabilities, best first.

    `positions` are eleven (or ten: the check digit was not seen). The probabilities leave room for numbers that no
    candidate names, so they need not add up to one. Fewer positions give nothing.
    """
    if len(positions) not in (PREFIX, PREFIX + 1):
        return ()
    check = positions[PREFIX] if len(positions) > PREFIX else unknown_digit()
    beams: list[_Beam] = [[(-1.0, "")], *([] for _ in range(10))]
    for place, position in enumerate(positions[:PREFIX]):
        beams = _step(beams, position, place)
    weighed: list[Scored] = []
    for remainder, beam in enumerate(beams):
        for weight, text in beam:
            for candidate in check:
                if _fits(candidate.character, PREFIX):
                    share = 1.0 if int(candidate.character) == remainder % 10 else INVALID_SHARE
                    weighed.append((text + candidate.character, -weight * candidate.probability * share))
    unnamed = CHANCE_OWNER * _unnamed_share([*positions[:PREFIX], check]) / 11
    total = sum(weight for _, weight in weighed) + unnamed
    ranked = sorted(weighed, key=lambda scored: (-scored[1], scored[0]))[:limit]
    return tuple((number, weight / total) for number, weight in ranked if weight > 0)


def _unnamed_share(positions: Sequence[Position]) -> float:
    """How likely it is that some position holds a character that none of its candidates names."""
    named = 1.0
    for position in positions:
        named *= min(1.0, sum(candidate.probability for candidate in position))
    return 1.0 - named
