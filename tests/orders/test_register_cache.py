"""What a tag is: its register says it; where none does, the antenna's purpose; and a tag nobody asked for is nothing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.model.device import TagSighting
from gateway.model.observation import PassiveSealRead, PassRead
from gateway.model.wire import PassiveSealEntry, PortPassEntry, VehicleSealEntry
from gateway.orders.order_cache import OrderCache
from gateway.orders.register_cache import Purpose
from gateway.store.gate_store import GateStore
from tests.orders.conftest import SetClock
from tests.orders.entries import page

AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
PASS = PortPassEntry(technology="UHF", uid="E2801160AA", holder="王小明", driving_licence="a123456789")
CHIP = PassiveSealEntry(epc="3034ABCD00", number="E-wls8854668")
SEAL = VehicleSealEntry(serial=0xFFFFFFFF, number="e-vs000123")
PURPOSES: tuple[Purpose, ...] = ("pass", "seal", "any")


def tag(uid: str, technology: str = "uhf") -> TagSighting:
    return TagSighting(device="reader-1", at=AT, technology=technology, uid=uid, antenna=2, rssi=-51.5)


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_a_tag_in_the_pass_register_is_a_pass_at_every_antenna(cache: OrderCache, purpose: Purpose) -> None:
    await cache.apply(page(PASS, CHIP))
    assert cache.registers.identify(tag("e2801160aa"), purpose) == PassRead(
        device="reader-1", at=AT, technology="uhf", uid="e2801160aa", rssi=-51.5, holder="王小明", driving_licence="A123456789"
    )


async def test_a_pass_says_until_when_it_is_valid(cache: OrderCache) -> None:
    await cache.apply(page(PASS.model_copy(update={"valid_until": AT})))
    seen = cache.registers.identify(tag("e2801160aa"), "pass")
    assert isinstance(seen, PassRead)
    assert seen.valid_until == AT


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_a_tag_in_the_chip_register_is_a_seal_at_every_antenna(cache: OrderCache, purpose: Purpose) -> None:
    await cache.apply(page(PASS, CHIP))
    assert cache.registers.identify(tag("3034abcd00"), purpose) == PassiveSealRead(
        device="reader-1", at=AT, epc="3034abcd00", rssi=-51.5, number="WLS8854668"
    )


async def test_an_unknown_tag_is_what_its_antenna_is_for(cache: OrderCache) -> None:
    as_pass, as_seal = (cache.registers.identify(tag("DEADBEEF"), purpose) for purpose in ("pass", "seal"))
    assert isinstance(as_pass, PassRead)
    assert (as_pass.uid, as_pass.holder, as_pass.driving_licence) == ("deadbeef", None, None)
    assert isinstance(as_seal, PassiveSealRead)
    assert (as_seal.epc, as_seal.number) == ("deadbeef", None)
    assert cache.registers.identify(tag("DEADBEEF"), "any") is None


async def test_a_pass_of_another_technology_is_another_pass(cache: OrderCache) -> None:
    await cache.apply(page(PASS))
    assert cache.registers.identify(tag("e2801160aa", "wiegand26"), "any") is None


async def test_a_tag_in_both_registers_is_what_its_antenna_is_for(cache: OrderCache) -> None:
    await cache.apply(page(PASS, PassiveSealEntry(epc=PASS.uid, number="X1")))
    assert isinstance(cache.registers.identify(tag(PASS.uid), "seal"), PassiveSealRead)
    assert isinstance(cache.registers.identify(tag(PASS.uid), "pass"), PassRead)


async def test_a_vehicle_seal_is_known_by_its_serial(cache: OrderCache) -> None:
    await cache.apply(page(SEAL))
    assert cache.registers.seal_number(0xFFFFFFFF) == "VS000123"
    assert cache.registers.seal_number(7) is None


async def test_the_latest_entry_wins_whatever_comes_again_and_survives_a_restart(tmp_path: Path, clock: SetClock) -> None:
    first, second = page(PASS), page(PASS.model_copy(update={"uid": "e2801160AA", "holder": "陳大文"}), SEAL, after=1)
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        cache = await OrderCache.open(store)
        for one in (first, second, first):
            await cache.apply(one)
            assert isinstance(cache.registers.identify(tag(PASS.uid), "any"), PassRead)
        before = cache.registers.identify(tag(PASS.uid), "any")
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        cache = await OrderCache.open(store)
        after = cache.registers.identify(tag(PASS.uid), "any")
        assert cache.registers.seal_number(SEAL.serial) == "VS000123"
    assert isinstance(after, PassRead)
    assert after == before
    assert after.holder == "陳大文"


async def test_a_number_that_is_none_makes_the_seal_unknown_and_hides_no_other(
    cache: OrderCache, caplog: pytest.LogCaptureFixture
) -> None:
    await cache.apply(page(SEAL, CHIP))
    await cache.apply(page(VehicleSealEntry(serial=SEAL.serial, number="??"), VehicleSealEntry(serial=2, number="VS2"), after=2))
    assert (cache.registers.seal_number(SEAL.serial), cache.registers.seal_number(2)) == (None, "VS2")
    assert caplog.text.count(str(SEAL.serial)) == 1


async def test_a_stored_entry_that_cannot_be_read_hides_no_other(
    tmp_path: Path, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        await (await OrderCache.open(store)).apply(page(CHIP, SEAL))
        await store.write(lambda db: db.execute("UPDATE register_entry SET body = '[' WHERE kind = 'passive_seal'").rowcount)
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        cache = await OrderCache.open(store)
        assert cache.registers.seal_number(SEAL.serial) == "VS000123"
    assert caplog.text.count("3034abcd00") == 1
