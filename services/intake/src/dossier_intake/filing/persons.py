"""Whom a filing is about, who files it and by which leave, and how the result is to come back. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from dossier_intake.problems import field_error
from dossier_shared.clock import instant
from dossier_shared.contracts.events import Applicant, Consent, FiledBy
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.codes import Sha256
from dossier_shared.vocabulary.moments import Instant, Until
from dossier_shared.vocabulary.persons import person_of
from dossier_shared.vocabulary.text import Human, OptionalLine


class ConsentBody(BaseModel):
    """The person's leave. `at`: when it was given; without it, when it is filed. `reference`: number of the paper, or `id` of a
    code (`POST /api/v1/consent-codes`) with the `code` itself. `document`: the paper, photographed: an uploaded file. `until`: an
    instant, or a day to its end; without it, until the person withdraws it."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["sms_code", "paper", "in_person"]
    at: Instant | None = None
    reference: OptionalLine = None
    code: Annotated[str | None, Field(max_length=20, repr=False)] = None
    document: Sha256 | None = None
    until: Until | None = None


class DeliveryBody(BaseModel):
    """How the result is wished for. `address`: of the post; without one, the applicant's."""

    model_config = ConfigDict(extra="forbid")
    how: Literal["online", "counter", "post"]
    address: Annotated[str | None, Human(500, lines=False, optional=True)] = None


class Way(NamedTuple):
    """How a filing came in: when, as one of many, and whether helpers must say by whose leave. `key`: makes ids of numbers."""

    at: datetime
    bulk: bool = False
    key: bytes = b""
    consent_demanded: bool = False


def person_of_applicant(applicant: Applicant, key: bytes) -> str | None:
    if key and applicant.citizen_id:
        return person_of(key, "citizen", applicant.citizen_id)
    if key and applicant.tax_code:
        return person_of(key, "tax", applicant.tax_code)
    return None


def filer(who: Principal, channel: str, applicant: Applicant, person: str | None, bulk: bool) -> FiledBy:
    """Who has a citizen's account files for themselves unless both numbers are known and differ; whom an organisation has
    named acts as the organisation."""
    unknown = person is None or who.person is None or applicant.kind == "organisation"
    if bulk:
        kind = "bulk"
    elif "counter" in who.roles:
        kind = "post" if channel == "postal" else "counter"
    elif (person is not None and who.person == person) or ("citizen" in who.roles and unknown):
        kind = "self"
    else:
        kind = "helper"
    return FiledBy(sub=who.sub, kind=kind)


def consent_of(given: ConsentBody | None, filed: FiledBy, who: Principal, way: Way) -> Consent | None:
    """Who stands at the counter consents by standing there, who posts a signed form by signing it. Raises Invalid where it is
    missing: of a citizen whose own number is another than the applicant's, and of every helper where the office demands it."""
    if filed.kind == "self":
        return None
    if given is not None:
        return _given(given, way.at)
    by_standing = {"counter": "in_person", "post": "paper"}
    if filed.kind in by_standing:
        return Consent(kind=by_standing[filed.kind], at=instant(way.at))
    if way.consent_demanded or (filed.kind == "helper" and "citizen" in who.roles):
        raise _refused(
            "consent-required",
            "Nộp hồ sơ thay người khác phải có sự đồng ý của họ. Hãy ghi mục consent: mã xác nhận, giấy tờ hoặc có mặt.",
            "Who files for somebody else must have their consent. Give it in `consent`: a code, a paper, or in person.",
        )
    return None


def _given(given: ConsentBody, filed_at: datetime) -> Consent:
    since, until = given.at or filed_at, given.until
    if since > filed_at:
        raise _refused("consent-later", "Sự đồng ý có sau lúc nộp.", "The consent is later than the filing.", "/at")
    if until is not None and until <= since:
        raise _refused(
            "consent-ends-early",
            "Sự đồng ý hết hạn trước khi được đưa ra. Hãy xem lại hai thời điểm.",
            "The consent ends before it was given. Look at both times again.",
            "/until",
        )
    if until is not None and until <= filed_at:
        raise _refused(
            "consent-over",
            "Sự đồng ý đã hết hạn. Hãy xin lại sự đồng ý, hoặc để người có hồ sơ tự nộp.",
            "The consent is over already. Ask for it again, or let the person file.",
            "/until",
        )
    return Consent(
        kind=given.kind, at=instant(since), reference=given.reference or "", until=instant(until) if until else None
    )


def _refused(code: str, vi: str, en: str, below: str = "") -> Invalid:
    return Invalid(code, vi, en, errors=[field_error(f"/consent{below}", code, vi, en)])


def delivery_address(wish: DeliveryBody | None, applicant: Applicant) -> str | None:
    """Where the post is to bring it; None where it is not to bring anything."""
    if wish is None or wish.how != "post":
        return None
    if address := wish.address or applicant.address:
        return address
    vi, en = "Chưa có địa chỉ để bưu chính trả kết quả.", "There is no address for the post to bring the result to."
    raise Invalid(
        "delivery-address-missing", vi, en,
        errors=[field_error("/delivery/address", "delivery-address-missing", vi, en)],
    )  # fmt: skip
