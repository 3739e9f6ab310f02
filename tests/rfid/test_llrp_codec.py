"""LLRP bytes: recorded frames are read as the standard says, and nothing that arrives can do worse than a ProtocolError."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rfid.config import GpiTriggerConfig
from gateway.rfid.errors import ProtocolError, ReaderRefusedError, RfidError
from gateway.rfid.llrp_codec import TV_BODY, Message, Parameter, decode, encode, parameters, tlv, tv
from gateway.rfid.llrp_events import connection_attempt, parse_news, reader_time_us
from gateway.rfid.llrp_messages import (
    add_rospec,
    gpi_is,
    parse_capabilities,
    parse_report,
    reader_config,
    require_success,
)

FRAMES = [
    tuple(part.strip() for part in line.split("|"))
    for line in (Path(__file__).parent / "frames" / "llrp.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def input_level(message: Message) -> bool:
    return gpi_is("high", 1, message)


def _of(*kinds: str) -> list[tuple[str, bytes]]:
    return [(expected, bytes.fromhex(message)) for kind, expected, message in FRAMES if kind in kinds]


@pytest.mark.parametrize(("expected", "data"), _of("report"))
def test_a_report_gives_its_tags(expected: str, data: bytes) -> None:
    tags = parse_report(decode(data))
    assert "; ".join(f"{tag.epc} {tag.antenna} {tag.rssi} {tag.count}" for tag in tags) == expected


def test_a_report_tells_when_the_tag_was_seen_first_and_last() -> None:
    (tag,) = parse_report(decode(next(data for expected, data in _of("report") if "; " not in expected and expected)))
    assert (tag.first_seen_us, tag.last_seen_us) == (1_700_000_000_000_000, 1_700_000_000_500_000)


@pytest.mark.parametrize(("expected", "data"), _of("greeting"))
def test_a_greeting_gives_its_status_and_the_readers_time(expected: str, data: bytes) -> None:
    message = decode(data)
    assert f"{connection_attempt(message)} {reader_time_us(message)}" == expected


@pytest.mark.parametrize(("expected", "data"), _of("capabilities"))
def test_capabilities_say_what_the_reader_is(expected: str, data: bytes) -> None:
    assert str(parse_capabilities(decode(data))) == expected


@pytest.mark.parametrize(("expected", "data"), _of("refusal"))
def test_a_refusal_is_told_in_the_readers_own_words(expected: str, data: bytes) -> None:
    with pytest.raises(ReaderRefusedError) as refused:
        require_success(decode(data))
    assert str(refused.value) == expected


@pytest.mark.parametrize(("expected", "data"), _of("malformed"))
def test_a_malformed_message_is_refused_with_what_is_wrong(expected: str, data: bytes) -> None:
    with pytest.raises(ProtocolError, match=expected):
        parse_report(decode(data))


def test_what_the_gate_asks_for() -> None:
    """Laid out by hand from clauses 16.2.4 to 16.2.7: antennas 1 and 3, a report for every tag, a keepalive each 5 s."""
    assert encode(add_rospec([1, 3])).hex() == (
        "0414 0000 004d 0000 0000".replace(" ", "")
        + "00b10043 00000001 00 00".replace(" ", "")
        + "00b2 0012  00b3 0005 00  00b6 0009 00 00000000".replace(" ", "")
        + "00b7 001a  0002 0001 0003  00b8 0009 00 00000000  00ba 0007 0001 01".replace(" ", "")
        + "00ed 000d 01 0001  00ee 0006 1780".replace(" ", "")
    )
    assert encode(reader_config(5.0, hold=False)).hex() == (
        "0403 0000 002b 0000 0000 00".replace(" ", "")
        + "00f40012 00f50007 0008 80 00f50007 0004 80".replace(" ", "")
        + "00dc 0009 01 00001388  00e2 0005 00".replace(" ", "")
    )


def test_what_the_gate_asks_for_when_an_input_of_the_reader_says_when_to_read() -> None:
    """Clauses 16.2.4.1.1 and 16.2.5.1: input 2 starts the reading when it becomes low, and ends it when high or after 60 s."""
    trigger = GpiTriggerConfig(input=2, active="low", timeout_s=60)
    assert encode(add_rospec([1], trigger)).hex() == (
        "0414 0000 0061 0000 0000".replace(" ", "")
        + "00b10057 00000001 00 00".replace(" ", "")
        + "00b2 0028  00b3 0010 03 00b5 000b 0002 00 00000000  00b6 0014 02 00000000 00b5 000b 0002 80 0000ea60".replace(" ", "")
        + "00b7 0018  0001 0001  00b8 0009 00 00000000  00ba 0007 0001 01".replace(" ", "")
        + "00ed 000d 01 0001  00ee 0006 1780".replace(" ", "")
    )
    assert encode(reader_config(5.0, hold=True, trigger=trigger)).hex() == (
        "0403 0000 003a 0000 0000 00".replace(" ", "")
        + "00f40019 00f50007 0008 80 00f50007 0004 80 00f50007 0003 80".replace(" ", "")
        + "00dc 0009 01 00001388  00e1 0008 0002 80 00  00e2 0005 80".replace(" ", "")
    )


@pytest.mark.parametrize(("expected", "data"), _of("inputs"))
def test_the_level_of_an_input(expected: str, data: bytes) -> None:
    message = decode(data)
    assert f"{gpi_is('high', 1, message)} {gpi_is('low', 2, message)}" == expected
    with pytest.raises(ProtocolError, match="input 9"):
        gpi_is("high", 9, message)


@pytest.mark.parametrize(("expected", "data"), _of("news"))
def test_what_happened_to_the_reader(expected: str, data: bytes) -> None:
    news = parse_news(decode(data))
    assert f"{news.antennas} {'; '.join(news.troubles)} {news.closing}" == expected


@given(st.integers(0, 1023), st.integers(0, 2**32 - 1), st.binary(max_size=2000))
def test_any_message_survives_the_wire(type_: int, message_id: int, body: bytes) -> None:
    message = Message(type_, message_id, body)
    assert decode(encode(message)) == message


TVS = st.sampled_from(sorted(TV_BODY)).flatmap(
    lambda type_: st.binary(min_size=TV_BODY[type_], max_size=TV_BODY[type_]).map(lambda body: Parameter(type_, body))
)
TLVS = st.builds(Parameter, st.integers(128, 1023), st.binary(max_size=300))


@given(st.lists(TVS | TLVS, max_size=20))
def test_any_parameters_survive_the_wire(given_: list[Parameter]) -> None:
    data = b"".join((tv if p.type < 128 else tlv)(p.type, p.body) for p in given_)
    assert list(parameters(data)) == given_


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_refused_or_understood(data: bytes) -> None:
    for parse in (parse_report, connection_attempt, reader_time_us, parse_news, parse_capabilities, require_success, input_level):
        try:
            parse(Message(61, 1, data))
        except RfidError:
            continue


@given(st.binary(max_size=60))
def test_arbitrary_messages_are_refused_or_understood(data: bytes) -> None:
    try:
        assert encode(decode(data)) == data
    except ProtocolError:
        return


@given(st.sampled_from([data for _, data in _of("report", "greeting", "capabilities", "news", "inputs")]), st.data())
def test_a_damaged_frame_is_refused_or_understood(frame: bytes, data: st.DataObject) -> None:
    damaged = bytearray(frame)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    for parse in (parse_report, connection_attempt, parse_news, parse_capabilities, input_level):
        try:
            parse(decode(bytes(damaged)))
        except RfidError:
            continue
