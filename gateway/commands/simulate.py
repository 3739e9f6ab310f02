"""`gateway simulate`: every device of a site, simulated; and scenarios of what may happen at its lanes."""

import asyncio
import logging
import signal
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from gateway.commands.lane_files import load_or_exit
from gateway.commands.rehearsal_folder import run_in
from gateway.demo.bench import Bench, Named, Result
from gateway.demo.bench_table import bench_table
from gateway.demo.demonstration import Demonstration, DemoSettings
from gateway.demo.parts import Parts, PartsSettings
from gateway.demo.scenario import load_scenario, shipped_names
from gateway.demo.watch import Watch
from gateway.model.clock import utc_now
from gateway.site.checked_yaml import CheckedYamlError

DEFAULT_SITE = Path("lane_config/rehearsal.yaml")


@dataclass(frozen=True, slots=True)
class _Wish:
    settings: PartsSettings
    scenarios: tuple[Named, ...]
    own_gate: bool


@click.command()
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option("--list", "listing", is_flag=True, help="List the scenarios that are shipped, and end.")
@click.option("--all", "everything", is_flag=True, help="Start a gate, run every scenario that is shipped, print a table.")
@click.option("--gate", "own_gate", is_flag=True, help="Start a gate for the scenarios named, as --all does.")
@click.option(
    "--site", "site_file", type=click.Path(path_type=Path), default=DEFAULT_SITE, show_default=True, help="The site's lane file."
)
@click.option("--rendered", is_flag=True, help="With a gate of its own: rendered trucks and real reading instead of placards.")
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same trucks.")
@click.option(
    "--data",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder for stores and logs; kept.  [default: a temporary one, removed]",
)
def simulate(
    *,
    scenarios: tuple[str, ...],
    listing: bool,
    everything: bool,
    own_gate: bool,
    site_file: Path,
    rendered: bool,
    seed: int,
    folder: Path | None,
) -> None:
    """Serve every device of a site on this machine, over its real protocol, and run scenarios past a gate.

    A SCENARIO is the name of one that is shipped, or a file of yours. Without --all or --gate you start the gate yourself, with
    the `gateway run` that is printed; without scenarios trucks come until Ctrl-C.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # connections are cut on purpose
    named = _load(shipped_names() if everything or listing else scenarios)
    if listing:
        for name, scenario in named:
            click.echo(f"{name}\n    {scenario.title.en}  {scenario.title.zh_TW}")
        return
    own_gate = own_gate or everything
    if folder and (folder / "site.yaml").exists():
        raise click.ClickException(
            f"{folder} has been used before; orders of the same day would contradict each other: take a new one"
        )
    site = load_or_exit(site_file)

    def rehearsal(where: Path) -> Coroutine[Any, Any, int]:
        settings = PartsSettings(site, where, seed, own_gate and not rendered, settable_clock=own_gate)
        return _run(_Wish(settings, named, own_gate))

    run_in(folder, "gateway-simulate-", rehearsal)


def _load(names: tuple[str, ...]) -> tuple[Named, ...]:
    found: list[Named] = []
    problems: list[str] = []
    for name in names:
        try:
            found.append(load_scenario(name))
        except CheckedYamlError as error:
            problems += error.problems
    called = [name for name, _ in found]
    # The same trucks would bring the same orders again, which the platform refuses.
    problems += [f"scenario {name!r} is named twice" for name in dict.fromkeys(called) if called.count(name) > 1]
    if problems:
        raise click.ClickException("\n".join(problems))
    return tuple(found)


async def _run(wish: _Wish) -> int:
    task = asyncio.current_task()
    if task:  # told to stop, it stops what it started, too
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    click.echo(f"starting the simulator, the platform{' and a gate' if wish.own_gate else ''} …")
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(Parts.running(wish.settings, utc_now, gate=wish.own_gate))
        watch = await stack.enter_async_context(Watch.watching(parts))
        click.echo(f"platform     中央平台  {parts.platform_url}")
        click.echo(f"gate screen  閘口畫面  {parts.screen_url}")
        if not wish.own_gate:
            click.echo("\nEvery device is served. Now start the gate  設備皆已模擬，請啟動閘口：")
            settings = "".join(f"{name}={value} " for name, value in parts.gate_environment.items())
            click.echo(f"\n  {settings}gateway run --site {parts.site_file}\n")
            while not await watch.until(lambda: watch.answers):
                pass  # however long somebody takes
        if not wish.scenarios:
            click.echo("Trucks come. Ctrl-C ends.  模擬車輛進場中，按 Ctrl-C 結束。")
            demo = DemoSettings(parts.settings.site, parts.settings.folder, parts.settings.seed)
            await Demonstration(demo, parts, utc_now).endless(click.echo)
        return await _scenarios(parts, watch, wish)


async def _scenarios(parts: Parts, watch: Watch, wish: _Wish) -> int:
    click.echo(f"pictures: {'placards' if parts.settings.placards else 'rendered trucks, read by the gate itself'}\n")
    results = await Bench(parts, watch, utc_now).run(wish.scenarios, _say)
    good, gaps = sum(result.is_good for result in results), sum(result.is_good and bool(result.scenario.gap) for result in results)
    click.echo(f"\n{bench_table(results)}\n")
    click.echo(f"{good} of {len(results)} scenarios came out as expected (simulated devices and trucks); known gaps: {gaps}")
    return 1 if any(result.problems for result in results) else 0


def _say(result: Result) -> None:
    mark = "–" if result.skipped else ("✕" if result.problems else "●")
    click.echo(f"{mark} {result.name}: {result.skipped or '; '.join(result.problems) or result.scenario.title.en}")
