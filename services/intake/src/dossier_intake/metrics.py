"""What only this service measures."""

from __future__ import annotations

from dossier_shared.telemetry.metrics_registry import counter, gauge

PAPERS_SPOILT = counter(
    "dossier_intake_papers_spoilt_total",
    "Papers asked for whose stored bytes are not those that were filed, or are gone; none was sent",
    unit="papers",
    of=["intake"],
)
REGISTER_QUESTIONS = counter(
    "dossier_intake_register_questions_total",
    "Questions to registers of the State about one person, by register and outcome",
    labels={
        "register": ("population_db", "results_repository"),
        "outcome": ("found", "not-found", "unavailable"),
    },
    unit="questions",
    of=["intake"],
)
REGISTERS_AWAITED = gauge(
    "dossier_intake_registers_awaited",
    "Filings that wait for a register which did not answer and is asked again, by register",
    labels={"register": ("population_db", "results_repository")},
    unit="dossiers",
    of=["intake"],
)
WAITS_ENDED = counter(
    "dossier_intake_register_waits_ended_total",
    "Waits for a register that are over: answered, given up at the limit, or not to be asked any more, by register",
    labels={
        "register": ("population_db", "results_repository"),
        "how": ("answered", "given-up", "not-asked"),
    },
    unit="dossiers",
    of=["intake"],
)
PAPERS_REUSED = counter(
    "dossier_intake_papers_reused_total",
    "Papers used again on a person's pages: a file of theirs for another filing, what an office has in place of a file, or one "
    "shared with the office of one dossier",
    labels={"how": ("again", "register", "shared")},
    unit="papers",
    of=["intake"],
)
ORPHANS_REMOVED = counter(
    "dossier_intake_orphan_files_removed_total",
    "Uploaded files removed because no dossier named them for a week",
    unit="files",
    of=["intake"],
)
