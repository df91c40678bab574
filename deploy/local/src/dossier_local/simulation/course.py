"""What becomes of one dossier after its filing, in the hands of whichever agency has it. Pure, by the week's own dice."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dossier_local.simulation import rhythm
from dossier_local.simulation.client import Account
from dossier_local.simulation.people import person
from dossier_local.simulation.plan import ASSIGN, SIGN, Step

Json = dict[str, Any]
REASONS_REFUSED = (
    "Giấy tờ nộp kèm không đọc được.",
    "Hồ sơ không thuộc địa bàn của phường, xã.",
    "Thông tin khai chưa khớp giấy tờ.",
)
REASONS_REJECTED = ("Không đủ điều kiện theo quy định.", "Thông tin không khớp cơ sở dữ liệu quốc gia về dân cư.")
INCOMPLETE = "Tờ khai còn thiếu chữ ký và bản chụp giấy tờ chưa rõ: đề nghị nộp lại đầy đủ."
MISSING = "Đề nghị bổ sung giấy tờ còn thiếu và ký tên vào tờ khai."
HANDED_IN = "Đã bổ sung theo yêu cầu."
NOT_NEEDED = "Tôi không còn nhu cầu giải quyết hồ sơ này."
WITHDRAWAL_DECLINED = "Hồ sơ liên quan đến quyền lợi của người khác nên phải giải quyết tiếp."
REASON_PAYMENT = "Lệ phí theo nghị quyết của Hội đồng nhân dân tỉnh."
QUESTION = "Đề nghị xác nhận thông tin cư trú của người nộp hồ sơ."
OPINION = "Thông tin đúng như kê khai."
OPINION_NOT_NEEDED = "Đã có đủ thông tin từ cơ quan khác."
REASON_EXTENDED = "Cần xác minh thêm tại nơi cư trú trước đây."
REASON_HANDED_OVER = "Người nộp đã chuyển nơi cư trú, thẩm quyền thuộc phường, xã nơi cư trú mới."
REASON_RETURNED = "Đề nghị thẩm định lại nội dung tờ khai."
REASON_SENT_BACK = "Địa chỉ của người nộp ghi chưa đủ."
REASON_CORRECTED = "Ghi đủ số nhà theo giấy tờ của người nộp."
SENT_BACK = ("illegal-transition",)  # so review says until it has heard of it, and signing until it is decided anew


@dataclass(frozen=True, slots=True)
class Case:
    """`centre`: the one-stop centre that took it in. `competent`: agencies that could decide it. `fetched`: the result is wished
    for at the counter."""

    filed: Step
    agency: str
    centre: str | None
    limit: timedelta
    competent: Collection[str]
    agencies: Collection[str]  # whose opinion may be asked
    fetched: bool


def officer(kind: str, agency: str, rng: random.Random) -> Account:
    """Accounts per agency: two at the counter, three specialists, a leader, a deputy (a leader by role)."""
    number = rng.randrange({"counter": 2, "specialist": 3}.get(kind, 1)) + 1
    sub = f"{kind}-{agency}-{number}"
    who = person(random.Random(sub), (1968, 1998))  # noqa: S311 - the same name in every run
    return Account(sub, ("leader" if kind == "deputy" else kind,), agency, who.name)


class Course:
    def __init__(self, case: Case, office: rhythm.Office, rng: random.Random) -> None:
        self.case, self.office, self.rng = case, office, rng
        self.assumed = rhythm.figures()["assumed"]
        self.at, self.agency = case.filed.at, case.agency
        self.steps: list[Step] = []

    def told(self) -> list[Step]:
        """All its steps; those at one moment follow each other as they stand."""
        if self._taken_in() and not self._withdrawn():
            self._decided()
            self._signed()
        return self.steps

    # -- before it is a case ---------------------------------------------------------------------------------------------

    def _taken_in(self) -> bool:
        """Whether it was accepted."""
        desk = self._officer("counter", self.case.centre)
        self._pass(rhythm.acceptance(self.rng))
        if self._happens("completion"):
            self._do("request-completion", desk, text=INCOMPLETE)
            self._pass(rhythm.awaited(self.rng))
            if self._happens("completion_given_up"):
                self._do("withdraw", self.case.filed.who, reason=NOT_NEEDED)
                return False
            self._do("complete", self.case.filed.who, text=HANDED_IN)
            self._pass(rhythm.acceptance(self.rng))
        if self._happens("refused"):
            self._do("refuse", desk, reason=self.rng.choice(REASONS_REFUSED))
            return False
        self._do("accept", desk)
        return True

    # -- appraised and decided ---------------------------------------------------------------------------------------------

    def _withdrawn(self) -> bool:
        """Handed over first, where another agency is competent; then sometimes the person wants it back, and may get it."""
        others = sorted(set(self.case.competent) - {self.agency})
        if self._happens("handed_over") and others:
            self._pass(rhythm.acceptance(self.rng))
            other = self.rng.choice(others)
            self._do("hand-over", self._officer("leader"), agency=other, reason=REASON_HANDED_OVER)
            self.agency = other
        if not self._happens("withdrawal"):
            return False
        self._do("ask-withdrawal", self.case.filed.who, reason=NOT_NEEDED)
        self._pass(rhythm.acceptance(self.rng))
        if granted := self._happens("withdrawal_granted"):
            self._do("grant-withdrawal", self._officer("leader"))
        else:
            self._do("decline-withdrawal", self._officer("leader"), reason=WITHDRAWAL_DECLINED)
        return granted

    def _decided(self) -> None:
        self.rejected = self._happens("rejected")
        self.leader = self._officer("deputy" if self._happens("deputy") else "leader")
        self.specialist, assigned = self._officer("specialist"), self._happens("assigned")
        for n in range(2 if self._happens("returned") else 1):
            if n:
                self._do("return", self.leader, reason=REASON_RETURNED)
            begun = self.at
            self._pass(rhythm.took("appraisal", self.case.limit, self.rng))
            if assigned and not n:
                self.steps.append(self._assignment(begun))
            if not n:
                self._wait()
                self._extend()
            self._appraise()
        self._decide()

    def _assignment(self, accepted: datetime) -> Step:
        """By the leader in the next round, where there is one before it is appraised; else the specialist takes it."""
        given = self.office.next_round(accepted)
        if given < self.at:
            return Step(given, ASSIGN, self._officer("leader"), {"officer": self.specialist.sub})
        return Step(accepted, ASSIGN, self.specialist)

    def _appraise(self, waits_on: tuple[str, ...] = ()) -> None:
        proposal = {"proposal": "reject" if self.rejected else "approve"}
        self.steps.append(Step(self.at, "appraise", self.specialist, proposal, waits_on=waits_on))
        self._pass(rhythm.took("decision", self.case.limit, self.rng))

    def _decide(self) -> None:
        if self.rejected:
            self._do("reject", self.leader, reason=self.rng.choice(REASONS_REJECTED))
        else:
            self._do("approve", self.leader)

    def _wait(self) -> None:
        """Sometimes something is asked for first, of the citizen or of other communes; nothing else happens until it is here."""
        rng, assumed = self.rng, self.assumed
        fate = rng.random()
        if (fate := fate - assumed["supplement"]) < 0:
            self._do("request-supplement", self.specialist, text=MISSING)
            self._pass(rhythm.awaited(rng))
            self._do("supplement", self.case.filed.who, text=HANDED_IN)
        elif (fate := fate - assumed["payment"]) < 0:
            self._do("request-payment", self.specialist, amount_vnd=8000 * rng.randint(1, 9), reason=REASON_PAYMENT)
            self._pass(rhythm.awaited(rng))
            self._do("payment-confirmed", self._officer("counter"))
        elif fate - assumed["consultation"] < 0:
            self._consult()
        else:
            return
        self._pass(timedelta(minutes=5))

    def _consult(self) -> None:
        """One agency, or several at once, each with its limit; then one opinion may turn out not to be needed."""
        rng, others = self.rng, sorted(set(self.case.agencies) - {self.agency})
        if not self._happens("consulted_several"):
            (other,) = rng.sample(others, 1)
            self._do("consult", self.specialist, agency=other, question=QUESTION)
            self._pass(rhythm.awaited(rng))
            self._do("answer-consultation", self._officer("specialist", other), answer=OPINION)
            return
        asked = rng.sample(others, rng.choice((2, 3)))
        body = {"agencies": asked, "question": QUESTION, "limit_days": 10}
        self.steps.append(Step(self.at, "consult", self.specialist, body, events=len(asked)))
        ends = [self.office.after(self.at, rhythm.awaited(rng)) for _ in asked]
        answers = [
            Step(at, "answer-consultation", self._officer("specialist", other), {"answer": OPINION})
            for at, other in zip(ends, asked, strict=True)
        ]
        if self._happens("opinion_withdrawn"):
            body = {"id": f"q{len(asked)}", "reason": OPINION_NOT_NEEDED}
            answers[-1] = Step(ends[-1], "withdraw-consultation", self.specialist, body)
        self.steps += sorted(answers, key=lambda step: step.at)
        self.at = max(ends)

    def _extend(self) -> None:
        if not self._happens("extended"):
            return
        body = {"amount": self.rng.randint(1, 3), "unit": "working_day", "reason": REASON_EXTENDED}
        self._do("request-extension", self.specialist, **body)
        self._pass(rhythm.acceptance(self.rng))
        self._do("extend", self.leader)
        self._pass(timedelta(minutes=5))

    # -- signed and handed out ---------------------------------------------------------------------------------------------

    def _signed(self) -> None:
        signer = self._officer("leader")
        self.at = self.office.next_ceremony(self.at)
        back = self._happens("sent_back")
        if back:
            self._do("send-back", signer, reason=REASON_SENT_BACK)
            self._pass(rhythm.acceptance(self.rng))
            address = f"Số {self.rng.randint(1, 300)}, {self.case.filed.body['applicant']['address']}"
            self._do("correct", self.specialist, reason=REASON_CORRECTED, applicant={"address": address})
            self._pass(timedelta(minutes=5))
            self._appraise(SENT_BACK)
            self._decide()
            self.at = self.office.next_ceremony(self.at)
        self.steps.append(Step(self.at, SIGN, signer, waits_on=SENT_BACK if back else ()))
        if self.case.fetched:
            who = self.case.filed.body["applicant"]
            self._pass(rhythm.fetched(self.rng))
            self._do(
                "hand-over-result", self._officer("counter", self.case.centre),
                receiver=who["name"], identified_by="citizen_id", id_number=who["citizen_id"], signed_on="paper",
            )  # fmt: skip

    # ----------------------------------------------------------------------------------------------------------------------

    def _do(self, action: str, who: Account, **body: Any) -> None:
        self.steps.append(Step(self.at, action, who, body))

    def _pass(self, work: timedelta) -> None:
        self.at = self.office.after(self.at, work)

    def _happens(self, what: str) -> bool:
        return bool(self.rng.random() < self.assumed[what])

    def _officer(self, kind: str, agency: str | None = None) -> Account:
        """Of the agency that has it now, unless another is named."""
        return officer(kind, agency or self.agency, self.rng)
