"""What review lets one do to a case: one verb each. Routes, buttons, documents and the access matrix follow from this table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from dossier_review import handlers
from dossier_review.policy import LEADER, POLICY, SPECIALIST
from dossier_review.schemas import (
    AnswerConsultation,
    Appraise,
    Approve,
    Assign,
    Consult,
    DeclineWithdrawal,
    Extend,
    GrantWithdrawal,
    HandOver,
    Note,
    Reject,
    RequestExtension,
    RequestPayment,
    RequestSupplement,
    Return,
    Stop,
    WithdrawConsultation,
    WithdrawRequest,
)
from dossier_review.sharing import demand_officer
from dossier_shared.clock import instant
from dossier_shared.http.verbs import Button, Call, Field, Verb
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.problems import Invalid
from dossier_shared.runtime.directory import Directory

TAKEN_BACK = ("request-withdrawn", "consultation-withdrawn")
OPINION, WHY_LATE = ("Ý kiến", "Opinion"), ("Lý do chậm, xin lỗi người dân", "Why it is late; the citizen reads it")
REMARK = Field("note", "Ý kiến của lãnh đạo", "The leader's remark", lines=True, optional=True)
WORKING_DAYS = Field("amount", "Số ngày làm việc", "Working days", number=True)


def consult(call: Call[Directory], case: Dossier, wish: Consult) -> Sequence[New]:
    """An opinion is asked of no agency that is in no catalogue: nobody would ever answer."""
    agencies = wish.agencies or [wish.agency or ""]
    if not all(agencies) or (wish.agencies and wish.agency):
        raise Invalid(
            "agency-missing",
            "Hãy nhập mã các cơ quan được hỏi ý kiến (agencies), hoặc mã một cơ quan (agency).",
            "Give the codes of the agencies to be asked (agencies), or the code of one (agency).",
        )
    limit = instant(call.at + timedelta(days=wish.limit_days)) if wish.limit_days else None
    recorded = handlers.consult_agencies(case.state, agencies, wish.question, limit)  # first when
    _known(call.world, agencies)
    return recorded


def hand_over(call: Call[Directory], case: Dossier, wish: HandOver) -> Sequence[New]:
    """To no agency that is in no catalogue: nobody would ever go on with it."""
    world, code = call.world, wish.agency
    entry = world.agency(code)
    to = handlers.Competent(code, entry.name_vi, entry.above) if entry else handlers.Competent(code)
    recorded = handlers.hand_over(case.state, to, wish.reason)
    _known(world, [code])
    return recorded


def _known(directory: Directory, agencies: Sequence[str]) -> None:
    for code in agencies:
        if directory.unheard_of(code):
            raise Invalid(
                "agency-unknown",
                f"Không có cơ quan {code} trong danh mục. Hãy kiểm tra lại mã cơ quan.",
                f"The catalogue has no agency {code}. Check the code.",
            )


def assign(call: Call[Directory], case: Dossier, wish: Assign) -> Sequence[New]:
    recorded = handlers.assign_case(case.state, call.who, wish.officer)
    if wish.officer is not None:
        demand_officer(call.world.officers, wish.officer, case.state["agency"], call.at)
    return recorded


VERBS: tuple[Verb[Any, Directory], ...] = (
    Verb(
        name="appraise", policy=POLICY, body=Appraise, records=("appraised",), many=True,
        decide=lambda call, case, wish: handlers.appraise_case(case.state, wish.proposal, wish.note),
        purpose="Propose to approve or to reject.",
        buttons=(
            Button(
                vi="Đề xuất giải quyết", en="Propose approval", name="propose-approval", roles=SPECIALIST, many=True,
                body={"proposal": "approve"}, tone="primary",
                fields=(Field("note", "Ý kiến thẩm định", "Opinion", lines=True, optional=True),),
            ),
            Button(
                vi="Đề xuất từ chối", en="Propose rejection", name="propose-rejection", roles=SPECIALIST,
                body={"proposal": "reject"}, reason="note", public=False, asks=("Ý kiến thẩm định", "Opinion"),
            ),
        ),
    ),
    Verb(
        name="request-supplement", policy=POLICY, body=RequestSupplement, records=("supplement-requested",),
        many=True,
        decide=lambda call, case, wish: handlers.request_supplement(case.state, wish.text),
        purpose="Ask the applicant for everything that is missing, at once: they read it; the clock stops.",
        buttons=(
            Button(
                vi="Yêu cầu bổ sung", en="Ask for a supplement", reason="text", aside=True,
                asks=("Nội dung cần bổ sung, đầy đủ một lần", "Everything that is missing, at once"),
            ),
        ),
    ),
    Verb(
        name="request-payment", policy=POLICY, body=RequestPayment, records=("payment-requested",),
        many=True,
        decide=lambda call, case, wish: handlers.request_payment(case.state, wish.amount_vnd, wish.reason),
        purpose="Ask the applicant for a fee; the clock stops.",
        buttons=(
            Button(
                vi="Yêu cầu nộp tiền", en="Ask for a payment", reason="reason", aside=True,
                also=Field("amount_vnd", "Số tiền (đồng)", "Amount (VND)", number=True),
            ),
        ),
    ),
    Verb(
        name="consult", policy=POLICY, body=Consult, records=("consultation-requested",), many=True,
        decide=consult,
        purpose="Ask other agencies for their opinions, each a question of its own.",
        buttons=(
            Button(
                vi="Hỏi ý kiến", en="Consult", reason="question", public=False, aside=True, asks=("Câu hỏi", "Question"),
                also=Field("agency", "Mã cơ quan được hỏi", "Code of the agency asked"),
                fields=(
                    Field("agencies", "Cơ quan được hỏi", "Agencies asked", agencies=True, many=True),
                    Field("limit_days", "Trả lời trong (ngày)", "Answer within (days)", number=True, optional=True),
                ),
            ),
        ),
    ),
    Verb(
        name="answer-consultation", policy=POLICY, body=AnswerConsultation, records=("consultation-answered",),
        many=True,
        decide=lambda call, case, wish: handlers.answer_consultation(case.state, call.who, wish.answer, wish.id),
        purpose="The opinion of the agency that was asked; what came on paper is entered by a leader of the asking one.",
        buttons=(Button(vi="Cho ý kiến", en="Give an opinion", reason="answer", public=False, asks=OPINION),),
    ),
    Verb(
        name="withdraw-consultation", policy=POLICY, body=WithdrawConsultation, records=("consultation-withdrawn",),

        decide=lambda call, case, wish: handlers.withdraw_consultation(case.state, wish.id, wish.reason),
        purpose="One opinion is not needed after all; back to appraisal once no other is awaited.",
        buttons=(
            Button(
                vi="Không cần ý kiến này nữa", en="This opinion is not needed", reason="reason", public=False, listed=False,
                fields=(Field("id", "Câu hỏi số", "Number of the question"),),
            ),
        ),
    ),
    Verb(
        name="withdraw-request", policy=POLICY, body=WithdrawRequest, records=TAKEN_BACK,
        decide=lambda call, case, wish: handlers.withdraw_request(case.state, wish.reason),
        purpose="While it waits: what was asked is not needed after all, back to appraisal.",
        buttons=(Button(vi="Rút yêu cầu", en="Take the request back", reason="reason"),),
    ),
    Verb(
        name="assign", policy=POLICY, body=Assign, records=("assigned",), many=True,
        decide=assign,
        purpose="Take the case; a leader may give it to another `officer`.",
        buttons=(
            Button(vi="Nhận việc", en="Take", name="take", roles=SPECIALIST, many=True, stays=True),
            Button(
                vi="Giao cán bộ", en="Assign", roles=LEADER, listed=False, public=False,
                fields=(Field("officer", "Cán bộ", "Officer", officers=True),),
            ),
        ),
    ),
    Verb(
        name="approve", policy=POLICY, body=Approve, records=("approved",), many=True,
        decide=lambda call, case, wish: handlers.approve_case(case.state, wish.note),
        purpose="Approve it: signing goes on.",
        buttons=(
            Button(vi="Phê duyệt", en="Approve", many=True, tone="primary", fields=(REMARK,)),
            Button(vi="Vẫn phê duyệt", en="Approve nonetheless", name="approve-nonetheless", fields=(REMARK,)),
        ),
    ),
    Verb(
        name="return", policy=POLICY, body=Return, records=(*TAKEN_BACK, "returned"),
        decide=lambda call, case, wish: handlers.return_case(case.state, wish.reason),
        purpose="Send it back to appraisal.",
        buttons=(Button(vi="Trả lại", en="Return", reason="reason", public=False),),
    ),
    Verb(
        name="reject", policy=POLICY, body=Reject, records=(*TAKEN_BACK, "rejected"),
        decide=lambda call, case, wish: handlers.reject_case(case.state, wish.reason),
        purpose="Reject it, with the reason: signing goes on.",
        buttons=(Button(vi="Từ chối", en="Reject", reason="reason", tone="danger"),),
    ),
    Verb(
        name="stop", policy=POLICY, body=Stop, records=(*TAKEN_BACK, "stopped"),
        decide=lambda call, case, wish: handlers.stop_case(case.state, wish.reason),
        purpose="End it without a result before it is decided, also while it waits.",
        buttons=(Button(vi="Dừng giải quyết", en="Stop", reason="reason", tone="danger", aside=True),),
    ),
    Verb(
        name="request-extension", policy=POLICY, body=RequestExtension, records=("extension-requested",),
        many=True,
        decide=lambda call, case, wish: handlers.request_extension(
            case.state, wish.amount, wish.unit, wish.reason
        ),
        purpose="Ask the leader for more time, before the appointment.",
        buttons=(
            Button(
                vi="Đề nghị gia hạn", en="Ask for more time", reason="reason", public=False, aside=True,
                body={"unit": "working_day"}, also=WORKING_DAYS,
            ),
        ),
    ),
    Verb(
        name="extend", policy=POLICY, body=Extend, records=("extended",), optional=True,
        decide=lambda call, case, wish: handlers.extend_case(
            case.state, handlers.MoreTime(wish.amount, wish.unit, wish.reason)
        ),
        purpose="Give more time, with an apology to the citizen (form 04); what is left out is as it was asked for.",
        buttons=(
            Button(
                vi="Gia hạn", en="Extend",
                fields=(replace(WORKING_DAYS, optional=True), Field("reason", *WHY_LATE, lines=True, optional=True)),
            ),
            Button(  # without having been asked to
                vi="Gia hạn, xin lỗi", en="Extend, and apologise", name="extend-unasked", listed=False,
                body={"unit": "working_day"}, fields=(WORKING_DAYS,), reason="reason", asks=WHY_LATE,
            ),
        ),
    ),
    Verb(
        name="grant-withdrawal", policy=POLICY, body=GrantWithdrawal, records=(*TAKEN_BACK, "withdrawal-granted"),
        optional=True,
        decide=lambda call, case, wish: handlers.grant_withdrawal(case.state),
        purpose="The person wants it back: ended without a result, also while it waits.",
        buttons=(Button(vi="Cho rút hồ sơ", en="Grant the withdrawal"),),
    ),
    Verb(
        name="decline-withdrawal", policy=POLICY, body=DeclineWithdrawal, records=("withdrawal-declined",),
        decide=lambda call, case, wish: handlers.decline_withdrawal(case.state, wish.reason),
        purpose="The person wants it back, and that cannot be: the work goes on.",
        buttons=(Button(vi="Không cho rút", en="Decline the withdrawal", reason="reason"),),
    ),
    Verb(
        name="hand-over", policy=POLICY, body=HandOver, records=(*TAKEN_BACK, "handed-over"), decide=hand_over,
        purpose="Another agency is competent: from here on it is that one's.",
        buttons=(
            Button(
                vi="Chuyển cơ quan có thẩm quyền", en="Hand over", reason="reason", aside=True,
                also=Field("agency", "Cơ quan có thẩm quyền", "Competent agency", agencies=True),
            ),
        ),
    ),
    Verb(
        name="note", policy=POLICY, body=Note, records=("noted",),
        decide=lambda call, case, wish: handlers.note_case(case.state, wish.text),
        purpose="Keep a note with the case.",
        buttons=(
            Button(
                vi="Ghi chú", en="Note", reason="text", public=False, listed=False, asks=("Nội dung", "Words"),
            ),
        ),
    ),
)  # fmt: skip
