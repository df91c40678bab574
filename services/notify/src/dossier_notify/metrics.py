"""What only this service measures."""

from __future__ import annotations

from dossier_shared.telemetry.metrics_registry import counter, gauge

UNSENT = gauge(
    "dossier_notify_outbox",
    "Messages requested whose outcome is not recorded yet",
    unit="messages",
    of=["notify"],
)

NOTICES = counter(
    "dossier_notify_notices_total",
    "Notices handed to push services, by what these answered",
    unit="notices",
    of=["notify"],
    labels={"answer": ("taken", "gone", "refused", "busy", "unknown")},
)
