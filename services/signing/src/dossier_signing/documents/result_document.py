"""The result of a dossier as a PDF/A-2b: what it says is decided here, how it looks in ``templates/result.typ``."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, model_validator

from dossier_shared.documents.printing import typeset
from dossier_shared.documents.words import RequiredText, Text, place_and_date, visible
from dossier_shared.vocabulary.moments import VIETNAM

ResultKind = Literal[
    "certificate", "extract", "certified_copy", "decision", "permit", "card", "notification", "rejection"
]

TITLES: dict[ResultKind, tuple[str, str]] = {
    "certificate": ("GIẤY CHỨNG NHẬN", "Certificate"),
    "extract": ("TRÍCH LỤC", "Extract"),
    "certified_copy": ("BẢN SAO CHỨNG THỰC", "Certified copy"),
    "decision": ("QUYẾT ĐỊNH", "Decision"),
    "permit": ("GIẤY PHÉP", "Permit"),
    "card": ("GIẤY XÁC NHẬN CẤP THẺ", "Confirmation of a card issued"),
    "notification": ("THÔNG BÁO", "Notification"),
    "rejection": ("THÔNG BÁO", "Notice"),
}
OPENINGS: dict[ResultKind, tuple[str, str]] = {
    "certificate": ("chứng nhận:", "hereby certifies:"),
    "extract": ("trích lục các nội dung sau:", "extracts the following from its records:"),
    "certified_copy": ("chứng thực bản sao đúng với bản chính:", "certifies the copy as true to the original:"),
    "decision": ("quyết định:", "decides:"),
    "permit": ("cho phép:", "hereby permits:"),
    "card": ("xác nhận đã cấp:", "confirms the issue of:"),
    "notification": ("thông báo:", "gives notice:"),
    "rejection": ("thông báo:", "gives notice:"),
}
SUBSTITUTED = (
    "Ký tự không in được lên văn bản này được ghi bằng mã Unicode trong ngoặc vuông, ví dụ [U+1F600], theo ý kiến của người ký.",
    "By the signer's word, characters that cannot be printed on this document stand as Unicode code points in brackets.",
)


class KeyUnreadable(Exception):
    """One signer's key cannot be read while the folder of all keys can."""


class CannotSign(Exception):
    """This document cannot be signed as it stands; a repetition would not help. What cannot even be printed is a
    CannotPrint.

    CannotSign
    ├── UnsignablePdf     (pades.py) unreadable, or signed already
    ├── OutsideValidity   (pades.py) the leader's certificate does not cover the instant
    └── NotWhatWasSeen    (workers.py) the leader was shown another document
    """

    code = "unexpected"


class ResultField(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")  # rows come from an event, which may gain fields

    label_vi: RequiredText
    value: Text
    label_en: Text = ""
    strong: bool = False


class ResultDocument(BaseModel):
    """Everything a result says. ``decided_at`` is business time and dates the document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ResultKind
    number: RequiredText
    agency_vi: RequiredText
    agency_en: Text = ""
    parent_agency_vi: Text = ""
    procedure_vi: RequiredText
    procedure_en: Text = ""
    dossier_code: RequiredText
    holder_name: RequiredText
    fields: tuple[ResultField, ...] = ()
    reason: Text = ""
    legal_basis: tuple[Text, ...] = ()
    recipients: tuple[Text, ...] = ()
    decided_at: AwareDatetime
    leader_name: RequiredText
    leader_title: RequiredText
    place: RequiredText
    on_behalf_of: Text = ""
    agency_lines: tuple[Text, ...] = ()
    substitute: bool = False
    """The leader's word: letters no font has are printed as their code points, and the document says so."""

    @model_validator(mode="after")
    def _a_rejection_says_why(self) -> ResultDocument:
        if self.kind == "rejection" and not visible(self.reason):
            raise ValueError("a rejection states its reason")
        return self


def render(document: ResultDocument, signed_at: datetime) -> bytes:
    """The same document and instant (wall clock) give the same bytes. Raises UnprintableText, RenderingFailed."""
    return typeset(_template(), page_data(document, signed_at), signed_at, substitute=document.substitute)


@cache
def _template() -> bytes:
    return files("dossier_signing.documents").joinpath("templates/result.typ").read_bytes()


def page_data(document: ResultDocument, signed_at: datetime) -> dict[str, object]:
    """What the template is given: strings ready to be set, nothing left to decide there."""
    title_vi, title_en = TITLES[document.kind]
    opening_vi, opening_en = OPENINGS[document.kind]
    rejection = document.kind == "rejection"
    refused_en = f"{title_en}: application not granted"
    own = [
        ResultField(label_vi="Thủ tục hành chính", label_en="Procedure", value=document.procedure_vi),
        ResultField(label_vi="Mã hồ sơ", label_en="Dossier", value=document.dossier_code),
    ]
    holder = ResultField(
        label_vi="Người đề nghị (cá nhân, tổ chức)", label_en="Applicant", value=document.holder_name, strong=True
    )
    rows = [*own, *document.fields] if rejection else [holder, *document.fields, *own]
    default_recipients = (document.holder_name, "Cổng Dịch vụ công quốc gia", "Lưu: VT, hồ sơ")
    return {
        "rejection": rejection,
        "number": document.number,
        "title_vi": title_vi,
        "subject_vi": f"Về việc không giải quyết hồ sơ {document.procedure_vi}" if rejection else document.procedure_vi,
        "subtitle_en": " — ".join(filter(None, (refused_en if rejection else title_en, document.procedure_en))),
        "agency_vi": document.agency_vi,
        "agency_lines": [line.upper() for line in document.agency_lines or (document.agency_vi,)],
        "parent_agency": document.parent_agency_vi.upper(),
        "place_and_date": place_and_date(document.place, document.decided_at),
        "dossier_code": document.dossier_code,
        "holder_name": document.holder_name,
        "legal_basis": document.legal_basis,
        "reason": document.reason,
        "opening_vi": f"{document.agency_vi} {opening_vi}",
        "opening_en": f"{document.agency_en} {opening_en}" if document.agency_en else "",
        "substituted": SUBSTITUTED if document.substitute else ("", ""),
        "closing_vi": "Văn bản này được lập và ký số theo quy định của pháp luật về giao dịch điện tử.",
        "fields": [row.model_dump() for row in rows],
        "recipients": document.recipients or default_recipients,
        "on_behalf_of": document.on_behalf_of.upper(),
        "signer_title": document.leader_title.upper(),
        "signer_name": document.leader_name,
        "signed_at": signed_at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S +07:00"),
    }
