from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dossier_local.stack import Stack

from .watch import RULES, Watch


@pytest.fixture(scope="module")
async def watch(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watch]:
    folder = tmp_path_factory.mktemp("alarms")
    (folder / "rules.yaml").write_text(RULES, "utf-8")
    env = {"MONITOR_ALARM_RULES": str(folder / "rules.yaml"), "MONITOR_ALARM_SECONDS": "0.3"}
    async with Stack(folder / "ground", free_ports=True) as stack:
        await stack.start("identity")
        await stack.start("monitor-worker", "monitor", "monitor#2", env=env)
        watch = Watch(stack)
        yield watch
        await watch.aclose()
