"""Calls of which it is recorded who made them (`dossier_shared/http/audit.py`)."""

from __future__ import annotations

from typing import Final

from dossier_shared.contracts.audit import ADMIN, LOOK, SEARCH
from dossier_shared.http.audit import Audited

AUDITED: Final[Audited] = {
    "GET /api/v1/audit": SEARCH,
    "GET /api/v1/search": SEARCH,
    "GET /api/v1/timelines/{code_or_id}": LOOK,
    "GET /audit": SEARCH,
    "GET /search": SEARCH,
    "GET /timelines/{code}": LOOK,
    "POST /api/v1/recounts": ADMIN,
}
