"""Derives figures from a register, never the register itself: `python -m dossier_local.simulation.derive FILE [ZONE]`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from dossier_local.simulation.register import Case, Mapping, read_register

LEVELS = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)


def derive(cases: Sequence[Case], mapping: Mapping, zone: str) -> dict[str, Any]:
    """`zone`: the office's own clock. A case received after its deadline says nothing of shares of it."""
    appraisal, decision, rest = [], [], []
    minutes: dict[str, list[float]] = {"appraisal": [], "decision": []}
    for case in cases:
        allowed = (case.deadline - case.entries[0].at).total_seconds()
        ended = [e.at for e in case.entries if e.activity.startswith(mapping.appraisal)]
        decided = [e.at for e in case.entries if e.activity.startswith(mapping.approval)]
        if not ended or allowed <= 0:
            continue
        took = (ended[-1] - case.entries[0].at).total_seconds()
        appraisal.append(took / allowed)
        minutes["appraisal"].append(took / 60)
        if decided:
            took = (decided[0] - ended[-1]).total_seconds()
            decision.append(took / allowed)
            minutes["decision"].append(took / 60)
            rest.append((case.entries[-1].at - decided[0]).total_seconds() / allowed)
    received = [case.entries[0].at.astimezone(ZoneInfo(zone)) for case in cases]
    hours = Counter((at.weekday(), at.hour) for at in received)
    return {
        "cases": len(cases),
        "late": round(sum(case.late for case in cases) / len(cases), 4),
        "open": round(sum(len(case.entries) == 1 for case in cases) / len(cases), 4),
        "channels": _shares(mapping.channels.get(case.channel, "direct") for case in cases),
        "hours": [[hours[day, hour] for hour in range(24)] for day in range(7)],
        "levels": list(LEVELS),
        "share_of_limit": {
            "appraisal": quantiles(appraisal), "decision": quantiles(decision), "after_decision": quantiles(rest),
        },
        "median_minutes": {name: round(quantiles(values)[4], 2) for name, values in minutes.items()},
    }  # fmt: skip


def _shares(values: Iterable[str]) -> dict[str, float]:
    counted = Counter(values)
    return {name: round(n / counted.total(), 4) for name, n in counted.most_common()}


def quantiles(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    return [round(ordered[round(level * (len(ordered) - 1))], 5) for level in LEVELS] if ordered else []


def main() -> None:
    path, zone = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "Europe/Amsterdam"
    figures = derive(read_register(path), Mapping.read(), zone)
    yaml.safe_dump(figures, sys.stdout, sort_keys=False, default_flow_style=None, width=130)


if __name__ == "__main__":
    main()
