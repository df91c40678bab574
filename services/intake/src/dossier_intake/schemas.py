from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from dossier_intake.catalogue_model import Procedure
from dossier_intake.filing import DocumentBody, Filing
from dossier_shared.commands import MAX_ITEMS, Batch, BatchItem
from dossier_shared.journal import Dossier


class Accept(BaseModel):
    """`appointment`: an instant promised by an older register; replay only."""

    model_config = ConfigDict(extra="forbid")
    appointment: str | None = Field(None, max_length=40)


class Refuse(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    reason: str = Field(min_length=1, max_length=4000)


class Supplement(BaseModel):
    """What was missing: papers uploaded before, a text, or both."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    text: str | None = Field(None, min_length=1, max_length=4000)
    documents: list[DocumentBody] = Field(default_factory=list, max_length=100)


class PaymentConfirmation(BaseModel):
    """`receipt`: number of the receipt or of the bank's notice."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    receipt: str | None = Field(None, min_length=1, max_length=200)


class PaymentConfirmationItem(BatchItem, PaymentConfirmation):
    model_config = ConfigDict(extra="forbid")


class PaymentConfirmationBatch(Batch):
    items: Annotated[list[PaymentConfirmationItem], Field(min_length=1, max_length=MAX_ITEMS)]  # type: ignore[assignment]


class AcceptItem(BatchItem, Accept):
    model_config = ConfigDict(extra="forbid")


class AcceptBatch(Batch):
    items: Annotated[list[AcceptItem], Field(min_length=1, max_length=MAX_ITEMS)]  # type: ignore[assignment]


class FilingItem(BaseModel):
    """`filing` is checked on its own, so that one bad item does not refuse the others."""

    model_config = ConfigDict(extra="forbid")
    key: str = Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")
    filing: dict[str, Any]


class FilingBatch(BaseModel):
    model_config = ConfigDict(extra="forbid")
    items: list[FilingItem] = Field(min_length=1, max_length=MAX_ITEMS)


_SHOWN = (
    "code", "status", "portal_status", "procedure", "procedure_name", "agency", "agency_name", "channel", "fee_vnd",
    "submitted_at", "accepted_at", "appointment", "appointment_lines", "refused_at",
    "asked", "outcome", "decided_at", "reason", "signed_at", "result_number", "delivered_at",
)  # fmt: skip


def dossier_view(dossier: Dossier) -> dict[str, Any]:
    """What the owner and the counter see."""
    shown = {key: dossier.state[key] for key in _SHOWN if dossier.state.get(key) is not None}
    return {"id": dossier.id, "version": dossier.version, **shown}


def filed_view(dossier: Dossier) -> dict[str, Any]:
    """An item's outcome in a batch: what the filer hands on; the rest is a GET away."""
    kept = ("code", "status", "portal_status", "agency", "procedure", "submitted_at", "appointment")
    shown = {key: dossier.state[key] for key in kept if dossier.state.get(key) is not None}
    return {"id": dossier.id, "version": dossier.version, **shown}


def procedure_view(procedure: Procedure, agencies: frozenset[str]) -> dict[str, Any]:
    return {**procedure.model_dump(mode="json", exclude={"source"}), "agencies": sorted(agencies)}


__all__ = [
    "Accept", "AcceptBatch", "AcceptItem", "Filing", "FilingBatch", "FilingItem",
    "PaymentConfirmation", "PaymentConfirmationBatch", "PaymentConfirmationItem", "Refuse", "Supplement",
    "dossier_view", "filed_view", "procedure_view",
]  # fmt: skip
