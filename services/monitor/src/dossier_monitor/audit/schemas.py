"""What an auditor asks for, and what the API answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dossier_monitor.lists.filters import Code, one_of, without_empty
from dossier_shared.contracts.audit import KINDS
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.http.paging import CursorQuery, LimitQuery, Paged
from dossier_shared.vocabulary.codes import DossierId, Subject
from dossier_shared.vocabulary.moments import Day


class AuditFilter(BaseModel):
    """All given conditions hold. An empty value is as if it were not given."""

    model_config = ConfigDict(frozen=True)

    who: Subject | None = Field(default=None, description="the account")
    kind: Annotated[str, one_of(*KINDS)] | None = None
    service: Annotated[str, one_of(*SERVICES)] | None = None
    of: DossierId | None = Field(default=None, description="a dossier's id or code")
    agency: Code | None = Field(default=None, description="of the account: this agency and those below it")
    since: Day | None = Field(default=None, description="Vietnam's day, included")
    until: Day | None = Field(default=None, description="the same")

    _drop_empty = model_validator(mode="before")(without_empty)

    @property
    def given(self) -> dict[str, str]:
        """As a query string holds them."""
        found = self.model_dump(mode="json", exclude_none=True, include=set(AuditFilter.model_fields))
        return {name: str(value) for name, value in found.items()}


class AuditQuery(AuditFilter):
    """A page of it."""

    cursor: CursorQuery = None
    limit: LimitQuery = 50


class AuditRow(BaseModel):
    """An entry as its service told it (docs/reference/audit.md)."""

    id: str
    time: str
    service: str
    kind: str
    call: str
    answered: int
    subject: str | None
    roles: list[str]
    agency: str | None
    of: str | None
    part: str | None
    emergency: str | None
    question: str | None
    address: str | None
    request: str | None


class AuditList(Paged):
    """The latest first."""

    items: list[AuditRow]
