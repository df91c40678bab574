"""How the tests are shared out among workers (`-n`), and what a run says at its end."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from xdist.scheduler import LoadScopeScheduling

from . import missing

# Folders whose files share a stack of processes, made once for all of them.
ONE_STACK = ("tests/browser/", "tests/integration/bad_input/", "tests/integration/restore/")
# What waits for processes begins first; what only computes fills the time.
FIRST = (
    "tests/faults/",
    "tests/compatibility/",
    "tests/browser/",
    "tests/integration/restore/",
    "tests/integration/",
    "tests/component/",
    "tests/referees/",
)


def pytest_configure() -> None:
    """A traceback as Python writes it: drawn with frames and the value of every variable, as structlog does where nobody says
    otherwise, each takes up to a second, and many tests break something on purpose."""
    *before, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*before, plain])


class ByStack(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of a file run on one worker, and so do those of a folder that share a stack."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((folder for folder in ONE_STACK if path.startswith(folder)), path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByStack:
    config.option.loadscopereorder = False
    return ByStack(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(
        key=lambda item: next((n for n, folder in enumerate(FIRST) if item.nodeid.startswith(folder)), len(FIRST))
    )


class _Workers:
    """A worker that died fails the run, even between two tests."""

    died = 0


def pytest_testnodedown(error: object) -> None:
    _Workers.died += error is not None


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _Workers.died and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if skipped := terminalreporter.stats.get("skipped"):
        terminalreporter.line(missing.left_out(report.longrepr[2] for report in skipped))
    if _Workers.died:
        terminalreporter.line(f"{_Workers.died} workers died: the run has failed.")
