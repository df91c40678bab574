"""What review lets one do to a case: one verb each. Routes, buttons, documents and the access matrix follow from this table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dossier_review import handlers
from dossier_review.schemas import (
    AnswerConsultation,
    Appraise,
    Approve,
    Assign,
    Consult,
    Note,
    Reject,
    RequestPayment,
    RequestSupplement,
    Return,
    Stop,
    WithdrawRequest,
)
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Button, Call, Field, Verb
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.journal.steps import Permit
from dossier_shared.problems import Invalid
from dossier_shared.runtime.directory import Directory

SPECIALIST, LEADER, OFFICERS = ("specialist",), ("leader",), ("specialist", "leader")


def permit(who: Principal) -> Permit:
    return lambda state, repeats: handlers.demand_sight(state, who, repeats)


def consult(call: Call[Directory], case: Dossier, wish: Consult) -> Sequence[New]:
    """An opinion is asked of no agency that is in no catalogue: nobody would ever answer."""
    recorded = handlers.consult_agency(case.state, call.who, wish.agency, wish.question)  # first who may, and when
    if call.world.unheard_of(wish.agency):
        raise Invalid(
            "agency-unknown",
            "Không có cơ quan này trong danh mục. Hãy kiểm tra lại mã cơ quan được hỏi ý kiến.",
            "The catalogue has no such agency. Check the code of the agency to be asked.",
        )
    return recorded


VERBS: tuple[Verb[Any, Directory], ...] = (
    Verb(
        name="appraise", roles=OFFICERS, body=Appraise, records=("appraised",), permit=permit, many=True,
        decide=lambda call, case, wish: handlers.appraise_case(case.state, call.who, wish.proposal, wish.note),
        purpose="Propose to approve or to reject.",
        buttons=(
            Button(
                vi="Đề xuất đồng ý", en="Propose approval", name="propose-approval", roles=SPECIALIST, many=True,
                body={"proposal": "approve"}, tone="primary",
            ),
            Button(
                vi="Đề xuất từ chối", en="Propose rejection", name="propose-rejection", roles=SPECIALIST,
                body={"proposal": "reject"}, reason="note", public=False,
            ),
        ),
    ),
    Verb(
        name="request-supplement", roles=SPECIALIST, body=RequestSupplement, records=("supplement-requested",),
        permit=permit, many=True,
        decide=lambda call, case, wish: handlers.request_supplement(case.state, call.who, wish.text),
        purpose="Ask the applicant for everything that is missing, at once: they read it; the clock stops.",
        buttons=(Button(vi="Yêu cầu bổ sung", en="Ask for a supplement", reason="text", aside=True),),
    ),
    Verb(
        name="request-payment", roles=SPECIALIST, body=RequestPayment, records=("payment-requested",), permit=permit,
        many=True,
        decide=lambda call, case, wish: handlers.request_payment(case.state, call.who, wish.amount_vnd, wish.reason),
        purpose="Ask the applicant for a fee; the clock stops.",
        buttons=(
            Button(
                vi="Yêu cầu nộp tiền", en="Ask for a payment", reason="reason", aside=True,
                also=Field("amount_vnd", "Số tiền (đồng)", "Amount (VND)", number=True),
            ),
        ),
    ),
    Verb(
        name="consult", roles=SPECIALIST, body=Consult, records=("consultation-requested",), permit=permit, many=True,
        decide=consult,
        purpose="Ask another agency for its opinion.",
        buttons=(
            Button(
                vi="Hỏi ý kiến", en="Consult", reason="question", public=False, aside=True,
                also=Field("agency", "Mã cơ quan được hỏi", "Code of the agency asked"),
            ),
        ),
    ),
    Verb(
        name="answer-consultation", roles=OFFICERS, body=AnswerConsultation, records=("consultation-answered",),
        permit=permit, many=True,
        decide=lambda call, case, wish: handlers.answer_consultation(case.state, call.who, wish.answer),
        purpose="The opinion of the agency that was asked; what came on paper is entered by a leader of the asking one.",
        buttons=(Button(vi="Cho ý kiến", en="Give an opinion", reason="answer", public=False),),
    ),
    Verb(
        name="withdraw-request", roles=OFFICERS, body=WithdrawRequest, records=("request-withdrawn",), permit=permit,
        decide=lambda call, case, wish: handlers.withdraw_request(case.state, call.who, wish.reason),
        purpose="While it waits: what was asked is not needed after all, back to appraisal.",
        buttons=(Button(vi="Rút yêu cầu", en="Take the request back", reason="reason"),),
    ),
    Verb(
        name="assign", roles=OFFICERS, body=Assign, records=("assigned",), permit=permit, many=True,
        decide=lambda call, case, wish: handlers.assign_case(case.state, call.who, wish.officer),
        purpose="Take the case; a leader may give it to another `officer`.",
        buttons=(Button(vi="Nhận việc", en="Take", name="take", roles=SPECIALIST, many=True, stays=True),),
    ),
    Verb(
        name="approve", roles=LEADER, body=Approve, records=("approved",), permit=permit, many=True,
        decide=lambda call, case, wish: handlers.approve_case(case.state, call.who, wish.note),
        purpose="Approve it: signing goes on.",
        buttons=(
            Button(vi="Phê duyệt", en="Approve", many=True, tone="primary"),
            Button(vi="Vẫn phê duyệt", en="Approve nonetheless", name="approve-nonetheless"),
        ),
    ),
    Verb(
        name="return", roles=LEADER, body=Return, records=("request-withdrawn", "returned"), permit=permit,
        decide=lambda call, case, wish: handlers.return_case(case.state, call.who, wish.reason),
        purpose="Send it back to appraisal.",
        buttons=(Button(vi="Trả lại", en="Return", reason="reason", public=False),),
    ),
    Verb(
        name="reject", roles=LEADER, body=Reject, records=("request-withdrawn", "rejected"), permit=permit,
        decide=lambda call, case, wish: handlers.reject_case(case.state, call.who, wish.reason),
        purpose="Reject it, with the reason: signing goes on.",
        buttons=(Button(vi="Từ chối", en="Reject", reason="reason", tone="danger"),),
    ),
    Verb(
        name="stop", roles=LEADER, body=Stop, records=("request-withdrawn", "stopped"), permit=permit,
        decide=lambda call, case, wish: handlers.stop_case(case.state, call.who, wish.reason),
        purpose="End it without a result before it is decided, also while it waits.",
        buttons=(Button(vi="Dừng giải quyết", en="Stop", reason="reason", tone="danger", aside=True),),
    ),
    Verb(
        name="note", roles=(*OFFICERS, "counter"), body=Note, records=("noted",), permit=permit,
        decide=lambda call, case, wish: handlers.note_case(case.state, call.who, wish.text),
        purpose="Keep a note with the case.",
    ),
)  # fmt: skip
