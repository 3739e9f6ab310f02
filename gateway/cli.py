"""The command line, joined from one file a command."""

import click

from gateway.commands.backup import backup, restore
from gateway.commands.camera_check import camera_check
from gateway.commands.check import check
from gateway.commands.demo import demo
from gateway.commands.diagnostics import diagnostics
from gateway.commands.enrol import enrol_command
from gateway.commands.evidence import evidence_command
from gateway.commands.explain import explain_command
from gateway.commands.export_labels import export_labels
from gateway.commands.lane_files import config
from gateway.commands.platform import platform
from gateway.commands.policy import policy
from gateway.commands.read import read
from gateway.commands.replay import replay
from gateway.commands.run import run
from gateway.commands.seals import seals
from gateway.commands.simulate import simulate
from gateway.commands.staff import staff


@click.group()
@click.version_option(package_name="gateway")
def main() -> None:
    """Port-gate software for the full-time monitoring of containers (物聯網全時監控)."""


for command in (
    read,
    replay,
    explain_command,
    evidence_command,
    backup,
    restore,
    export_labels,
    run,
    check,
    camera_check,
    diagnostics,
    config,
    policy,
    seals,
    platform,
    enrol_command,
    demo,
    simulate,
    staff,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
