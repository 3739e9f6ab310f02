"""Modbus RTU framing of the simulated module: frames are found in whatever the line carries."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.simulator.rtu_frames import crc16, next_request, rtu_frame

# Modbus over serial line 1.02, §6.2.2: the worked example of its CRC (function 7 of unit 2 gives 0x1241).
EXAMPLE = bytes.fromhex("0207")

READ = rtu_frame(1, bytes.fromhex("0200000003"))
WRITE_MANY = rtu_frame(7, bytes.fromhex("0f001000030105"))
IDENTIFY = rtu_frame(1, bytes.fromhex("2b0e0100"))


def test_the_check_is_the_specifications_own() -> None:
    assert crc16(EXAMPLE) == bytes.fromhex("4112")


def test_requests_of_every_length_are_taken_one_after_the_other() -> None:
    received = bytearray(READ + WRITE_MANY + IDENTIFY)
    taken = [next_request(received) for _ in range(4)]
    assert taken == [(1, READ[1:-2]), (7, WRITE_MANY[1:-2]), (1, IDENTIFY[1:-2]), None]
    assert not received


@given(st.integers(1, len(WRITE_MANY) - 1))
def test_a_request_that_comes_in_pieces_is_waited_for(cut: int) -> None:
    received = bytearray(WRITE_MANY[:cut])
    assert next_request(received) is None
    received += WRITE_MANY[cut:]
    assert next_request(received) == (7, WRITE_MANY[1:-2])


@given(st.binary(max_size=300), st.integers(1, 20))
def test_noise_costs_no_more_than_the_requests_that_it_hides(noise: bytes, most: int) -> None:
    received = bytearray(noise)
    for _ in range(most):  # however much of it looks like the beginning of a request
        received += READ
        while request := next_request(received):
            if request == (1, READ[1:-2]):
                return
    assert len(received) < 300  # it waits for the rest of a frame, never for more than one


@given(st.integers(0, 8 * len(READ) - 1))
def test_a_bit_that_turned_over_makes_it_no_request(bit: int) -> None:
    received = bytearray(READ)
    received[bit // 8] ^= 1 << bit % 8
    assert next_request(received) is None
