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
    *(
        (f"filing_page_{step}_ratio", f"filing page {step} ÷ a bare page, p99", operator.le, most)
        for step, most in (("drawn", 12), ("saved", 12), ("sent", 12))
    ),
    ("board_p99_ms", "event recorded → in the browser, p99 ms at half load, 100 boards", operator.le, 1000),
    ("board_throughput_ratio", "pipeline with 100 boards ÷ with none", operator.ge, 0.85),
    ("board_throughput_ratio_without_clients", "the same, the clients' own CPU taken off", operator.ge, 0.95),
    ("sse_cpu_ratio", "CPU of one node, 1,000 clients ÷ 100", operator.le, 10),
    ("rebuild_per_s", "events/s from offset 0", operator.ge, 1_000_000 / 600),
    ("fold_ratio", "events/s of one worker ÷ events/s of the pipeline's own peak", operator.ge, 1),
    ("ready_after_kill_s", "the worker ready after kill -9, s", operator.le, 15),
    ("first_page_kb", "first page with all it needs, kB", operator.le, 100),
    ("first_page_ms", "the same, ms", operator.le, 1000),
    ("signing_ratio", "PAdES documents/s ÷ raw RSA-2048 signs/s", operator.ge, 0.015),
    *(
        (f"desk_{office}_{family}_p99", f"{family} at 100,000 ÷ at 1,000, p99, {words}", operator.le, 1.5)
        for office, words in (("steady", "as much open"), ("growing", "a hundred times as much open"))
        for family in ("queue", "counts", "search", "case")
    ),
)
MEMORY_MB = 150


def show(figures: dict[str, Any]) -> None:
    console = Console()
    table = Table("figure", "value", "to reach", "reached", title="Ratios (medians)")
    for name, wording, compare, target in TARGETS:
        if name not in figures:
            continue
        value = figures[name]
        sign = "≥" if compare is operator.ge else "≤"
        table.add_row(wording, f"{value:.3f}", f"{sign} {target}", "yes" if compare(value, target) else "NO")
    for name, rss in figures.get("rss_mb", {}).items():
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
