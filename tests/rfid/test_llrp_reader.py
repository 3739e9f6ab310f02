"""A reader over a real socket: every tag arrives, keepalives are answered, and every kind of loss is told once."""

import asyncio
from datetime import datetime, timedelta

import pytest

from gateway.model.clock import utc_now
from gateway.rfid.llrp_codec import Message
from gateway.rfid.llrp_connection import connected
from gateway.rfid.llrp_numbers import M
from gateway.rfid.llrp_reader import LlrpReader
from gateway.simulator.llrp_reader import FakeLlrpReader, RoSpec
from tests.driver_loop import PATIENCE_S
from tests.rfid.conftest import reader_for, running, soon

EPC = "30340789ac397e0000000649"
LONG_EPC = "300833b2ddd9014000000000aabbccdd"


class SetClock:
    """The gate's clock, and how far it has been set ahead."""

    ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


async def test_a_tag_before_a_configured_antenna_is_told_with_antenna_and_strength(fake: FakeLlrpReader) -> None:
    async with running(reader_for(fake)) as told:
        await told.working()
        before = utc_now()
        assert fake.see(EPC.upper(), antenna=1, rssi=-48)
        assert fake.see(LONG_EPC, antenna=3, rssi=-71)
        assert not fake.see(EPC, antenna=2)
        await told.until(lambda told: len(told.tags) == 2)
        first, second = told.tags
        assert (first.device, first.technology, first.uid, first.antenna, first.rssi) == ("uhf-1", "uhf", EPC, 1, -48.0)
        assert (second.uid, second.antenna) == (LONG_EPC, 3)
        assert before <= first.at <= second.at <= utc_now()


async def test_what_an_earlier_client_left_behind_is_replaced(fake: FakeLlrpReader) -> None:
    fake.rospec, fake.inventoried = RoSpec.ACTIVE, frozenset({2})
    async with running(reader_for(fake)) as told:
        await told.working()
        assert fake.inventoried == {1, 3}


async def test_every_keepalive_is_answered(fake: FakeLlrpReader) -> None:
    async with running(reader_for(fake, keepalive_s=0.2)) as told:
        await told.working()
        await soon(fake, lambda: fake.keepalives_answered >= 3)
        fake.see(EPC)
        await told.until(lambda told: len(told.tags) == 1)
        assert fake.keepalives_sent - fake.keepalives_answered <= 1
        assert [working for working, _ in told.states] == [True]


async def test_a_reader_that_falls_silent_is_lost_though_its_connection_stands(fake: FakeLlrpReader) -> None:
    async with running(reader_for(fake, keepalive_s=0.05)) as told:
        await told.working()
        fake.faults.mute = True
        await told.lost()
        assert told.states[-1][1] == "reader uhf-1: silent for 0.15 s, keepalives included"
        fake.faults.mute = False
        await told.working(2)


async def test_loss_and_return_are_each_told_once_and_tags_come_again(fake: FakeLlrpReader) -> None:
    async with running(reader_for(fake)) as told:
        await told.working()
        await fake.stop()
        await told.lost()
        await fake.start()
        await told.working(2)
        assert fake.see(EPC)
        await told.until(lambda told: len(told.tags) == 1)
        assert [working for working, _ in told.states] == [True, False, True]


async def test_a_reader_that_is_not_there_at_first_is_found_later(fake: FakeLlrpReader) -> None:
    await fake.stop()
    async with running(reader_for(fake)) as told:
        await told.lost()
        assert told.states == [(False, f"reader uhf-1: no connection to 127.0.0.1:{fake.port}")]
        await fake.start()
        await told.working()


async def test_a_reader_held_by_another_client_is_named_and_taken_when_free(fake: FakeLlrpReader) -> None:
    async with running(reader_for(fake)) as holder:
        await holder.working()
        async with running(reader_for(fake, name="uhf-2")) as told:
            await told.lost()
            assert told.states[0][1] == "reader uhf-2: another client holds the reader; it takes one at a time"
            fake.see(EPC)
            await holder.until(lambda told: len(told.tags) == 1)


async def test_a_refused_request_is_named_with_the_readers_words(fake: FakeLlrpReader) -> None:
    fake.faults.refuse[M.ADD_ROSPEC] = "too many antennas"
    async with running(reader_for(fake)) as told:
        await told.lost()
        assert told.states == [(False, "reader uhf-1: ADD_ROSPEC refused: status 100 M_ParameterError (too many antennas)")]
        fake.faults.refuse.clear()
        await told.working()


