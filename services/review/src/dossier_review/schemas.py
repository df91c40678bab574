from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dossier_shared.commands import BatchItem
from dossier_shared.journal import Dossier
from dossier_shared.tokens import Principal

Text = Field(min_length=1, max_length=4000)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Assign(_Body):
    """`officer`: subject of the account it is given to; absent: whoever asks."""

    officer: str | None = Field(None, min_length=1, max_length=200)


class Appraise(_Body):
    proposal: Literal["approve", "reject"]
    note: str | None = Field(None, max_length=4000)


class Approve(_Body):
    note: str | None = Field(None, max_length=4000)


class Reject(_Body):
    reason: str = Text


class Return(_Body):
    reason: str = Text


class Note(_Body):
    text: str = Text


class AssignItem(BatchItem, Assign):
    model_config = ConfigDict(extra="forbid")


class AppraiseItem(BatchItem, Appraise):
    model_config = ConfigDict(extra="forbid")


class ApproveItem(BatchItem, Approve):
    model_config = ConfigDict(extra="forbid")


_SHOWN = (
    "code", "status", "stage", "procedure", "procedure_name", "agency", "submitted_at", "accepted_at",
    "due", "assigned_to", "proposal", "appraised_by", "appraised_at", "decided_by", "decided_at", "notes",
)  # fmt: skip


def case_view(dossier: Dossier) -> dict[str, Any]:
    """What an officer's list shows; no personal data."""
    return {"id": dossier.id, "version": dossier.version, **{key: dossier.state.get(key) for key in _SHOWN}}


def case_detail(dossier: Dossier, who: Principal) -> dict[str, Any]:
    """Who appraises or decides sees what was filed; a superior does not."""
    if who.roles.isdisjoint({"specialist", "leader"}):
        return case_view(dossier)
    return {**case_view(dossier), "applicant": dossier.state.get("holder"), "form": dossier.state.get("form")}
