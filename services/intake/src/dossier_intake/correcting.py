"""What the applicant said of themselves is put right by an officer, checked as a filing is. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.filing.checks import ApplicantBody, ApplicantFields, read_applicant
from dossier_intake.filing.persons import person_of_applicant
from dossier_intake.forms.summary import summary
from dossier_intake.state import State
from dossier_shared.clock import parse_instant
from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.events import Applicant, Corrected, CorrectedSealed, SummaryRow
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.problems import Conflict, Invalid
from dossier_shared.vocabulary.moments import VIETNAM
from dossier_shared.vocabulary.printing import PrintedText, check_printed
from dossier_shared.vocabulary.text import HumanText


class ApplicantChange(ApplicantFields):
    """What is given stands from now on, null takes it away; what is not named stays."""

    name: str | None = Field(None, min_length=1, max_length=300)


class Correct(BaseModel):
    """`form`: answers by their names, as a merge patch (RFC 7396): null takes one away. `another_person`: the number now given is
    somebody else's, and it is them whom the dossier is about."""

    model_config = ConfigDict(extra="forbid")
    reason: HumanText
    applicant: ApplicantChange | None = None
    form: dict[str, Any] | None = None
    another_person: Annotated[bool, Field(strict=True)] = False


def correct(
    state: State,
    at: datetime,
    catalogue: Catalogue,
    answers: Mapping[str, Any],
    wish: Correct,
    key: bytes = b"",
) -> list[New]:
    """`catalogue`: the one it was filed under. `answers`: the form as it stands. `key`: makes ids of numbers."""
    lifecycle.after(state["status"], Corrected.name)
    applicant = _applicant(state, wish.applicant, at) if wish.applicant else None
    form, rows = _form(state, catalogue, _patched(answers, wish.form)) if wish.form else (None, None)
    before = Applicant.model_validate(state["applicant"])
    fields = [*_changed("/applicant", before.model_dump(), applicant.model_dump() if applicant else None)]
    person = _person(state, applicant, wish, key) if fields else None
    fields += _changed("/form", answers, form)
    if not fields:
        raise Invalid(
            "nothing-corrected",
            "Không có gì khác với nội dung đang có. Hãy ghi nội dung đúng ở mục cần sửa.",
            "Nothing differs from what is there. Give what is right where it is wrong.",
        )
    sealed = CorrectedSealed(reason=wish.reason, applicant=applicant, summary=rows, form=form)
    return [New(Corrected(fields=fields, person=person), sealed)]


def filed_answers(dossier: Dossier[State]) -> dict[str, Any] | None:
    """The form's answers by the newest events of its journal; None where they are older."""
    for entry in reversed(dossier.journal):
        if entry["type"] in ("submitted", "corrected") and entry["sealed"]:
            found = dossier.event("intake", entry).open().get("form")
            if isinstance(found, dict):
                return found
    return None


def _applicant(state: State, change: ApplicantChange, at: datetime) -> Applicant:
    kept = {"kind": "person", **state["applicant"]}
    given = {name: getattr(change, name) for name in change.model_fields_set}
    merged = {name: value for name, value in {**kept, **given}.items() if value is not None}
    if "name" not in merged:
        merged["name"] = state["applicant"]["name"]
    applicant = read_applicant(ApplicantBody.model_validate(merged), at.astimezone(VIETNAM).date())
    check_printed([PrintedText("/applicant/name", "Họ và tên", "Name", applicant.name)])
    return applicant


def _form(
    state: State, catalogue: Catalogue, merged: Mapping[str, Any]
) -> tuple[dict[str, Any] | None, list[SummaryRow] | None]:
    procedure = catalogue.known(state["procedure"], parse_instant(state["submitted_at"]).astimezone(VIETNAM).date())
    form = catalogue.form(procedure) if procedure else None
    if procedure is None or form is None:
        return None, None
    checked = form.check(merged)
    return checked, [] if procedure.registry_entry else summary(form, checked)


def _person(state: State, applicant: Applicant | None, wish: Correct, key: bytes) -> str | None:
    """Whom it is about from now on; None: as before, empty: nobody known."""
    if applicant is None or not key:
        return None
    before, now = state.get("person", ""), person_of_applicant(applicant, key) or ""
    if now == before:
        return None
    if before and not wish.another_person:
        raise Conflict(
            "another-person",
            "Số giấy tờ mới là của người khác. Nếu hồ sơ đúng là của người đó, hãy xác nhận đổi người (another_person).",
            "The new number is another person's. If the dossier is about them, confirm it (another_person).",
        )
    return now


def _patched(before: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(before)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            inner = merged.get(name)
            merged[name] = _patched(inner if isinstance(inner, Mapping) else {}, value)
        else:
            merged[name] = value
    return merged


def _changed(place: str, before: Mapping[str, Any], after: Mapping[str, Any] | None) -> Iterator[str]:
    """JSON pointers of what differs."""
    if after is None:
        return
    for name in [*before, *(name for name in after if name not in before)]:
        old, new, inner = before.get(name), after.get(name), f"{place}/{name.replace('~', '~0').replace('/', '~1')}"
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _changed(inner, old, new)
        elif old != new:
            yield inner
