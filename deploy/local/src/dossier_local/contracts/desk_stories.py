"""The story of an office's day, for the golden records: completion, opinions, more time, sent back, put right, handed over."""

from __future__ import annotations

from typing import Any

from dossier_local.memory import Author
from dossier_shared.contracts import events as e
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import EventData, Part
from dossier_shared.contracts.topics import BY_SOURCE

Json = dict[str, Any]
_HOLDER = "Nguyễn Văn Bình"


class _Teller:
    """What the four services say of one dossier, a minute after each other, each having heard all before."""

    def __init__(self, dossier: str, hour: int) -> None:
        self._by = {source: Author(source, dossier) for source in BY_SOURCE if source}
        self._heard: dict[str, int] = {}
        self._hour = hour
        self.told: list[Event] = []

    def __call__(self, source: str, data: EventData, sealed: Part | None = None) -> None:
        known = {name: seq for name, seq in self._heard.items() if name != source}
        at = f"2026-03-02T{self._hour:02}:{len(self.told):02}:00.000000Z"
        self.told.append(self._by[source].says(data, sealed, at=at, heard=known))
        self._heard[source] = self.told[-1].seq


def desk_story() -> list[Event]:
    """One from a walk-in to the result in a hand, one that another agency goes on with until it is withdrawn, one taken back."""
    one, two, three = (f"0197c3a5-8f2e-7c41-9d3b-5a6e7f81{last}" for last in ("1234", "5678", "9abc"))
    return [*_walk_in(_Teller(one, 1)), *_handed_over(_Teller(two, 3)), *_taken_back(_Teller(three, 4))]


_SHOWN: Json = {
    "code": "H19.1-260302-0001", "procedure": "1.004222", "procedure_name": "Đăng ký thường trú",
    "agency_name": "Ủy ban nhân dân xã Long Thành", "overseers": ["H19"],
}  # fmt: skip
_PERSON: Json = {"person": "p-mzxw6ytboi2gk3tsmfrggzdf", "received_at": "H19.9", "delivery": "counter"}
_PAPER = e.Document(code="1.004222-1", id="9f" * 32, type="application/pdf", size=48213)
_ROWS = [e.SummaryRow(label_vi="Nơi cư trú", label_en="Residence", value="12 Phố Huế, Hà Nội")]
_LINE: Json = {"at": "2026-03-11T10:00:00.000000Z", "rule": "7 ngày làm việc", "basis": "Điều 22 Luật Cư trú"}
_PROMISE: Json = {"appointment": _LINE["at"], "lines": [_LINE]}
_APPLICANT = e.Applicant(
    name="Nguyễn Văn Bình", citizen_id="001099012345", phone="+84912345678", address="12 Phố Huế, Hà Nội"
)


def _file(say: _Teller) -> None:
    filed = e.Submitted(
        **_SHOWN, **_PERSON, catalogue="2026-03-01", channel="direct", owner="", documents=[_PAPER],
        limit={"amount": 7, "unit": "working_day"}, filed_by=e.FiledBy(sub="u-2001", kind="counter"),
        consent=e.Consent(kind="in_person", at="2026-03-02T00:59:00.000000Z", reference="GUQ-17"),
        awaits=[e.Awaited(source="population_db", papers=["1.004222-2"], until="2026-03-05T01:00:00.000000Z")],
    )  # fmt: skip
    sealed = e.SubmittedSealed(
        applicant=_APPLICANT, summary=_ROWS, form={"address": "12 Phố Huế"}, documents=["tờ khai.pdf"],
        filed_by="Lê Thị Hoa", delivery_address="12 Phố Huế, Hà Nội",
    )  # fmt: skip
    say("intake", filed, sealed)


