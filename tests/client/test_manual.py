"""The manual's example does what the manual says."""

import re
from pathlib import Path
from typing import Any

from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.samples import order

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "integrators.md"


async def test_the_example_runs(tmp_path: Path) -> None:
    [code] = re.findall(r"```python\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(MANUAL), "exec"), names)
    async with running(PlatformSettings(data_dir=tmp_path, port=0)) as address:
        assert await names["hand_in"](address, "", order()) == f"{order()['order_number']}: issued"
        assert "load_kind: " in await names["hand_in"](address, "", order(2, 2, load_kind="too long"))
