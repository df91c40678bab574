"""Writes docs/metrics.md from the registry of metrics: `python -m dossier_local.metrics_reference [repository]`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from dossier_shared.contracts.topics import SERVICES
from dossier_shared.telemetry.metrics_registry import DECLARED, PROCESSES, Metric

PAGE = "docs/metrics.md"
_HEAD = """\
# Metrics

Written by `make contracts` from the registry (`dossier_shared/telemetry/metrics_registry.py`; what is declared is in each
package's `metrics.py`): do not edit. Every process answers `GET /metrics`, without a token, in Prometheus' text format. Beside
these it tells the client's own `process_*` (CPU, memory, open files) and `python_*`.

A rule, a panel or an autoscaler that names a metric or a label not on this page fails the tests
(`tests/contracts/test_watching.py`): `deploy/prometheus/`, `deploy/grafana/`. What to do when an alert fires:
[runbook.md](runbook.md).

The backlog of one service, for an autoscaler: `sum(dossier_consumer_lag_records{group="review"})`. It counts what is in hand but
not committed; the partitions of a process that is not there have no series, and a partition whose end the broker has not told
for 30 seconds has none either: nothing stands still. How far a service that is down is behind is asked of the broker by the
monitor: `dossier_monitor_group_lag_records{group="review"}`.
"""


def gathered() -> Mapping[str, Metric]:
    """Every metric of every process, by name; a service's own are in its `metrics.py`."""
    for module in ("dossier_shared.telemetry.metrics", *(f"dossier_{service}.metrics" for service in SERVICES)):
        if find_spec(module) is not None:
            import_module(module)
    return {name: metric for name, (metric, _) in sorted(DECLARED.items())}


def reference() -> str:
    rows = [
        f"| `{m.name}` | {m.kind} | {m.unit or '—'} | {_labels(m)} | {_processes(m)} | {m.meaning} |"
        for m in gathered().values()
    ]
    return "\n".join(
        [_HEAD, "| name | kind | unit | labels | processes | meaning |", "|---|---|---|---|---|---|", *rows, ""]
    )


def _labels(metric: Metric) -> str:
    told = [f"`{label}`" + (f" ({', '.join(values)})" if values else "") for label, values in metric.labels.items()] + [
        f"`le` ({', '.join(f'{edge:g}' for edge in metric.buckets)})"
    ] * bool(metric.buckets)
    return "; ".join(told)


def _processes(metric: Metric) -> str:
    missing = [process for process in PROCESSES if process not in metric.of]
    if not missing:
        return "all"
    if missing == ["monitor-worker"]:
        return "all but monitor-worker"
    return ", ".join(metric.of)


def write(root: Path) -> list[str]:
    """Answers what was written anew."""
    path, text = root / PAGE, reference()
    if path.exists() and path.read_text("utf-8") == text:
        return []
    path.write_text(text, "utf-8")
    return [PAGE]


if __name__ == "__main__":
    for name in write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()):
        sys.stdout.write(f"{name}\n")