def _walk_in(say: _Teller) -> list[Event]:
    limit = "2026-03-04T10:00:00.000000Z"
    _file(say)
    say("intake", e.CompletionRequested(until=limit), e.MissingSealed(text="Thiếu bản sao sổ hộ khẩu cũ"))
    say("intake", e.Completed(documents=[_PAPER]), e.CompletedSealed(text="Đã nộp", documents=["sổ hộ khẩu.pdf"]))
    say("intake", e.Accepted(**_PROMISE))
    say("review", e.Assigned(officer="u-0815"))
    for id_, agency in (("q1", "H19.2"), ("q2", "H19.3")):
        question = e.ConsultationRequestedSealed(question=f"Nhà của ông {_HOLDER} có tranh chấp không?")
        say("review", e.ConsultationRequested(agency=agency, id=id_, limit=limit), question)
    say("review", e.ConsultationOverdue(agency="H19.3", id="q2", limit=limit))
    answered = e.ConsultationAnsweredSealed(answer=f"Nhà ông {_HOLDER} không có tranh chấp")
    say("review", e.ConsultationAnswered(agency="H19.2", id="q1", awaited=1), answered)
    no_need = e.ReasonSealed(reason="Đã có đủ căn cứ")
    say("review", e.ConsultationWithdrawn(agency="H19.3", id="q2", awaited=0), no_need)
    late = e.ReasonSealed(reason="Chờ xác minh tại nơi cư trú cũ")
    say("review", e.ExtensionRequested(amount=2, unit="working_day"), late)
    say("review", e.Extended(amount=2, unit="working_day", before=_LINE["at"]), late)
    say("intake", e.Rescheduled(**_PROMISE))
    decided: Json = {**_SHOWN, **_PERSON, "owner": "", "result_kind": "decision", "appointment": _LINE["at"]}
    decision = e.DecisionSealed(holder=_HOLDER, summary=_ROWS, reason=None)
    say("review", e.Appraised(proposal="approve"), e.NoteSealed(note="Đủ điều kiện"))
    say("review", e.Approved(**decided), decision)
    say("signing", e.SentBack(), e.ReasonSealed(reason=f"Sai ngày sinh của ông {_HOLDER}"))
    put_right = e.CorrectedSealed(reason="Theo bản gốc giấy khai sinh", applicant=_APPLICANT, summary=_ROWS)
    say("intake", e.Corrected(fields=["/applicant/name"]), put_right)
    say("review", e.Appraised(proposal="approve"))
    say("review", e.Approved(**decided), decision)
    result: Json = {"reference": "0197c3a5-8f2e-7c41-9d3b-5a6e7f811234:result", "number": "H19.1-260302-0001/KQ"}
    say("signing", e.SigningRequested(**result), e.SigningRequestedSealed(leader_name="Trần Quốc Toản"))
    say("signing", e.Signed(**result, **_PERSON, kind="decision", outcome="approved", file="3c" * 32, size=61234))
    taken = e.DeliveredSealed(
        receiver="Lê Thị Hoa", id_number="001099054321", authority="GUQ-17 ngày 02/03/2026", signature="M1 1L2 2"
    )
    say("notify", e.Delivered(how="counter", informed=False, identified_by="authority", signed_on="screen"), taken)
    return say.told


def _handed_over(say: _Teller) -> list[Event]:
    _file(say)
    say("intake", e.Accepted(**_PROMISE))
    kept = e.HandedOverSealed(
        reason="Không thuộc thẩm quyền", holder=_HOLDER, summary=_ROWS, form={"address": "12 Phố Huế"}
    )
    say("review", e.HandedOver(to="H19.2", agency_name="Ủy ban nhân dân xã Long Phước", overseers=["H19"]), kept)
    say("intake", e.Rescheduled(**_PROMISE))
    wish = e.ReasonSealed(reason="Tôi không còn nhu cầu")
    say("intake", e.WithdrawalRequested(), wish)
    say("review", e.WithdrawalDeclined(), e.ReasonSealed(reason="Hồ sơ đang được xác minh"))
    say("intake", e.WithdrawalRequested(), wish)
    say("review", e.WithdrawalGranted())
    return say.told


