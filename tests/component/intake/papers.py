"""A filing that the packaged catalogue accepts."""

from __future__ import annotations

from typing import Any

from dossier_intake.catalogue.catalogue import Catalogue

PROCEDURE = "1.004873"
STRAIGHT_THROUGH = "2.001159"


def agency_of(procedure: str = PROCEDURE) -> str:
    catalogue = Catalogue.load_packaged()
    return min(catalogue.agencies_of(catalogue.procedure(procedure)))


def filing(procedure: str = PROCEDURE, **changes: Any) -> dict[str, Any]:
    found = Catalogue.load_packaged().procedure(procedure)
    assert found.form is not None
    return {
        "procedure": procedure,
        "agency": agency_of(procedure),
        "channel": "online",
        "applicant": {"name": "Nguyễn Văn An", "phone": "0912345678", "citizen_id": "075090123456"},
        "form": found.form["examples"][0],
        **changes,
    }
