"""What only the monitor measures: its web process and its worker."""

from __future__ import annotations

from typing import Final

from dossier_shared.errors import BAD_RECORD
from dossier_shared.telemetry.metrics_registry import counter, gauge, sampled

WEB: Final = ("monitor",)
WORKER: Final = ("monitor-worker",)

BOARD_AGE = sampled(
    "dossier_monitor_board_age_seconds",
    "Since the worker's last sign of life, as the board shows it. No series: none ever came",
    unit="seconds",
    of=WEB,
)
STREAM_CLIENTS = gauge("dossier_monitor_stream_clients", "Open streams of the board", unit="streams", of=WEB)
ALARMS_RAISED = gauge(
    "dossier_alarms_raised",
    "Alarms about dossiers raised now; every web node tells all",
    unit="alarms",
    of=WEB,
    labels={"severity": ("critical", "warning", "info")},
)
GROUP_LAG = sampled(
    "dossier_monitor_group_lag_records",
    "Records a group has not taken up, asked of the broker: also of a service that is down. Only of the node that judges alarms",
    unit="records",
    of=WEB,
    labels={"group": ()},
)
RECOUNT_DIFFERENCES = gauge(
    "dossier_monitor_recount_differences",
    "What the latest recount begun by this node found",
    unit="differences",
    of=WEB,
)
RECOUNT_FINISHED = gauge(
    "dossier_monitor_recount_finished_timestamp_seconds",
    "When that was, since 1970; 0: not yet",
    unit="seconds",
    of=WEB,
)

EVENTS_FOLDED = counter("dossier_monitor_events_folded_total", "Events taken up by the board", unit="events", of=WORKER)
EVENTS_REPEATED = counter(
    "dossier_monitor_events_repeated_total", "Events consumed again and dropped", unit="events", of=WORKER
)
EVENTS_AHEAD = counter(
    "dossier_monitor_events_ahead_total",
    "Events said to have happened more than a year from now",
    unit="events",
    of=WORKER,
)
RECORDS_SKIPPED = counter(
    "dossier_monitor_records_skipped_total",
    "Records the board could not read",
    unit="records",
    of=WORKER,
    labels={"reason": BAD_RECORD},
)
DOSSIERS = gauge("dossier_monitor_dossiers", "Dossiers the worker keeps a mark of", unit="dossiers", of=WORKER)
CELLS = gauge("dossier_monitor_cells", "Cells of the board in this worker", unit="cells", of=WORKER)
CELLS_PUBLISHED = counter(
    "dossier_monitor_cells_published_total", "Versions of cells sent to the board", unit="cells", of=WORKER
)
LAG = sampled(
    "dossier_monitor_lag_records",
    "Records on the four topics not folded yet. No series: not known",
    unit="records",
    of=WORKER,
)
