"""The table `make bench` ends with: each figure, what was to be reached, whether it was."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

# name, wording, comparison, target
TARGETS: tuple[tuple[str, str, Callable[[float, float], bool], float], ...] = (
    ("throughput_ratio", "pipeline ÷ floor, dossiers/s", operator.ge, 0.40),
    ("cpu_ratio", "CPU per dossier, pipeline ÷ floor (all processes)", operator.le, 2.5),
    ("service_cpu_ratio", "CPU per dossier, pipeline ÷ floor (services alone)", operator.le, 2.5),
    ("intake_ratio", "intake ÷ bare FastAPI + insert_one, requests/s", operator.ge, 0.6),
    ("signing_ratio", "PAdES documents/s ÷ raw RSA-2048 signs/s", operator.ge, 0.015),
)
MEMORY_MB = 150


def show(figures: dict[str, Any]) -> None:
    console = Console()
    table = Table("figure", "value", "to reach", "reached", title="Ratios (medians)")
    for name, wording, compare, target in TARGETS:
        value = figures[name]
        sign = "≥" if compare is operator.ge else "≤"
        table.add_row(wording, f"{value:.3f}", f"{sign} {target}", "yes" if compare(value, target) else "NO")
    for name, rss in figures["rss_mb"].items():
        table.add_row(f"{name}, resident MB", f"{rss:.0f}", f"≤ {MEMORY_MB}", "yes" if rss <= MEMORY_MB else "NO")
    console.print(table)
    plain = Table("figure", "value", title="Rates, times, memory")
    for name, value in sorted(figures.items()):
        if isinstance(value, float | int):
            plain.add_row(name, f"{value:,.3g}" if value < 100 else f"{value:,.0f}")
        elif isinstance(value, dict):
            for inner, item in value.items():
                text = ", ".join(f"{k} {v:,.0f}" for k, v in item.items()) if isinstance(item, dict) else f"{item:,.3g}"
                plain.add_row(f"{name}.{inner}", text)
    console.print(plain)
