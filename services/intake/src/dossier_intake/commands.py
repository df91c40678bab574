"""What intake lets one do to a dossier that is filed: one verb each. Filing itself is in filing_api.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dossier_intake import completing, consenting, correcting, handlers, withdrawing
from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.filing.checks import uploaded
from dossier_intake.filing.documents import FREE
from dossier_intake.filing_api import FilingDesk
from dossier_intake.policy import COUNTER, POLICY
from dossier_intake.schemas import (
    Accept,
    Correct,
    PaymentConfirmation,
    Refuse,
    RequestCompletion,
    Supplement,
    Withdraw,
    WithdrawConsent,
)
from dossier_shared.clock import given_instant
from dossier_shared.http.verbs import Button, Call, Field, Verb
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.problems import Forbidden, Invalid


@dataclass(frozen=True, slots=True)
class World:
    """What intake's decisions read besides the dossier."""

    desk: FilingDesk

    @property
    def catalogue(self) -> Catalogue:
        return self.desk.catalogues.current

    async def papers_of(self, dossier_id: str, wanted: set[str]) -> set[str]:
        """Codes that a supplement may name: of its procedure today, or in the catalogue it was filed under."""
        if wanted <= {FREE}:
            return wanted
        found = (await self.desk.runtime.dossiers.load([dossier_id], journal=False)).get(dossier_id)
        if found is None or "procedure" not in found.state:
            return {FREE}
        known = {FREE, *self.catalogue.papers(found.state["procedure"])}
        if wanted - known and (kept := await self.desk.catalogues.kept(found.state["catalogue"])) is not None:
            known |= kept.papers(found.state["procedure"])
        return known

    async def filed(self, dossier_id: str) -> tuple[Catalogue, dict[str, Any]]:
        """The catalogue it was filed under, and the answers of its form by the whole journal."""
        found = (await self.desk.runtime.dossiers.load_whole([dossier_id])).get(dossier_id)
        if found is None or "catalogue" not in found.state:
            return self.catalogue, {}
        kept = await self.desk.catalogues.kept(found.state["catalogue"])
        return kept or self.catalogue, correcting.filed_answers(found) or {}


def promised_by(register: str) -> str:
    """An older register's appointment, in the one stored form."""
    try:
        return given_instant(register)
    except ValueError:
        raise Invalid(
            "instant-invalid",
            "Thời điểm không hợp lệ. Hãy ghi theo ISO 8601 kèm múi giờ, ví dụ 2025-07-01T08:00:00+07:00.",
            "Not a valid instant. Write ISO 8601 with an offset, for example 2025-07-01T08:00:00+07:00.",
            errors=[{"path": "/appointment", "message": "not an instant with an offset"}],
        ) from None


def accept(call: Call[World], dossier: Dossier, wish: Accept) -> Sequence[New]:
    """The appointment is computed; only a replay gives the one of an older register."""
    promised = None
    if wish.appointment is not None:
        if not (call.world.desk.runtime.settings.development and "replay" in call.who.roles):
            raise Forbidden(
                "appointment-refused",
                "Ngày hẹn do hệ thống tính, không được nhập tay.",
                "The appointment is computed; it cannot be given.",
            )
        promised = promised_by(wish.appointment)
    return handlers.accept_dossier(dossier.state, call.at, call.world.catalogue, promised)


async def papers(call: Call[World], dossier_id: str, wish: Supplement) -> tuple[completing.Documents, set[str]]:
    if wish.text is None and not wish.documents:
        raise Invalid(
            "supplement-empty",
            "Chưa có gì để bổ sung. Hãy tải giấy tờ lên hoặc ghi nội dung trả lời.",
            "There is nothing in it. Upload a document or write an answer.",
        )
    files = await call.world.desk.uploads.of(call.who, [document.id for document in wish.documents])
    documents = uploaded(wish.documents, files)
    return documents, await call.world.papers_of(dossier_id, {document.code for document in wish.documents})


def supplement(call: Call[World], dossier: Dossier, wish: Supplement) -> Sequence[New]:
    documents, known = call.gathered
    return handlers.receive_supplement(dossier.state, call.at, call.world.catalogue, wish.text, documents, known)


def request_completion(call: Call[World], dossier: Dossier, wish: RequestCompletion) -> Sequence[New]:
    return completing.request_completion(dossier.state, call.at, call.world.catalogue, wish.text, wish.limit_days)


def complete(call: Call[World], dossier: Dossier, wish: Supplement) -> Sequence[New]:
    documents, known = call.gathered
    return completing.complete(dossier.state, wish.text, documents, known)


async def as_filed(call: Call[World], dossier_id: str, wish: Correct) -> tuple[Catalogue, dict[str, Any]]:
    return await call.world.filed(dossier_id)


def correct(call: Call[World], dossier: Dossier, wish: Correct) -> Sequence[New]:
    """By the answers as they are now: another correction may have come between."""
    catalogue, answers = call.gathered
    now = correcting.filed_answers(dossier)
    key = call.world.desk.person_key
    return correcting.correct(dossier.state, call.at, catalogue, answers if now is None else now, wish, key)


def payment_confirmed(call: Call[World], dossier: Dossier, wish: PaymentConfirmation) -> Sequence[New]:
    return handlers.confirm_payment(dossier.state, call.at, call.world.catalogue, wish.receipt)


