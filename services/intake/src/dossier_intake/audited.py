"""Calls of which it is recorded who made them (`dossier_shared/http/audit.py`). Who opened which paper is in `papers/` too: for
the applicant, and for good."""

from __future__ import annotations

from typing import Final

from dossier_shared.contracts.audit import ADMIN, DOWNLOAD, EMERGENCY, LOOK, SEARCH
from dossier_shared.http.audit import Audited

AUDITED: Final[Audited] = {
    "GET /api/v1/dossiers/{dossier_id}": LOOK,
    "GET /api/v1/dossiers/{dossier_id}/documents": LOOK,
    "GET /api/v1/dossiers/{dossier_id}/documents/{n}": DOWNLOAD,
    "GET /api/v1/dossiers/{dossier_id}/documents/{n}/pages/{page}": LOOK,
    "GET /api/v1/dossiers/{dossier_id}/forms/{form}": DOWNLOAD,
    "GET /api/v1/dossiers/{dossier_id}/openings": LOOK,
    "GET /api/v1/dossiers/{dossier_id}/shared/{share}": DOWNLOAD,
    "GET /api/v1/me/facts": LOOK,
    "GET /api/v1/me/papers": LOOK,
    "GET /api/v1/me/questions": LOOK,
    "GET /cases/{dossier_id}": LOOK,
    "GET /cases/{dossier_id}/answers": LOOK,
    "GET /counter/filed/{dossier_id}": LOOK,
    "GET /dossiers/{dossier_id}/documents": LOOK,
    "GET /dossiers/{dossier_id}/evidence": LOOK,
    "GET /papers": LOOK,
    "GET /track": SEARCH,
    "POST /api/v1/dossiers/{dossier_id}/emergency": EMERGENCY,
    "POST /emergency": EMERGENCY,
    "PUT /api/v1/catalogue": ADMIN,
}