async def test_one_report_that_makes_no_sense_is_counted_and_costs_nothing_else(fake: FakeLlrpReader) -> None:
    reader = reader_for(fake)
    async with running(reader) as told:
        await told.working()
        fake.garbage(bytes.fromhex("043d 00000010 00000001 00f0 0006 e4ff"))
        fake.see(EPC)
        await told.until(lambda told: len(told.tags) == 1)
        assert reader.bad_reports == 1
        assert [working for working, _ in told.states] == [True]


async def test_bytes_that_are_not_llrp_end_the_connection_and_a_new_one_is_made(fake: FakeLlrpReader) -> None:
    async with running(reader_for(fake)) as told:
        await told.working()
        fake.garbage(b"HTTP/1.1 400 Bad Request\r\n")
        await told.lost()
        assert "not LLRP" in told.states[-1][1]
        await told.working(2)


async def test_stopping_stops_the_radio_and_lets_go_of_the_reader_even_amid_reports(fake: FakeLlrpReader) -> None:
    async with running(reader_for(fake)) as told:
        await told.working()
        for _ in range(500):
            fake.see(EPC)
    assert fake.rospec is RoSpec.ABSENT
    assert fake.requests[-1] is M.CLOSE_CONNECTION


async def test_a_reader_that_refuses_to_stop_is_let_go_of_politely_all_the_same(fake: FakeLlrpReader) -> None:
    async with running(reader_for(fake)) as told:
        await told.working()
        fake.faults.refuse[M.DELETE_ROSPEC] = "not now"
    assert fake.requests[-2:] == [M.DELETE_ROSPEC, M.CLOSE_CONNECTION]


async def test_nothing_is_lost_of_many_reports(fake: FakeLlrpReader) -> None:
    epcs = [f"{number:024x}" for number in range(2000)]
    async with running(reader_for(fake)) as told:
        await told.working()
        for epc in epcs:
            fake.see(epc)
        await told.until(lambda told: len(told.tags) == len(epcs))
        assert [tag.uid for tag in told.tags] == epcs


async def test_what_the_reader_read_while_the_gate_was_away_arrives_with_the_time_at_which_it_was_seen() -> None:
    """The network breaks, the reader goes on: nothing is lost, and nothing is taken for the next vehicle's."""
    clock = SetClock()
    fake = await FakeLlrpReader(clock, clock_ahead_s=-3.2).start()
    async with running(LlrpReader(reader_for(fake).config, clock)) as told:
        await told.working()
        fake.drop()
        await soon(fake, lambda: not fake.connected)
        seen_at = clock()
        fake.see(EPC)
        fake.see(LONG_EPC, antenna=3)
        clock.ahead = timedelta(seconds=40)  # so long was the gate away
        await told.working(2)
        fake.see(EPC)
        await told.until(lambda told: len(told.tags) == 3)
        assert told.uids == [EPC, LONG_EPC, EPC]
        assert all(abs(tag.at - seen_at) < timedelta(seconds=2) for tag in told.tags[:2])
        assert told.tags[2].at - seen_at >= clock.ahead
    await fake.stop()


async def test_a_held_tag_of_a_reader_without_a_clock_is_left_out(fake: FakeLlrpReader) -> None:
    fake.knows_the_time = False
    async with running(reader_for(fake)) as told:
        await told.working()
        fake.drop()
        await soon(fake, lambda: not fake.connected)
        fake.see(EPC)
        await told.working(2)
        fake.see(LONG_EPC)
        await told.until(lambda told: bool(told.tags))
        assert told.uids == [LONG_EPC]


async def test_a_reader_that_cannot_hold_is_used_all_the_same() -> None:
    fake = await FakeLlrpReader(utc_now, holds=False).start()
    async with running(reader_for(fake)) as told:
        await told.working()
        fake.see(EPC)
        await told.until(lambda told: told.uids == [EPC])
    assert "keeps no tags while the gate is away" in (await reader_for(fake).check()).detail
    await fake.stop()


@pytest.mark.parametrize(("active", "on"), [("high", True), ("low", False)])
async def test_an_input_of_the_reader_starts_and_stops_the_reading(fake: FakeLlrpReader, active: str, on: bool) -> None:
    fake.drive(2, high=not on)
    async with running(reader_for(fake, trigger={"input": 2, "active": active})) as told:
        await told.working()
        assert not fake.see(EPC)
        fake.drive(2, high=on)
        assert fake.see(EPC)
        await told.until(lambda told: told.uids == [EPC])
        fake.drive(2, high=not on)
        assert not fake.see(EPC)


async def test_a_vehicle_that_stands_there_already_is_read_though_the_input_does_not_change(fake: FakeLlrpReader) -> None:
    fake.drive(2, high=True)
    async with running(reader_for(fake, trigger={"input": 2})) as told:
        await told.working()
        assert fake.see(EPC)
        await told.until(lambda told: told.uids == [EPC])


