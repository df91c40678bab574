"""What of the audit an auditor may see, and what a person hears of who looked at their dossier: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from dossier_monitor.audit.api import Audits
from dossier_monitor.audit.looks import SHOWN, told
from dossier_monitor.audit.reading import read
from dossier_monitor.audit.schemas import AuditFilter
from dossier_shared.contracts.audit import AuditEntry
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.problems import Forbidden, NotFound

AT = datetime(2026, 11, 29, 3, tzinfo=UTC)
PLACES = {"H19": ["H19", "H19.1"], "H19.1": ["H19.1"], "G01": ["G01"]}


BOARD: Any = SimpleNamespace(
    agencies=PLACES,
    rows=lambda scope: [SimpleNamespace(code=code) for code in PLACES.get(scope, [])],
    above=lambda agency: ["H19"] if agency == "H19.1" else [],
    directory=SimpleNamespace(unheard_of=lambda agency: True),
)
STORE: Any = None
AUDITS = Audits(STORE, BOARD)


def query(own: str | None, **wanted: Any) -> dict[str, Any]:
    return AUDITS.query(Principal("a", frozenset({"auditor"}), own), AuditFilter.model_validate(wanted))


def test_an_auditor_of_an_agency_sees_its_accounts_and_those_below() -> None:
    assert query("H19") == {"agency": {"$in": ["H19", "H19.1"]}}
    assert query("H19", agency="H19.1") == {"agency": {"$in": ["H19.1"]}}
    assert query(None) == {}
    assert query(None, agency="G01") == {"agency": {"$in": ["G01"]}}
    for foreign in ("G01", "nowhere"):
        with pytest.raises((Forbidden, NotFound)):
            query("H19", agency=foreign)


def test_a_filter_of_days_is_vietnams() -> None:
    found = query(None, who="x", of="X-H19-1", since="2026-11-29", until="2026-11-29")
    assert found["subject"] == "x"
    assert found["key"] == "x-h19-1"
    assert found["at"]["$gte"] == datetime(2026, 11, 28, 17, tzinfo=UTC)
    assert found["at"]["$lt"] - found["at"]["$gte"] == timedelta(days=1)


def record(topic: str, value: bytes) -> StoredRecord:
    return StoredRecord(topic, 0, 0, b"k", value, [])


def test_whose_an_entry_is_is_told_by_its_topic_and_what_cannot_be_read_stops_nothing() -> None:
    good = AuditEntry(id="1", time="2026-11-29T03:00:00.000Z", kind="of-tomorrow", call="GET /x", answered=200)
    late = good.model_copy(update={"id": "2", "time": "soon"})
    values = (b'{"service": "intake"}', late.model_dump_json().encode(), b"\xff", good.model_dump_json().encode())
    assert read([record("notify.audit", value) for value in values]) == [("notify", good)]


def look(minutes: int, subject: str, *roles: str, service: str = "review", **more: str) -> dict[str, Any]:
    at = AT - timedelta(minutes=minutes)
    return {"at": at, "subject": subject, "roles": list(roles), "agency": "H19.1", "service": service, **more}


def test_a_look_by_emergency_access_is_told_as_one() -> None:
    found = told([look(0, "officer-1", "leader"), look(1, "officer-1", "leader", emergency="e-1")])
    assert [one.emergency for one in found] == [False, True]


def test_what_one_opens_within_minutes_is_one_look_and_no_account_is_named() -> None:
    found = told(
        [
            look(0, "officer-1", "specialist"),
            look(5, "officer-1", "specialist"),
            look(6, "officer-2", "counter", "leader"),
            look(14, "officer-1", "specialist"),
            look(30, "officer-1", "specialist"),
            look(31, "officer-1", "specialist", service="intake"),
        ]
    )
    assert [(one.at, one.role) for one in found] == [
        (AT, "specialist"),
        (AT - timedelta(minutes=6), "leader"),
        (AT - timedelta(minutes=30), "specialist"),
        (AT - timedelta(minutes=31), "specialist"),
    ]
    assert "officer" not in str(found)
    assert len(told(look(n, f"s{n}", "counter") for n in range(SHOWN + 5))) == SHOWN
