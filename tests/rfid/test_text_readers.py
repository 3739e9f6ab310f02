"""Readers that say a line for each tag: whole lines count, noise and cut-off ones do not, and losses are told once."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.clock import utc_now
from gateway.model.device import TagSighting
from gateway.rfid.config import LineReaderConfig, WiegandReaderConfig
from gateway.rfid.line_reader import LineReader
from gateway.rfid.text_lines import MAX_LINE, LineSplitter
from gateway.rfid.text_reader import TextReader
from gateway.rfid.wiegand_reader import WiegandReader
from gateway.simulator.serial_line import SerialLine, SocketLine
from gateway.simulator.text_readers import FakeLineReader, FakeWiegandReader
from tests.driver_loop import PATIENCE_S
from tests.rfid.conftest import running, soon

UID = "e2801160600002050a8d3a1f"
ONE_LANE = {1: {"lane": "in-1", "purpose": "pass"}}


def line_reader(port: str, **changes: object) -> LineReader:
    entry = {"name": "desk-1", "port": port, "antennas": ONE_LANE, "retry_s": 0.2, "timeout_s": 5.0}
    return LineReader(LineReaderConfig.model_validate(entry | changes), utc_now)


def wiegand_reader(port: str, **changes: object) -> WiegandReader:
    entry = {"name": "card-1", "port": port, "antennas": ONE_LANE, "retry_s": 0.2, "timeout_s": 5.0}
    return WiegandReader(WiegandReaderConfig.model_validate(entry | changes), utc_now)


@pytest.mark.parametrize("framing", ["lines", "stx_etx"])
async def test_each_line_is_a_tag(line: SerialLine, framing: str) -> None:
    await line.start()
    lanes = {1: {"lane": "in-1"}, 2: {"lane": "in-2"}}
    reader = line_reader(line.port, framing=framing, antennas=lanes, pattern=FakeLineReader.pattern)
    fake = FakeLineReader(line, reader.config)
    async with running(reader) as told:
        await told.working()
        fake.see(UID, antenna=2, rssi=-61)
        await told.until(lambda told: len(told.tags) == 1)
        (tag,) = told.tags
        assert (tag.device, tag.technology, tag.uid, tag.antenna, tag.rssi) == ("desk-1", "uhf", UID, 2, -61.0)
    await fake.stop()


async def test_without_antenna_and_strength_in_the_line() -> None:
    line = SocketLine()
    await line.start()
    reader = line_reader(line.port, technology="hf", pattern=r"ID:(?P<uid>[0-9A-F ]+)")
    async with running(reader) as told:
        await told.working()
        await line.connected()
        line.send(b"ID:04 A1 B2 C3\r\n")
        await told.until(lambda told: len(told.tags) == 1)
        assert (told.tags[0].technology, told.tags[0].uid, told.tags[0].antenna, told.tags[0].rssi) == ("hf", "04a1b2c3", 1, None)
    await line.stop()


async def test_a_card_is_told_by_its_payload(line: SerialLine) -> None:
    await line.start()
    reader = wiegand_reader(line.port, pattern=FakeWiegandReader.pattern)
    fake = FakeWiegandReader(line, reader.config)
    async with running(reader) as told:
        await told.working()
        assert fake.see("7b3039")
        assert not fake.see(UID)
        await told.until(lambda told: len(told.tags) == 1)
        assert (told.tags[0].technology, told.tags[0].uid) == ("wiegand26", "7b3039")
    await fake.stop()


async def test_a_card_with_wrong_parity_is_left_out_and_the_next_one_counts() -> None:
    line = SocketLine()
    await line.start()
    reader = wiegand_reader(line.port)
    async with running(reader) as told:
        await told.working()
        await line.connected()
        line.send(b"10111101100110000001110011\r\n00111101100110000001110011\r\n")
        await told.until(lambda told: len(told.tags) == 1)
        assert told.uids == ["7b3039"]
        assert reader.bad_reports == 1
    await line.stop()


async def test_lines_that_are_none_are_counted_and_cost_nothing_else() -> None:
    line = SocketLine()
    await line.start()
    reader = line_reader(line.port)
    async with running(reader) as told:
        await told.working()
        await line.connected()
        line.send(b"\r\n\r\nversion 1.2\r\n" + b"\xff\x00\x80\r" + b"A" * 5000 + b"\n" + UID.encode() + b"\r\n")
        await told.until(lambda told: len(told.tags) == 1)
        assert told.uids == [UID]
        assert reader.bad_reports == 3
        assert [working for working, _ in told.states] == [True]
    await line.stop()


async def test_loss_and_return_are_each_told_once(line: SerialLine) -> None:
    await line.start()
    reader = line_reader(line.port, pattern=FakeLineReader.pattern)
    fake = FakeLineReader(line, reader.config)
    async with running(reader) as told:
        await told.working()
        await line.stop()
        await told.lost()
        await line.start()
        await told.working(2)
        if isinstance(line, SocketLine):
            await line.connected()
        fake.see(UID)
        await told.until(lambda told: told.uids == [UID])
        assert [working for working, _ in told.states] == [True, False, True]
    await fake.stop()


async def test_a_reader_with_a_sign_of_life_is_lost_when_it_falls_silent() -> None:
    line = SocketLine()
    await line.start()
    async with running(line_reader(line.port, silence_s=0.05)) as told:
        await told.working()
        await told.lost()
        assert told.states[-1] == (False, "reader desk-1: silent for 0.05 s")
        await soon(line, lambda: line.clients >= 3)
        assert len(told.states) == 2  # it is still silent: an open line is no sign of life
        async with asyncio.timeout(PATIENCE_S):
            while not told.states[-1][0]:
                line.send(b"\r\n")
                await asyncio.sleep(0)
    await line.stop()


async def test_check_opens_the_line_and_says_that_it_cannot_ask(line: SerialLine) -> None:
    await line.start()
    report = await line_reader(line.port).check()
    assert (report.answers, report.detail) == (True, "open; it speaks only when a tag is held before it")
    if isinstance(line, SocketLine):
        await soon(line, lambda: line.clients == 1)
    await line.stop()
    assert not (await line_reader(line.port).check()).answers


def split(framing: str, data: bytes) -> list[str | None]:
    return LineSplitter(framing).feed(data)


def test_what_stands_between_stx_and_etx_counts_and_nothing_else() -> None:
    assert split("stx_etx", b"noise\x02E28\r\n\x03noise\x02cut off\x02 3034 \x03\x03") == ["E28", "3034"]
    assert split("stx_etx", b"\x02" + b"A" * (MAX_LINE + 1) + b"\x03\x02B\x03") == [None, "B"]


def test_lines_end_with_cr_lf_or_both() -> None:
    assert [line for line in split("lines", b"A\rB\nC\r\nD") if line] == ["A", "B", "C"]


@given(st.binary(max_size=600), st.integers(1, 40), st.sampled_from(["lines", "stx_etx"]))
def test_lines_are_the_same_however_they_are_cut(data: bytes, size: int, framing: str) -> None:
    splitter = LineSplitter(framing)
    cut = [line for start in range(0, len(data), size) for line in splitter.feed(data[start : start + size])]
    assert cut == split(framing, data)


TEXTS = st.binary(max_size=80) | st.text("0123456789ABCDEF-. \r\n\x02\x03naif", max_size=80).map(str.encode)


@given(st.lists(TEXTS, max_size=20), st.sampled_from(["lines", "stx_etx"]))
def test_arbitrary_bytes_are_left_out_or_tags(parts: list[bytes], framing: str) -> None:
    tags: list[TagSighting] = []
    loose = r"(?P<antenna>\S*)(?P<uid>.*?)(?P<rssi>\S*)"
    readers: list[TextReader] = [
        line_reader("socket://127.0.0.1:1", framing=framing, pattern=loose),
        wiegand_reader("socket://127.0.0.1:1", framing=framing, pattern=r"(?P<payload_decimal>.*)"),
    ]
    for reader in readers:
        splitter = LineSplitter(framing)
        for part in parts:
            for line in splitter.feed(part):
                reader._take(line, tags.append)
    assert all(tag.uid == tag.uid.lower() for tag in tags)


async def test_a_flood_of_lines_stops_nobody_else() -> None:
    line = SocketLine()
    await line.start()
    async with running(line_reader(line.port)) as told:
        await told.working()
        await line.connected()
        line.send((UID.encode() + b"\r\n") * 5000)
        turns = 0
        while len(told.tags) < 5000:
            await asyncio.sleep(0)
            turns += 1
        assert turns > 10
    await line.stop()