CAME = ("Đã nhận những gì", "What came")
APPLICANT = (
    Field("applicant.name", "Họ và tên đúng", "Name", optional=True),
    Field("applicant.phone", "Điện thoại đúng", "Phone", optional=True),
    Field("applicant.address", "Địa chỉ đúng", "Address", optional=True),
    Field("applicant.citizen_id", "Số định danh cá nhân đúng", "Personal number", optional=True),
    Field("applicant.tax_code", "Mã số thuế đúng (của tổ chức)", "Tax code (of an organisation)", optional=True),
    Field(
        "applicant.representative", "Người đại diện đúng (của tổ chức)", "Who acts for the organisation", optional=True
    ),
    Field(
        "another_person",
        "Số mới là của người khác: hồ sơ này của người đó",
        "The new number is somebody else's, whom the dossier is about",
        tick=True,
    ),
)
VERBS: tuple[Verb[Any, World], ...] = (
    Verb(
        name="accept", policy=POLICY, body=Accept, records=("accepted",), many=True,
        decide=accept,
        purpose="Accept it: the clock starts, the appointment is computed (`appointment` is taken from a replay only).",
        buttons=(Button(vi="Tiếp nhận", en="Accept", many=True, tone="primary"),),
    ),
    Verb(
        name="refuse", policy=POLICY, body=Refuse, records=("refused",),
        decide=lambda call, dossier, wish: handlers.refuse_dossier(dossier.state, wish.reason),
        purpose="Refuse it; the applicant reads the reason.",
        buttons=(Button(vi="Từ chối tiếp nhận", en="Refuse", reason="reason", tone="danger", texted=102),),
    ),
    Verb(
        name="request-completion", policy=POLICY, body=RequestCompletion, records=("completion-requested",),
        decide=request_completion,
        purpose="Before acceptance: tell the applicant everything that is missing, at once. Not completed by then it is refused.",
        buttons=(Button(vi="Yêu cầu hoàn thiện", en="Ask for what is missing", reason="text"),),
    ),
    Verb(
        name="complete", policy=POLICY, body=Supplement, records=("completed",),
        gather=papers, decide=complete,
        purpose="What the counter asked for before acceptance, handed in as a supplement is. 409 "
        "`nothing-awaited` unless it did.",
        buttons=(
            Button(
                vi="Nhận giấy tờ hoàn thiện", en="Take what was missing", reason="text", roles=COUNTER, listed=False, asks=CAME,
            ),
        ),
    ),
    Verb(
        name="withdraw", policy=POLICY, body=Withdraw, records=("withdrawn", "withdrawal-requested"),

        decide=lambda call, dossier, wish: withdrawing.withdraw(dossier.state, wish.reason),
        purpose="Before acceptance it is withdrawn; later the agency is asked for it, once until it answers (409 "
        "`withdrawal-pending`).",
        buttons=(
            Button(
                vi="Người nộp xin rút", en="The applicant withdraws", reason="reason", roles=COUNTER, listed=False, tone="danger",
            ),
        ),
    ),
    Verb(
        name="withdraw-consent", policy=POLICY, body=WithdrawConsent, records=("consent-withdrawn",), optional=True,
        decide=lambda call, dossier, wish: consenting.withdraw_consent(dossier.state),
        purpose="The person takes back the consent by which somebody filed for them: that account sees nothing of it any "
        "more, the dossier goes on. Once is enough (a repeat records nothing). 409 `no-consent` where nobody filed for another.",
        buttons=(
            Button(
                vi="Người dân rút lại sự đồng ý nộp thay", en="The person withdraws the consent", roles=COUNTER, listed=False,
                aside=True,
            ),
        ),
    ),
    Verb(
        name="correct", policy=POLICY, body=Correct, records=("corrected",), gather=as_filed,
        decide=correct,
        purpose="Put right what the applicant said of themselves, checked as a filing is, until it is signed. Another person's "
        "number needs `another_person` (409 `another-person`).",
        buttons=(
            Button(
                vi="Sửa thông tin người nộp", en="Put the applicant's data right", reason="reason", listed=False,
                fields=APPLICANT,
                asks=("Sai ở đâu, căn cứ giấy tờ nào", "What was wrong, and by which paper"),
            ),
        ),
    ),
    Verb(
        name="supplement", policy=POLICY, body=Supplement, records=("supplement-received",),
        gather=papers, decide=supplement,
        purpose="What review asked for, by its owner or the counter: words, or papers uploaded before, whose `code` is one "
        "of the procedure's or `supplement`. 409 `nothing-awaited` unless it did.",
        buttons=(
            Button(vi="Nhận giấy tờ bổ sung", en="Take the supplement", reason="text", roles=COUNTER, listed=False, asks=CAME),
        ),
    ),
    Verb(
        name="payment-confirmed", policy=POLICY, body=PaymentConfirmation, records=("payment-confirmed",),
        many=True, decide=payment_confirmed,
        purpose="The fee review asked for is paid.",
        buttons=(Button(vi="Xác nhận đã nộp phí, lệ phí", en="Confirm the fee is paid", roles=COUNTER, many=True),),
    ),
)  # fmt: skip
