from __future__ import annotations

from typing import Any

from dossier_shared.journal import Dossier

_SHOWN = (
    "code", "status", "stage", "procedure", "procedure_name", "agency", "result_kind", "decided_at",
    "appointment", "signed_at", "signed_by", "result", "failure",
)  # fmt: skip


def result_view(dossier: Dossier) -> dict[str, Any]:
    """No personal data; `signing` while a signature was asked for and is not made yet."""
    shown = {key: dossier.state.get(key) for key in _SHOWN}
    return {"id": dossier.id, "version": dossier.version, **shown, "signing": "intent" in dossier.state}