def _taken_back(say: _Teller) -> list[Event]:
    _file(say)
    asked_again = e.Evidence(
        source="population_db", outcome="found", purpose="1.004222", legal_basis=["Luật Cư trú"], papers=["1.004222-2"],
        question="6f1c", at="2026-03-02T01:03:00.000000Z", digest="5a" * 32, facts={"name": _HOLDER},
    )  # fmt: skip
    answered = e.EvidenceReceived(source="population_db", answered=True)
    say("intake", answered, e.EvidenceReceivedSealed(evidence=asked_again))
    say("intake", e.Withdrawn(), e.ReasonSealed(reason="Nộp nhầm thủ tục"))
    return say.told


def helped_story() -> list[Event]:
    """Filed for another with a consent that has an end; decided and signed, and then the person withdraws it."""
    say = _Teller("0197c3a5-8f2e-7c41-9d3b-5a6e7f81def0", 5)
    until, owner = "2026-06-30T17:00:00.000000Z", "u-4711"
    whose: Json = {"person": _PERSON["person"], "owner": owner}
    filed = e.Submitted(
        **_SHOWN, **whose, catalogue="2026-03-01", channel="online", limit={"amount": 7, "unit": "working_day"},
        filed_by=e.FiledBy(sub=owner, kind="helper"),
        consent=e.Consent(kind="paper", at="2026-03-01T02:00:00.000000Z", reference="GUQ-18", until=until),
    )  # fmt: skip
    say("intake", filed, e.SubmittedSealed(applicant=_APPLICANT, summary=_ROWS, filed_by="Lê Thị Hoa"))
    say("intake", e.Accepted(**_PROMISE))
    say("review", e.Appraised(proposal="approve"))
    decision = e.Approved(**_SHOWN, **whose, result_kind="decision", appointment=_LINE["at"], consent_until=until)
    say("review", decision, e.DecisionSealed(holder=_HOLDER, summary=_ROWS))
    result: Json = {"reference": "0197c3a5-8f2e-7c41-9d3b-5a6e7f81def0:result", "number": "H19.1-260302-0001/KQ"}
    say("signing", e.SigningRequested(**result), e.SigningRequestedSealed(leader_name="Trần Quốc Toản"))
    signed = e.Signed(
        **result, **whose, kind="decision", outcome="approved", file="3c" * 32, size=61234, consent_until=until
    )
    say("signing", signed)
    say("intake", e.ConsentWithdrawn())
    say("review", e.ConsentEnded())
    say("signing", e.Downloaded(file="3c" * 32))
    return say.told


def answered_story() -> list[Event]:
    """Filed with what registers of the State answered instead of papers."""
    say = _Teller("0197c3a5-8f2e-7c41-9d3b-5a6e7f820123", 6)
    whose: Json = {"person": _PERSON["person"], "owner": "u-4711"}
    filed = e.Submitted(
        **_SHOWN, **whose, catalogue="2026-03-01", channel="online", limit={"amount": 7, "unit": "working_day"},
        reusable=["1.004222-2"], reused=["1.004222-2"], filed_by=e.FiledBy(sub="u-4711", kind="self"),
    )  # fmt: skip
    asked: Json = {
        "purpose": "1.004222",
        "legal_basis": ["Luật Cư trú 68/2020/QH14"],
        "at": "2026-03-02T05:59:58.250000Z",
    }
    lease: Json = {
        "code": "1.004222-2", "name": "Hợp đồng thuê nhà đã công chứng", "number": "0123/HĐ",
        "issued_by": "Văn phòng công chứng Long Thành", "valid_until": "2027-03-01", "sha256": "7d" * 32,
    }  # fmt: skip
    answers = [
        e.Evidence(
            **asked, source="population_db", outcome="found", papers=["1.004222-3"], question="q-1", digest="5e" * 32,
            facts={"name": _HOLDER, "date_of_birth": "1999-02-01", "residence": "12 Phố Huế, Hà Nội"},
        ),
        e.Evidence(
            **asked, source="results_repository", outcome="found", papers=["1.004222-2"], question="q-2",
            digest="6f" * 32, results=[lease],
        ),
        e.Evidence(source="population_db", outcome="not-asked", reason="no-consent", purpose="1.004222"),
    ]  # fmt: skip
    say("intake", filed, e.SubmittedSealed(applicant=_APPLICANT, summary=_ROWS, evidence=answers))
    return say.told
