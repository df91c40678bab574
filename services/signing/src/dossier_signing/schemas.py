from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field, StrictBool

from dossier_shared.http.paging import Paged
from dossier_shared.journal.dossier import Dossier
from dossier_signing.state import State


class Sign(BaseModel):
    """`substitute`: letters that no font has are printed as their code points (`[U+1F600]`), and the document says so."""

    # left out of an item's fingerprint where it is not asked for: a key given before an upgrade is known after it
    substitute: StrictBool = Field(default=False, exclude_if=lambda asked: not asked)


class MadeResult(BaseModel):
    """`kind`: the procedure's, `rejection`, or `registry`: an entry without a `file`, its `size` 0. `file`: SHA-256 of
    the PDF; `size`: bytes; `certificate`: its serial, hexadecimal."""

    reference: str
    number: str
    kind: str
    file: str | None
    size: int
    certificate: str | None


class ResultView(BaseModel):
    """Instants are ISO 8601, UTC. `signed_by`: the leader's subject, null of a registry entry and for citizens.

    `failure`: code of why the latest signature could not be made. `signing`: asked for, not made yet."""

    id: str
    version: int
    code: str
    status: Literal["approved", "rejected", "signed"]
    stage: Literal["signature"] | None
    procedure: str
    procedure_name: str
    agency: str
    result_kind: str
    decided_at: str
    appointment: str | None
    signed_at: str | None
    signed_by: str | None
    result: MadeResult | None
    failure: str | None
    signing: bool


class QueueView(Paged):
    items: list[ResultView]


_SHOWN = tuple(name for name in ResultView.model_fields if name not in ("id", "version", "signing"))


def result_view(dossier: Dossier[State]) -> dict[str, Any]:
    """No personal data; `signing` while a signature was asked for and is not made yet."""
    shown = {key: dossier.state.get(key) for key in _SHOWN}
    return {"id": dossier.id, "version": dossier.version, **shown, "signing": "intent" in dossier.state}
