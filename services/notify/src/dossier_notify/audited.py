"""Calls of which it is recorded who made them (`dossier_shared/http/audit.py`)."""

from __future__ import annotations

from typing import Final

from dossier_shared.contracts.audit import LOOK
from dossier_shared.http.audit import Audited

AUDITED: Final[Audited] = {
    "GET /api/v1/dossiers/{dossier_id}": LOOK,
    "GET /cases/{dossier_id}": LOOK,
}
