"""Entries of the directory as a service hears them from its topics."""

from __future__ import annotations

from typing import Any

from dossier_shared.contracts.entries import AgencyEntry, Entry, ProcedureEntry
from dossier_shared.contracts.topics import AGENCIES, PROCEDURES
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.runtime.directory import Directory

VERSION = "v1"


def agency(code: str, *above: str, name: str = "", **more: Any) -> AgencyEntry:
    return AgencyEntry(
        code=code, name_vi=name or f"Cơ quan {code}", name_en=f"Agency {code}", parent=above[0] if above else None,
        above=list(above), level="commune", kind="peoples_committee", catalogue=VERSION, **more,
    )  # fmt: skip


def procedure(code: str, name: str) -> ProcedureEntry:
    return ProcedureEntry(code=code, name_vi=name, name_en=name, catalogue=VERSION)


def record(entry: Entry) -> StoredRecord:
    topic = AGENCIES if isinstance(entry, AgencyEntry) else PROCEDURES
    return StoredRecord(topic.name, 0, 0, entry.code.encode(), entry.model_dump_json().encode(), [])


def gone(code: str) -> StoredRecord:
    return StoredRecord(AGENCIES.name, 0, 0, code.encode(), b"", [])


def directory(*entries: Entry) -> Directory:
    """Read to its end."""
    made = Directory()
    made.take([record(entry) for entry in entries])
    made.whole()
    return made
