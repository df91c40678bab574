"""From an intent to a stored, signed document: what it says, the workers that sign it, the store that keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from pydantic import ValidationError

from dossier_shared.adapters.files import FileStore
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.events import Letterhead
from dossier_shared.documents.letterhead import derived
from dossier_shared.documents.words import readable, visible
from dossier_shared.journal.effects import Failing, Intent
from dossier_signing.documents.outcomes import Made, NotMade
from dossier_signing.documents.result_document import ResultDocument, ResultField
from dossier_signing.documents.workers import (
    KEY_UNREADABLE,
    WORKER_DIED,
    SignedResult,
    SignFailure,
    SigningWorkers,
    SignJob,
)
from dossier_signing.state import State

log = structlog.get_logger()
# what a result cannot be made without, by its field's name, and the code that says that it is not fit to be printed
UNFIT = {
    "holder_name": "empty-holder", "reason": "empty-reason", "label_vi": "form-row-invalid", "value": "form-row-invalid",
}  # fmt: skip


class Results:
    def __init__(self, files: FileStore, workers: SigningWorkers) -> None:
        self._files, self._workers = files, workers

    async def ask(self, intents: Sequence[Intent[State]]) -> Mapping[str, Made]:
        """What an earlier life already signed and stored, by reference."""
        found = await self._files.by_reference([intent.reference for intent in intents])
        return {ref: Made(about["id"], about["size"], about["certificate"]) for ref, about in found.items()}

    async def act(self, intents: Sequence[Intent[State]]) -> Mapping[str, Made | NotMade | Failing]:
        """Signs and stores. One that cannot be made says so by itself; one whose worker died is tried again, so often, and so is
        one whose key alone cannot be read. What failed for an outage (all keys are away, no worker starts) is left out, and
        asked for later."""
        jobs: list[SignJob] = []
        made: dict[str, Made | NotMade | Failing] = {}
        for intent in intents:
            try:
                jobs.append(job_of(intent))
            except Exception as error:  # whatever an old event says: it is this one's fault alone
                made[intent.reference] = NotMade(code := code_of(error))
                log.warning("result cannot be made", dossier=intent.dossier, code=code, error=type(error).__name__)
        outcomes = await self._workers.sign_many(jobs)
        signed = [outcome for outcome in outcomes if isinstance(outcome, SignedResult)]
        holders = {intent.reference: intent.holder for intent in intents}
        ids = await self._files.put_many(
            [(one.pdf, _metadata(one)) for one in signed], [holders[one.id] for one in signed]
        )
        made |= {one.id: Made(id_, one.size, one.certificate_serial) for one, id_ in zip(signed, ids, strict=True)}
        for outcome in outcomes:
            if isinstance(outcome, SignFailure) and not outcome.retryable:
                made[outcome.id] = NotMade(outcome.code)
            elif isinstance(outcome, SignFailure) and outcome.code in (WORKER_DIED, KEY_UNREADABLE):
                made[outcome.id] = Failing(outcome.code)
        return made


def code_of(error: Exception) -> str:
    """Which field it is, where that is known."""
    if isinstance(error, ValidationError):
        for finding in error.errors(include_input=False, include_url=False):
            whole = ("reason",) if finding["type"] == "value_error" else ()  # of the document: a rejection says why
            for place in finding["loc"] or whole:
                if place in UNFIT:
                    return UNFIT[str(place)]
    return "document-invalid"


def _metadata(one: SignedResult) -> dict[str, str]:
    return {"reference": one.id, "type": "application/pdf", "certificate": one.certificate_serial}


def job_of(intent: Intent[State]) -> SignJob:
    """Deterministic: the same intent gives the same bytes, whoever carries it out."""
    wish = intent.state["intent"]
    return SignJob(
        id=intent.reference,
        leader_sub=wish["leader"],
        document=document_of(intent.state),
        signed_at=parse_instant(wish["at"]),
        seen=wish.get("preview"),
    )


def document_of(state: State) -> ResultDocument:
    """What shows nothing in print is as good as not given: the code then stands in for a name. What has no code fails, or
    is printed by its code points, if that is the leader's word."""
    substitute = state["intent"].get("substitute", False)
    needed = _in_points if substitute else str
    said = state["intent"].get("letterhead")
    code = state["agency"]
    head = Letterhead.model_validate(said) if said else derived(_shown(state["agency_name"]) or code)
    granted = state["status"] == "approved"
    title = _shown(head.title) or "Thủ trưởng đơn vị"
    return ResultDocument.model_validate(
        {
            "kind": _kind(state["result_kind"]) if granted else "rejection",
            "number": state["intent"]["number"],
            "agency_vi": _shown(head.agency_name) or code,
            "parent_agency_vi": head.parent_name,
            "procedure_vi": _shown(state["procedure_name"]) or state["procedure"],
            "dossier_code": state["code"],
            "holder_name": needed(state["holder"]),
            "fields": tuple(
                ResultField.model_validate(
                    {**row, "label_vi": needed(row["label_vi"]), "value": _said(row.get("value"))}
                )
                for row in state["summary"]
            ),
            "reason": "" if granted else needed(state["reason"] or "Không đủ điều kiện giải quyết."),
            "decided_at": parse_instant(state["decided_at"]),
            "leader_name": _shown(state["intent"]["leader_name"]) or _shown(state["intent"]["leader"]) or title,
            "leader_title": title,
            "place": _shown(head.place) or _shown(head.agency_name) or code,
            "on_behalf_of": head.on_behalf_of,
            "agency_lines": tuple(head.lines),
            "substitute": substitute,
        }
    )


def _said(value: Any) -> Any:
    """Rows of older events have days as computers write them."""
    return readable(value) if isinstance(value, str) else value


def _in_points(text: str) -> str:
    """`[U+200E]` where nothing of it would be seen."""
    return text if visible(text) else "".join(f"[U+{ord(letter):04X}]" for letter in text) or "[–]"


def _shown(text: str | None) -> str:
    return visible(text or "")


def _kind(kind: str) -> str:
    return "notification" if kind == "database_update" else kind
