"""Parts that several events share: a paper, the applicant, and the like."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class EventData(Part):
    name: ClassVar[str]
    sealed: ClassVar[type[Part] | None] = None


class Document(Part):
    """A paper of the dossier; `id` is the SHA-256 of its bytes in the file store."""

    code: str
    id: str
    type: str
    size: int


class Applicant(Part):
    name: str
    citizen_id: str | None = None
    phone: str | None = None  # E.164
    address: str | None = None
    kind: str | None = None  # organisation; missing: a person
    tax_code: str | None = None  # of an organisation
    representative: str | None = None  # who acts for an organisation


class SummaryRow(Part):
    """One answer of the form in words, as a result document may show it."""

    label_vi: str
    label_en: str = ""
    value: str


class ReasonSealed(Part):
    reason: str
