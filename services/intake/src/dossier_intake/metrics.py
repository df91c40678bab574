"""What only this service measures."""

from __future__ import annotations

from dossier_shared.telemetry.metrics_registry import counter

PAPERS_SPOILT = counter(
    "dossier_intake_papers_spoilt_total",
    "Papers asked for whose stored bytes are not those that were filed, or are gone; none was sent",
    unit="papers",
    of=["intake"],
)
ORPHANS_REMOVED = counter(
    "dossier_intake_orphan_files_removed_total",
    "Uploaded files removed because no dossier named them for a week",
    unit="files",
    of=["intake"],
)
