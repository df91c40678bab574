"""A filing, checked against the catalogue: everything that can be said before the dossier exists. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.model import Procedure
from dossier_intake.filing.documents import CONSENT, check_documents, safe_name
from dossier_intake.filing.persons import (
    ConsentBody,
    DeliveryBody,
    Way,
    consent_of,
    delivery_address,
    filer,
    person_of_applicant,
)
from dossier_intake.forms.summary import summary
from dossier_intake.problems import at, field_error
from dossier_shared.contracts.events import Applicant, Consent, Document, Submitted, SubmittedSealed
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.codes import GivenCode, Sha256, TypedCode
from dossier_shared.vocabulary.identity import citizen_id, tax_code
from dossier_shared.vocabulary.names import Kind, applicant_name, names_organisation, person_name
from dossier_shared.vocabulary.phone import phone
from dossier_shared.vocabulary.printing import PrintedText, check_printed
from dossier_shared.vocabulary.text import Human, OptionalLine

HELPED = "helped"  # beside the procedure's messages


class ApplicantFields(BaseModel):
    """All but the name."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind | None = None
    citizen_id: str | None = Field(None, max_length=40)
    tax_code: str | None = Field(None, max_length=40)
    representative: str | None = Field(None, max_length=300)
    phone: str | None = Field(None, max_length=40)
    address: Annotated[str | None, Human(500, lines=False, optional=True)] = None


class ApplicantBody(ApplicantFields):
    """`kind` decides how the name is read; without it, by the look of the name. `tax_code` and `representative` (who acts for
    it) are an organisation's."""

    name: str = Field(min_length=1, max_length=300)


class DocumentBody(BaseModel):
    """`name`: what it is called here; without one, as it was called when it was uploaded last."""

    model_config = ConfigDict(extra="forbid")
    code: GivenCode
    id: Sha256
    name: OptionalLine = None


class Filing(BaseModel):
    """`reused`: papers taken from what the offices hold already, instead of asking for them again. `consent`: the applicant's, of
    who files for somebody else. `unanswered`: where the repository of results does not answer, it is filed and the
    repository is asked again (`wait`), or it is not filed, because the paper will be brought (`bring`)."""

    model_config = ConfigDict(extra="forbid")
    procedure: GivenCode
    agency: GivenCode
    channel: Literal["online", "direct", "postal"] = "online"
    applicant: ApplicantBody
    form: dict[str, Any] = Field(default_factory=dict)
    documents: list[DocumentBody] = Field(default_factory=list, max_length=100)
    reused: list[TypedCode] = Field(default_factory=list, max_length=100)
    consent: ConsentBody | None = None
    delivery: DeliveryBody | None = None
    unanswered: Literal["wait", "bring"] = "wait"


class Checked(NamedTuple):
    """A filing that may be recorded. `person`, `account`: whom it is about; the account of who files for themselves.
    `consent`: as it is recorded, of who files for another."""

    procedure: Procedure
    submitted: Callable[[str], Submitted]  # given the dossier code
    sealed: SubmittedSealed
    person: str | None
    account: str | None
    consent: Consent | None = None


def check_filing(
    catalogue: Catalogue,
    filing: Filing,
    files: Mapping[str, Mapping[str, Any]],
    who: Principal,
    day: date,
    way: Way | None = None,
) -> Checked:
    """`files`: type, size and name of each uploaded document, by id. `way`: None, alone and as the day begins. Raises Invalid."""
    way = way or Way(datetime.combine(day, time(), UTC))
    procedure = catalogue.fileable(filing.procedure, filing.agency, filing.channel, day)
    applicant = read_applicant(filing.applicant, day)
    check_printed([PrintedText("/applicant/name", "Họ và tên", "Name", applicant.name)])
    form = catalogue.form(procedure)
    answers = form.check(filing.form) if form is not None else {}
    check_documents(procedure, filing.channel, [document.code for document in filing.documents], filing.reused)
    documents = uploaded([*filing.documents, *paper_of_consent(filing)], files)
    person = person_of_applicant(applicant, way.key)
    filed = filer(who, filing.channel, applicant, person, way.bulk)
    consent = consent_of(filing.consent, filed, who, way)
    sealed = SubmittedSealed(
        applicant=applicant,
        summary=[] if procedure.registry_entry or form is None else summary(form, answers),
        form=answers,
        documents=[name for _, name in documents],
        filed_by=(who.name or who.sub) if "citizen" not in who.roles or filed.kind != "self" else None,
        delivery_address=delivery_address(filing.delivery, applicant),
    )

    owner = who.sub if "counter" not in who.roles else ""  # filed at a counter, it is the office's
    reusable = [paper.code for paper in procedure.demanded(filing.channel) if paper.reusable_from]
    handed_in = {document.code for document in filing.documents}

    def submitted(code: str) -> Submitted:
        return Submitted(
            code=code,
            procedure=procedure.code,
            procedure_name=procedure.name_vi,
            agency_name=catalogue.agencies[filing.agency].name_vi,
            overseers=list(catalogue.above(filing.agency)),
            catalogue=catalogue.version,
            channel=filing.channel,
            owner=owner,
            straight_through=procedure.straight_through,
            result_kind=procedure.result.kind,
            # who is filed for by leave is told in whose hands it is
            messages=[*procedure.messages, *([HELPED] if consent and filed.kind in ("helper", "bulk") else ())],
            documents=[document for document, _ in documents],
            reusable=reusable,
            reused=[code for code in reusable if code in filing.reused and code not in handed_in],
            fee_vnd=procedure.fee_vnd if isinstance(procedure.fee_vnd, int) else 0,
            limit=catalogue.limits[procedure.key],
            person=person,
            filed_by=filed,
            consent=consent,
            received_at=who.agency if "counter" in who.roles and who.agency != filing.agency else None,
            delivery=filing.delivery.how if filing.delivery else "",
        )

    return Checked(procedure, submitted, sealed, person, owner if filed.kind == "self" else None, consent)


