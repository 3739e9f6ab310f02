"""Wiegand frames: facility code and card number, parity checked, by every way in which converters tell them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rfid.errors import CardError
from gateway.rfid.wiegand import WiegandCard, decode_frame, decode_payload, encode_frame, read_card

# Laid out by hand: even parity of the first half, payload, odd parity of the second half.
CARD_26 = WiegandCard(26, facility=123, card=12345)  # 0111 1011  0011 0000 0011 1001
FRAME_26 = "0" + "01111011" + "0011000000111001" + "1"


def test_a_26_bit_frame() -> None:
    card = read_card({"frame_bits": FRAME_26}, 26)
    assert card == CARD_26
    assert (card.technology, card.uid) == ("wiegand26", "7b3039")


def test_a_34_bit_frame() -> None:
    payload = f"{0xABCD:016b}{54321:016b}"
    first, second = payload[:16].count("1") % 2, 1 - payload[16:].count("1") % 2
    card = read_card({"frame_bits": f"{first}{payload}{second}"}, 34)
    assert (card.facility, card.card, card.technology, card.uid) == (0xABCD, 54321, "wiegand34", "abcdd431")


@pytest.mark.parametrize(
    "groups",
    [
        {"frame_bits": FRAME_26},
        {"frame_hex": f"{int(FRAME_26, 2):x}"},
        {"payload_hex": "7B3039"},
        {"payload_decimal": "0008073273"},
        {"facility": "123", "card": "12345"},
    ],
)
def test_every_way_to_tell_a_card(groups: dict[str, str]) -> None:
    assert read_card(groups, 26) == CARD_26


@pytest.mark.parametrize("bit", range(26))
def test_one_wrong_bit_is_noticed(bit: int) -> None:
    with pytest.raises(CardError, match="parity"):
        decode_frame(int(FRAME_26, 2) ^ 1 << bit, 26)


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ({"frame_bits": FRAME_26 + "0"}, "27 bits, not 26"),
        ({"frame_bits": ""}, "0 bits"),
        ({"frame_bits": "2" * 26}, "not a number"),
        ({"frame_hex": "fffffff"}, "more than 26 bits"),
        ({"payload_hex": "1000000"}, "more than 24 bits"),
        ({"payload_decimal": "16777216"}, "more than 24 bits"),
        ({"payload_decimal": "-1"}, "not a number"),
        ({"facility": "256", "card": "1"}, "facility 256"),
        ({"facility": "-1", "card": "1"}, "not a number"),
        ({"facility": "1", "card": "65536"}, "card 65536"),
        ({"facility": "1"}, "not a number"),
        ({}, "not a number"),
    ],
)
def test_what_is_no_card_is_refused(groups: dict[str, str], said: str) -> None:
    with pytest.raises(CardError, match=said):
        read_card(groups, 26)


CARDS = st.sampled_from([26, 34]).flatmap(
    lambda bits: st.builds(WiegandCard, st.just(bits), st.integers(0, (1 << bits - 18) - 1), st.integers(0, 0xFFFF))
)


@given(CARDS)
def test_any_card_survives_its_frame(card: WiegandCard) -> None:
    assert decode_frame(encode_frame(card), card.bits) == card
    assert decode_payload(int(card.uid, 16), card.bits) == card


NAMES = st.sampled_from(["frame_bits", "frame_hex", "payload_hex", "payload_decimal", "facility", "card"])


@given(st.dictionaries(NAMES, st.text(max_size=60)), st.sampled_from([26, 34]))
def test_arbitrary_text_is_refused_or_a_card(groups: dict[str, str], bits: int) -> None:
    try:
        card = read_card(groups, bits)
    except CardError:
        return
    assert len(card.uid) == (bits - 2) // 4


@pytest.mark.parametrize(
    "groups",
    [
        {"frame_bits": "+0111101100110000001110011"},
        {"frame_bits": "0b111101100110000001110011"},
        {"payload_hex": "0x7b3039"},
        {"payload_decimal": "8_073_273"},
        {"payload_decimal": "٧"},
        {"payload_decimal": "9" * 5000},
        {"facility": " 1", "card": "1"},
    ],
)
def test_what_is_more_than_digits_is_no_number(groups: dict[str, str]) -> None:
    with pytest.raises(CardError):
        read_card(groups, 26)
