"""From an intent to a stored, signed document: what it says, the workers that sign it, the store that keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dossier_shared.clock import parse_instant
from dossier_shared.effects import Intent
from dossier_shared.events import Letterhead
from dossier_shared.journal import State
from dossier_shared.mongo import FileStore
from dossier_signing.letterhead import derived
from dossier_signing.result_document import ResultDocument, ResultField
from dossier_signing.workers import SignedResult, SignFailure, SigningWorkers, SignJob


class Made(NamedTuple):
    """A signed result in the file store. `certificate`: serial, hexadecimal."""

    file: str
    size: int
    certificate: str


class NotMade(NamedTuple):
    """It cannot be made as it stands; a repetition would not help."""

    code: str


class Results:
    def __init__(self, files: FileStore, workers: SigningWorkers) -> None:
        self._files, self._workers = files, workers

    async def ask(self, intents: Sequence[Intent]) -> Mapping[str, Made]:
        """What an earlier life already signed and stored, by reference."""
        found = await self._files.by_reference([intent.reference for intent in intents])
        return {ref: Made(about["id"], about["size"], about["certificate"]) for ref, about in found.items()}

    async def act(self, intents: Sequence[Intent]) -> Mapping[str, Made | NotMade]:
        """Signs and stores; what failed in a way that may pass (a worker died) is left out and asked for later."""
        outcomes = await self._workers.sign_many([job_of(intent) for intent in intents])
        signed = [outcome for outcome in outcomes if isinstance(outcome, SignedResult)]
        ids = await self._files.put_many([(one.pdf, _metadata(one)) for one in signed])
        made: dict[str, Made | NotMade] = {
            one.id: Made(id_, one.size, one.certificate_serial) for one, id_ in zip(signed, ids, strict=True)
        }
        made |= {o.id: NotMade(o.code) for o in outcomes if isinstance(o, SignFailure) and not o.retryable}
        return made


def _metadata(one: SignedResult) -> dict[str, str]:
    return {"reference": one.id, "type": "application/pdf", "certificate": one.certificate_serial}


def job_of(intent: Intent) -> SignJob:
    """Deterministic: the same intent gives the same bytes, whoever carries it out."""
    wish = intent.state["intent"]
    return SignJob(
        id=intent.reference,
        leader_sub=wish["leader"],
        document=document_of(intent.state),
        signed_at=parse_instant(wish["at"]),
    )


def document_of(state: State) -> ResultDocument:
    said = state["intent"].get("letterhead")
    head = Letterhead.model_validate(said) if said else derived(state["agency_name"] or state["agency"])
    granted = state["status"] == "approved"
    return ResultDocument.model_validate(
        {
            "kind": _kind(state["result_kind"]) if granted else "rejection",
            "number": state["intent"]["number"],
            "agency_vi": head.agency_name,
            "parent_agency_vi": head.parent_name,
            "procedure_vi": state["procedure_name"] or state["procedure"],
            "dossier_code": state["code"],
            "holder_name": state["holder"],
            "fields": tuple(ResultField.model_validate(row) for row in state["summary"]),
            "reason": "" if granted else (state["reason"] or "Không đủ điều kiện giải quyết."),
            "decided_at": parse_instant(state["decided_at"]),
            "leader_name": state["intent"]["leader_name"],
            "leader_title": head.title,
            "place": head.place,
            "on_behalf_of": head.on_behalf_of,
            "agency_lines": tuple(head.lines),
            "substitute": state["intent"].get("substitute", False),
        }
    )


def _kind(kind: str) -> str:
    return "notification" if kind == "database_update" else kind