def paper_of_consent(filing: Filing) -> list[DocumentBody]:
    """The paper by which the person lets somebody else file: kept and shown with those of the procedure, by its own code."""
    given = filing.consent
    if given is None or given.document is None:
        return []
    return [DocumentBody(code=CONSENT, id=given.document)]


def uploaded(documents: Sequence[DocumentBody], files: Mapping[str, Mapping[str, Any]]) -> list[tuple[Document, str]]:
    """Each with its file name; raises Invalid where a file has not been uploaded, or by another: that is not told apart. And
    where a signature comes without its paper, under the same code: alone it says nothing, and stands for no paper."""
    absent = [
        field_error(
            f"/documents/{n}/id", "document-unknown", "Tệp chưa được tải lên.", "The file has not been uploaded."
        )
        for n, document in enumerate(documents)
        if document.id not in files
    ]
    if absent:
        raise Invalid(
            "document-unknown",
            "Có tệp chưa được tải lên. Hãy tải lên trước khi nộp.",
            "Some files have not been uploaded. Upload them before filing.",
            errors=absent,
        )
    handed_in = {(document.code, document.id) for document in documents}
    if alone := [
        field_error(
            f"/documents/{n}/id",
            "signature-without-paper",
            "Không có giấy tờ mà chữ ký này ký.",
            "The paper this signature is for is not here.",
        )
        for n, document in enumerate(documents)
        if (signs := files[document.id].get("signs")) and (document.code, signs) not in handed_in
    ]:
        raise Invalid(
            "signature-without-paper",
            "Chữ ký số rời (.p7s) không khớp với tệp nào nộp cùng. Hãy gửi cùng lúc, ở cùng một mục giấy tờ, đúng tệp PDF đã ký "
            "(không sửa, không lưu lại) và tệp chữ ký.",
            "The detached signature (.p7s) is for none of the files handed in with it. Send, at once and for the same paper, "
            "the very PDF that was signed (not edited, not saved again) and the signature.",
            errors=alone,
        )
    return [
        (
            Document(code=d.code, id=d.id, type=files[d.id]["type"], size=files[d.id]["size"]),
            files[d.id]["name"] if d.name is None else safe_name(d.name, files[d.id]["type"]),
        )
        for d in documents
    ]


def read_applicant(body: ApplicantBody, day: date) -> Applicant:
    found: dict[str, str | None] = {"address": body.address}
    wrong: list[tuple[str, Invalid]] = []

    def read(field: str, value: str | None, check: Callable[[str], str]) -> None:
        if value is not None and value.strip():  # left empty: not given
            try:
                found[field] = check(value)
            except Invalid as problem:
                wrong.append((field, problem))

    try:
        known = body.kind or (
            "organisation" if (body.tax_code or "").strip() and names_organisation(body.name) else None
        )
        found["name"], kind = applicant_name(body.name, known)
    except Invalid as problem:
        wrong.append(("name", problem))
        kind = body.kind or "person"
    read("citizen_id", body.citizen_id, lambda text: citizen_id(text, day).number)
    read("phone", body.phone, phone)
    if kind == "organisation":
        found["kind"] = kind
        read("tax_code", body.tax_code, tax_code)
        read("representative", body.representative, person_name)
    else:
        given = {"tax_code": body.tax_code, "representative": body.representative}
        wrong += [(field, _of_organisations()) for field, value in given.items() if value is not None and value.strip()]
    if wrong:
        first = wrong[0][1]
        errors = [at(problem, f"/applicant/{field}") for field, problem in wrong]
        raise Invalid(first.code, first.vi, first.en, errors=errors)
    return Applicant.model_validate(found)


def _of_organisations() -> Invalid:
    return Invalid(
        "applicant-not-organisation",
        "Chỉ tổ chức có mã số thuế và người đại diện ở đây. Hãy bỏ mục này, hoặc ghi kind là organisation.",
        "Only an organisation has a tax code and a representative here. Leave it out, or give kind organisation.",
    )
