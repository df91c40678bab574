"""What only this service measures."""

from __future__ import annotations

from dossier_shared.telemetry.metrics_registry import gauge

UNSENT = gauge(
    "dossier_notify_outbox",
    "Messages requested whose outcome is not recorded yet",
    unit="messages",
    of=["notify"],
)
