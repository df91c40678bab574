"""What was typed so far, as it came and as it is shown again; and the filing that it makes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from dossier_intake.filing.checks import ApplicantBody, Filing
from dossier_intake.forms.posted import with_entry, without_entry
from dossier_intake.inspection.verdicts import STRAIGHTENED, Signature
from dossier_intake.uploads.uploads import Upload
from dossier_shared.http.validation import validated

APPLICANT = ("kind", "citizen_id", "name", "phone", "address", "tax_code", "representative")
CHANGES = ("converted", "metadata-removed", "active-content-removed", STRAIGHTENED)
MOST_PAPERS = 100
UNANSWERED = "unanswered"  # posted name: what becomes of it where a register does not answer
_ID = re.compile(r"[0-9a-f]{64}")
_SEPARATOR = "|"
_PLAIN = str.maketrans("|;", "  ")


class Paper(NamedTuple):
    """A file that was taken for a paper of the procedure."""

    code: str
    upload: Upload

    @property
    def sent(self) -> str:
        """As the page keeps it: it is shown without asking anybody; whether it may be attached is asked when it is filed."""
        one = self.upload
        signers = ";".join(signature.name.translate(_PLAIN) for signature in one.signatures)
        return _SEPARATOR.join((self.code, one.id, str(one.size), one.type, ",".join(one.changes), signers, one.name))


@dataclass(frozen=True, slots=True)
class Sheet:
    """`typed`: every field by its posted name. `papers`: taken before or just now. `unfit`: why a file was not
    taken, by paper. `codes`: texts of QR codes on a photograph that came with it, which is no paper; `codes_unfit`: why none."""

    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    papers: tuple[Paper, ...] = ()
    unfit: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    codes: Sequence[str] = ()
    codes_unfit: Mapping[str, str] | None = None

    def first(self, name: str, otherwise: str = "") -> str:
        return next(iter(self.typed.get(name, ())), otherwise)

    def having(self, **typed: str) -> Sheet:
        """With other words in fields of the applicant."""
        return replace(self, typed={**self.typed, **{f"applicant.{name}": [value] for name, value in typed.items()}})

    def after(self, deed: str) -> Sheet:
        """One more entry in a list, one less, or a file put away: `add:form.members`, `drop:form.members.0`, `forget:<id>`."""
        what, _, name = deed.partition(":")
        if what == "add":
            return replace(self, typed=with_entry(self.typed, name))
        if what == "drop":
            return replace(self, typed=without_entry(self.typed, name))
        if what == "forget":
            return replace(self, papers=tuple(one for one in self.papers if f"{one.code}:{one.upload.id}" != name))
        return self


def kept_papers(given: Iterable[str]) -> Iterable[Paper]:
    """Those that an earlier page took, as it wrote them down; what is written otherwise is none."""
    for one in list(given)[:MOST_PAPERS]:
        parts = one.split(_SEPARATOR, 6)
        if len(parts) == 7 and _ID.fullmatch(parts[1]) and parts[2].isascii() and parts[2].isdigit():
            changes = tuple(change for change in parts[4].split(",") if change in CHANGES)
            signers = tuple(Signature(name) for name in parts[5].split(";") if name)
            yield Paper(parts[0], Upload(parts[1], int(parts[2][:12]), parts[3], parts[6], changes, signers))


def applicant_of(sheet: Sheet) -> ApplicantBody:
    """As it stands, whatever is missing: each of its fields is read by itself."""
    given: dict[str, Any] = dict.fromkeys(ApplicantBody.model_fields) | _applicant(sheet)
    return ApplicantBody.model_construct(**{**given, "name": given["name"] or ""})


def _applicant(sheet: Sheet) -> dict[str, str]:
    return {name: value for name in APPLICANT if (value := sheet.first(f"applicant.{name}").strip())}


def filing_of(sheet: Sheet, procedure: str, agency: str, answers: Mapping[str, Any]) -> Filing:
    """As the API takes it; what was left empty is not there. Raises Invalid."""
    consent = {
        "kind": "paper",
        "reference": sheet.first("consent.reference") or None,
        "document": sheet.first("consent.document") or None,
        "until": sheet.first("consent.until").strip() or None,
    }
    wish = {
        "procedure": procedure,
        "agency": agency,
        "channel": sheet.first("channel"),
        "applicant": _applicant(sheet),
        "form": answers,
        "documents": [{"code": paper.code, "id": paper.upload.id} for paper in sheet.papers],
        "reused": list(sheet.typed.get("reused", ())),
        "delivery": {"how": sheet.first("delivery.how", "counter"), "address": sheet.first("delivery.address") or None},
        # who stands here, or has signed what they posted, has consented by that
        "consent": consent if sheet.first("consent.kind") == "paper" else None,
        "unanswered": "bring" if sheet.first(UNANSWERED) == "bring" else "wait",
    }
    return validated(Filing, wish)
