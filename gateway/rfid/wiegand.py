"""Wiegand 26 and 34: a frame's bits to facility code and card number. Pure.

The first bit makes the first half of the frame even, the last one the second half odd (SIA AC-01, the 26-bit standard; 34
bits follow the same rule with 16 bits more of facility code). Between them stand the facility code (8 or 16 bits) and the
card number (16 bits), highest bit first.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.rfid.errors import CardError

CARD_BITS = 16
DIGITS = "0123456789abcdef"
MOST_DIGITS = 64  # a frame has 34 bits at most


@dataclass(frozen=True, slots=True)
class WiegandCard:
    """A card as its frame of `bits` bits tells it."""

    bits: int
    facility: int
    card: int

    @property
    def technology(self) -> str:
        return f"wiegand{self.bits}"

    @property
    def uid(self) -> str:
        """The payload in hex, lower case: 6 digits of a 26-bit frame, 8 of a 34-bit one."""
        return f"{self.facility << CARD_BITS | self.card:0{(self.bits - 2) // 4}x}"


def decode_frame(frame: int, bits: int) -> WiegandCard:
    """A card from its whole frame as a number. Raises CardError where the parity is wrong or the frame is too long."""
    if frame < 0 or frame >> bits:
        raise CardError(f"more than {bits} bits")
    half = bits // 2
    if (frame >> half).bit_count() % 2 != 0:
        raise CardError("the first half's parity is wrong")
    if (frame & ((1 << half) - 1)).bit_count() % 2 != 1:
        raise CardError("the second half's parity is wrong")
    return decode_payload(frame >> 1 & ((1 << bits - 2) - 1), bits)


def decode_payload(payload: int, bits: int) -> WiegandCard:
    """A card from its frame without the parity bits. Raises CardError where it is too long."""
    if payload < 0 or payload >> (bits - 2):
        raise CardError(f"more than {bits - 2} bits of payload")
    return WiegandCard(bits, payload >> CARD_BITS, payload & 0xFFFF)


def encode_frame(card: WiegandCard) -> int:
    """The whole frame of a card, with its parity bits."""
    half = card.bits // 2
    payload = int(card.uid, 16) << 1
    first = (payload >> half).bit_count() % 2
    second = 1 - (payload & ((1 << half) - 1)).bit_count() % 2
    return first << card.bits - 1 | payload | second


def read_card(groups: Mapping[str, str], bits: int) -> WiegandCard:
    """A card from what a converter's line tells, by the names of the lane file's pattern. Raises CardError."""
    if "frame_bits" in groups:
        if len(groups["frame_bits"]) != bits:
            raise CardError(f"{len(groups['frame_bits'])} bits, not {bits}")
        return decode_frame(_number(groups["frame_bits"], 2), bits)
    if "frame_hex" in groups:
        return decode_frame(_number(groups["frame_hex"], 16), bits)
    if "payload_hex" in groups:
        return decode_payload(_number(groups["payload_hex"], 16), bits)
    if "payload_decimal" in groups:
        return decode_payload(_number(groups["payload_decimal"], 10), bits)
    facility, card = (_number(groups.get(name, ""), 10) for name in ("facility", "card"))
    if facility >> (bits - 2 - CARD_BITS) or card >> CARD_BITS:
        raise CardError(f"facility {facility}, card {card}: too large for {bits} bits")
    return WiegandCard(bits, facility, card)


def _number(digits: str, base: int) -> int:
    """Digits and nothing else: signs, underscores and prefixes, which `int` takes too, are a converter's noise."""
    if not 0 < len(digits) <= MOST_DIGITS or not set(digits.lower()) <= set(DIGITS[:base]):
        raise CardError(f"{digits[:40]!r} is not a number of base {base}")
    return int(digits, base)
