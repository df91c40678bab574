"""Compares the sources as sets of ids and says what is lost, doubled or broken. Pure: tests fabricate the world."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dossier_local.reconciliation.claims import acknowledged, outcomes
from dossier_local.reconciliation.effects import board, messages
from dossier_local.reconciliation.figures import fill, per_source
from dossier_local.reconciliation.journals import hearing, integrity, journals
from dossier_local.reconciliation.report import Finding, Line, Report
from dossier_local.reconciliation.twice import codes, once
from dossier_local.reconciliation.world import World

CHECKS: tuple[Callable[[World], Iterator[Finding]], ...] = (
    acknowledged, outcomes, journals, hearing, integrity, once, codes, messages, board,
)  # fmt: skip


def judge(world: World, *, strict: bool = True, now: str | None = None) -> Report:
    """`strict`: a record that cannot be read is a finding too. `now`: the business time at which open dossiers are
    measured against their appointment; None: each at its own last event (an old register)."""
    found = [finding for check in CHECKS for finding in check(world)]
    if strict and world.topics.undecodable:
        found.append(Finding("broken", "topics", "-", f"{world.topics.undecodable} records cannot be read"))
    report = Report(findings=list(dict.fromkeys(found)))
    fill(report, world, now)
    report.lines = [
        Line(source, figures, sum(1 for finding in report.findings if finding.source == source))
        for source, figures in per_source(world)
    ]
    return report
