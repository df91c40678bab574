"""The leader's work list: decided, waiting for a signature; what could not be signed comes back with the reason."""

from __future__ import annotations

from fastapi import APIRouter

from dossier_shared.clock import Clock, instant, parse_instant
from dossier_shared.http.auth import own_agency
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.work_list import WorkItem, WorkPage, work_router
from dossier_shared.runtime.directory import Directory
from dossier_signing.commands import VERBS
from dossier_signing.documents.printed import odd_letters
from dossier_signing.store import ResultList

OUTCOMES = {"approved": ("Kết quả", "Result"), "rejected": ("Văn bản từ chối", "Rejection letter")}
FAILURES = {
    "unprintable-text": ("có chữ không in được", "some text cannot be printed"),
    "unsignable-pdf": ("không tạo được văn bản", "the document could not be made"),
    "rendering-failed": ("không tạo được văn bản", "the document could not be made"),
    "certificate-not-valid": ("chứng thư không còn hiệu lực", "the certificate is not valid now"),
    "empty-holder": ("họ tên người nhận không có chữ nào in được", "nothing of the holder's name can be printed"),
    "empty-reason": ("lý do từ chối không có chữ nào in được", "nothing of the reason for rejecting can be printed"),
    "form-row-invalid": ("một mục của tờ khai không in được", "a row of the form cannot be printed"),
    "document-invalid": ("nội dung văn bản không hợp lệ", "the document's content is not valid"),
    "worker-died": (
        "chương trình ký dừng đột ngột khi ký văn bản này",
        "the signer stopped while it signed this document",
    ),
    "key-unreadable": ("không đọc được khóa ký của người ký", "the signer's key cannot be read"),
    "cannot-be-recorded": ("đã ký nhưng không ghi nhận được", "it was signed, and could not be recorded"),
    "unexpected": ("lỗi ngoài dự kiến, đã thử nhiều lần", "something unexpected went wrong, several times"),
    "given-up": ("quản trị viên đã dừng việc ký", "an administrator has ended the signing"),
}

SUBSTITUTED = (
    "unprintable-text",
    "empty-holder",
    "empty-reason",
    "form-row-invalid",
)  # code points in their place help


def work_list(results: ResultList, clock: Clock, directory: Directory) -> APIRouter:
    async def load(who: Principal, limit: int, cursor: str | None) -> WorkPage:
        now, found = instant(clock.now()), await results.queue(own_agency(who), limit, cursor)
        return WorkPage([item_of(directory.shown(dossier), now) for dossier in found.rows], found.next)

    return work_router("signing", "Kết quả chờ ký", "Results to sign", load, VERBS)


def item_of(dossier: Dossier, now: str) -> WorkItem:
    state = dossier.state
    due: str | None = state["appointment"]
    vi, en = OUTCOMES[state["status"]]
    if failure := state.get("failure"):
        why_vi, why_en = FAILURES.get(failure, (f"lỗi {failure}", f"error {failure}"))
        vi, en = f"{vi} – chưa ký được: {why_vi}", f"{en} – not signed: {why_en}"
    if odd := odd_letters(state):
        vi, en = f"{vi} – không in được {odd}", f"{en} – cannot print {odd}"
    return WorkItem(
        dossier.id,
        state["code"],
        state["procedure_name"] or state["procedure"],
        due=parse_instant(due) if due else None,
        late=bool(due) and str(due) < now,
        state_vi=vi,
        state_en=en,
        version=dossier.version,
        actions=("sign", "substitute") if odd or failure in SUBSTITUTED else ("sign",),
    )