@pytest.mark.parametrize("refused", [M.GET_READER_CONFIG, M.START_ROSPEC])
async def test_a_reader_that_cannot_be_started_beside_its_input_reads_the_next_vehicle(fake: FakeLlrpReader, refused: M) -> None:
    fake.drive(2, high=True)
    fake.faults.refuse[refused] = "not with a trigger"
    async with running(reader_for(fake, trigger={"input": 2})) as told:
        await told.working()
        assert not fake.see(EPC)
        fake.drive(2, high=False)
        fake.drive(2, high=True)
        assert fake.see(EPC)
        await told.until(lambda told: told.uids == [EPC])


async def test_an_antenna_without_its_cable_is_told_once_and_so_is_its_return(fake: FakeLlrpReader) -> None:
    async with running(reader_for(fake)) as told:
        await told.working()
        fake.unplug(2)  # not configured
        fake.unplug(3)
        fake.unplug(3)
        await told.lost()
        assert told.states[-1][1] == "reader uhf-1: antenna 3 is not connected"
        fake.see(EPC, antenna=1)
        await told.until(lambda told: told.uids == [EPC])
        fake.plug_in(3)
        await told.working(2)
        assert [working for working, _ in told.states] == [True, False, True]


async def test_a_reader_that_lost_tags_itself_says_so_in_the_log(fake: FakeLlrpReader, caplog: pytest.LogCaptureFixture) -> None:
    async with running(reader_for(fake)) as told:
        await told.working()
        fake.overflow()
        fake.see(EPC)
        await told.until(lambda told: told.uids == [EPC])
        assert "reader uhf-1: its memory for reports overflowed: it lost tags" in caplog.text
        assert [working for working, _ in told.states] == [True]


async def test_a_reader_that_says_good_bye_is_lost_and_taken_again(fake: FakeLlrpReader) -> None:
    async with running(reader_for(fake)) as told:
        await told.working()
        fake.say_goodbye()
        await told.lost()
        assert told.states[-1][1] == "reader uhf-1: the reader closes the connection"
        await told.working(2)


async def test_check_says_what_the_reader_is_and_how_its_clock_stands() -> None:
    fake = await FakeLlrpReader(utc_now, clock_ahead_s=-3.2).start()
    report = await reader_for(fake).check()
    assert (report.answers, report.identity) == (True, "vendor 0 model 1 firmware simulated 1.0, 4 antennas")
    assert report.detail == "its clock differs by -3.2 s"
    await soon(fake, lambda: fake.requests[-1] is M.CLOSE_CONNECTION)
    await fake.stop()


async def test_check_of_a_reader_in_use_does_not_disturb_it(fake: FakeLlrpReader) -> None:
    reader = reader_for(fake)
    async with running(reader) as told:
        await told.working()
        report = await reader.check()
        assert (report.answers, report.detail) == (True, "in use by this gate")


async def test_check_names_what_is_wrong(fake: FakeLlrpReader) -> None:
    report = await reader_for(fake, antennas={7: {"lane": "out-1"}}).check()
    assert (report.answers, report.detail) == (False, "reader uhf-1: antenna 7 is configured, the reader has 4")
    await fake.stop()
    assert not (await reader_for(fake).check()).answers


async def test_check_names_an_input_that_the_reader_lacks(fake: FakeLlrpReader) -> None:
    report = await reader_for(fake, trigger={"input": 9}).check()
    assert (report.answers, report.detail) == (False, "reader uhf-1: input 9 is configured, the reader has 4")


async def test_a_port_where_something_else_listens_is_not_taken_for_a_reader() -> None:
    async def speak_first(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        writer.close()

    server = await asyncio.start_server(speak_first, "127.0.0.1", 0)
    fake = FakeLlrpReader(utc_now)
    fake.port = server.sockets[0].getsockname()[1]
    report = await reader_for(fake).check()
    assert not report.answers
    assert "not LLRP at all" in report.detail
    server.close()
    await server.wait_closed()


async def test_a_reader_that_takes_no_bytes_any_more_is_let_go_of() -> None:
    """What could not be sent is not waited for: the reader would never be asked again."""

    writers: list[asyncio.StreamWriter] = []

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(bytes.fromhex("043f 00000020 00000001  00f6 0016 0080 000c 00060a24181e4000 0100 0006 0000"))

    server = await asyncio.start_server(greet, "127.0.0.1")
    async with asyncio.timeout(PATIENCE_S):
        async with connected("127.0.0.1", server.sockets[0].getsockname()[1], PATIENCE_S) as connection:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await connection.tell(Message(M.KEEPALIVE_ACK, 0, bytes(32 << 20)))
    for writer in writers:
        writer.transport.abort()
    server.close()
