"""Every kind of reader in the operators' manual is a right entry of a lane file, and `gateway check` opens it."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gateway.model.clock import utc_now
from gateway.simulator.readers import fake_reader
from gateway.site.checks import check_site
from gateway.site.lane_file import SiteConfig, load_site

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")


def readers_of_the_manual() -> list[dict[str, Any]]:
    section = MANUAL.split("### Readers of port passes")[1].split("\n### ")[0]
    blocks = [block.split("```")[0] for block in section.split("```yaml\n")[1:]]
    parsed = [YAML(typ="safe").load(block) for block in blocks]
    return [*parsed[1]["readers"], *(reader for block in parsed[2:] for reader in block)]


def site_with(readers: list[dict[str, Any]]) -> SiteConfig:
    """A whole site, of which only the readers are there to be checked."""
    site = load_site(ROOT / "lane_config" / "kaohsiung-ct4-b116.yaml")
    right = SiteConfig.model_validate(site.model_dump() | {"readers": readers})
    return right.model_copy(update={"io_modules": (), "lanes": (), "seals": None, "platform": None})


async def test_each_reader_of_the_manual_is_opened_and_says_what_it_is() -> None:
    entries = readers_of_the_manual()
    configs = site_with(entries).readers
    fakes = [fake_reader(config, utc_now) for config in configs]
    for fake in fakes:
        await fake.start()
    moved = [config.model_dump() | fake.reachable for config, fake in zip(configs, fakes, strict=True)]
    reports = await check_site(site_with(moved), utc_now)
    assert [(report.device, report.type, report.answers) for report in reports] == [
        ("uhf", "llrp", True),
        ("uhf-gatehouse", "uhfreader18", True),
        ("desk-reader", "lines", True),
        ("cards", "wiegand", True),
    ]
    for fake in fakes:
        await fake.stop()
    silent = await check_site(site_with(moved), utc_now)
    assert [(report.answers, report.detail.split(" to ")[0]) for report in silent] == [
        (False, f"reader {report.device}: no connection") for report in reports
    ]
