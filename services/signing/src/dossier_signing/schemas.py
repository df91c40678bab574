from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from dossier_shared.http.paging import Paged
from dossier_shared.journal.dossier import Dossier
from dossier_shared.vocabulary.codes import Key, Sha256
from dossier_shared.vocabulary.moments import Instant
from dossier_shared.vocabulary.text import HumanText
from dossier_signing.state import State


class Sign(BaseModel):
    """`substitute`: letters that no font has are printed as their code points (`[U+1F600]`), and the document says so.
    `preview`, `preview_at`: SHA-256 and instant of the preview; nothing else is signed then. `run`: a name of the caller's own
    for what is signed together, in one batch or several; its progress is at `/api/v1/signing-runs/{run}`."""

    # left out of an item's fingerprint where it is not asked for: a key given before an upgrade is known after it
    substitute: StrictBool = Field(default=False, exclude_if=lambda asked: not asked)
    preview: Sha256 | None = Field(default=None, exclude_if=lambda asked: asked is None)
    preview_at: Instant | None = Field(default=None, exclude_if=lambda asked: asked is None)
    run: Key | None = Field(default=None, exclude_if=lambda asked: asked is None)


class SendBack(BaseModel):
    """Why: the officer who appraises it again reads it."""

    model_config = ConfigDict(extra="forbid")
    reason: HumanText


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
    """Instants are ISO 8601, UTC. `status`: in_review once it was sent back, until it is decided anew. `delivery`: how the
    result is wished for: online, counter or post; empty: not said. `signed_by`: the leader's subject, null of a registry
    entry and for citizens.

    `failure`: code of why the latest signature could not be made. `signing`: asked for, not made yet."""

    id: str
    version: int
    code: str
    status: Literal["approved", "rejected", "in_review", "signed", "stopped", "withdrawn"]
    stage: Literal["signature"] | None
    procedure: str
    procedure_name: str
    agency: str
    result_kind: str
    decided_at: str
    appointment: str | None
    delivery: str
    signed_at: str | None
    signed_by: str | None
    result: MadeResult | None
    failure: str | None
    signing: bool


class QueueView(Paged):
    items: list[ResultView]


class FailedSignature(BaseModel):
    """`failure`: code of why; it is back in the leader's queue."""

    id: str
    code: str
    failure: str


class RunView(BaseModel):
    """How far a signing run has got: `asked` = `signed` + `failed` + `remaining`. A result belongs to the run of its latest word;
    what was sent back has left it. `failures`: the first hundred of those failed."""

    run: str
    asked: int
    signed: int
    failed: int
    remaining: int
    failures: list[FailedSignature]


_SHOWN = tuple(name for name in ResultView.model_fields if name not in ("id", "version", "signing"))


def result_view(dossier: Dossier[State]) -> dict[str, Any]:
    """No personal data; `signing` while a signature was asked for and is not made yet."""
    shown = {key: dossier.state.get(key) for key in _SHOWN}
    shown["delivery"] = shown["delivery"] or ""  # of what was decided before it was asked
    return {"id": dossier.id, "version": dossier.version, **shown, "signing": "intent" in dossier.state}
