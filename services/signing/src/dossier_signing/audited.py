"""Calls of which it is recorded who made them (`dossier_shared/http/audit.py`)."""

from __future__ import annotations

from typing import Final

from dossier_shared.contracts.audit import DOWNLOAD, LOOK
from dossier_shared.http.audit import Audited

AUDITED: Final[Audited] = {
    "GET /api/v1/dossiers/{dossier_id}": LOOK,
    "GET /api/v1/dossiers/{dossier_id}/preview": LOOK,
    "GET /api/v1/dossiers/{dossier_id}/result": DOWNLOAD,
    "GET /cases/{dossier_id}": LOOK,
}
