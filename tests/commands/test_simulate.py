"""`gateway simulate` on the command line: what needs no gate. The bench itself is tested in tests/demo."""

from pathlib import Path

from click.testing import CliRunner

from gateway.cli import main
from gateway.demo.scenario import load_scenario, shipped_names


def test_the_list_names_every_scenario_in_both_languages() -> None:
    result = CliRunner().invoke(main, ["simulate", "--list"])
    assert result.exit_code == 0
    for name in shipped_names():
        title = load_scenario(name)[1].title
        assert f"{name}\n    {title.en}  {title.zh_TW}\n" in result.output


def test_everything_wrong_with_the_scenarios_is_said_before_anything_starts(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("title: {en: Mine}\nscript: []\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["simulate", "--gate", "no-such-scenario", str(mine), "no-order", "all-in-order", "no-order"])
    assert result.exit_code == 1
    assert "no scenario 'no-such-scenario'; `gateway simulate --list` names those that there are" in result.output
    assert "scenario 'no-order' is named twice" in result.output
    assert f"{mine}:1: title.zh_TW: " in result.output
    assert f"{mine}:2: script: " in result.output
    assert f"{mine}:1: expect: " in result.output


def test_a_folder_is_used_once(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").touch()
    site = Path(__file__).parents[2] / "lane_config" / "rehearsal.yaml"
    result = CliRunner().invoke(main, ["simulate", "--all", "--site", str(site), "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "has been used before" in result.output
