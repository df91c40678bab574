"""The stories the golden records are taken from: every event at least once, in an order in which it happens."""

from __future__ import annotations

from typing import Any

from dossier_local.memory import Author
from dossier_shared.contracts import events as e
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import EventData, Part
from dossier_shared.contracts.topics import BY_SOURCE

Json = dict[str, Any]


def story() -> list[Event]:
    """One dossier from filing to delivery, one refused, one rejected, one that waits: every event at least once."""
    one, two, three, four = (f"0197c3a5-8f2e-7c41-9d3b-5a6e7f80{last}" for last in ("1234", "5678", "9abc", "def0"))
    by: dict[str, Author] = {}
    heard: dict[str, int] = {}
    told: list[Event] = []

    def begin(dossier: str) -> None:
        heard.clear()
        by.update({source: Author(source, dossier) for source in BY_SOURCE if source})

    def say(source: str, data: EventData, sealed: Part | None, minute: int) -> None:
        known = {name: seq for name, seq in heard.items() if name != source}
        told.append(by[source].says(data, sealed, at=f"2025-07-01T02:{minute:02}:00.000000Z", heard=known))
        heard[source] = told[-1].seq

    applicant = e.Applicant(
        name="Nguyễn Văn Bình", citizen_id="001099012345", phone="+84912345678", address="12 Phố Huế, Hà Nội"
    )
    rows = [e.SummaryRow(label_vi="Nơi cư trú", label_en="Residence", value="12 Phố Huế, Hà Nội")]
    paper = e.Document(code="1.004222-1", id="9f" * 32, type="application/pdf", size=48213)
    shown: Json = {
        "code": "H19.1-250701-0001", "procedure": "1.004222", "procedure_name": "Đăng ký thường trú",
        "agency_name": "Ủy ban nhân dân xã Long Thành", "overseers": ["H19"], "owner": "u-4711",
    }  # fmt: skip
    submitted = e.Submitted(
        **shown, catalogue="2025-07-01", channel="online", messages=["refused", "result"], documents=[paper],
        reusable=["1.004222-2"], reused=["1.004222-2"],
        limit={"amount": 7, "unit": "working-days"},
    )  # fmt: skip
    filed = e.SubmittedSealed(
        applicant=applicant,
        summary=rows,
        form={"address": "12 Phố Huế"},
        documents=["tờ khai.pdf"],
        filed_by="Lê Thị Hoa",
    )
    line: Json = {"at": "2025-07-10T10:00:00.000000Z", "rule": "7 ngày làm việc", "basis": "Điều 22 Luật Cư trú"}
    decision = e.DecisionSealed(holder=applicant.name, summary=rows, reason=None)
    decided: Json = {**shown, "result_kind": "decision", "appointment": line["at"]}
    result: Json = {"reference": f"{one}:result", "number": "H19.1-250701-0001/KQ"}
    message = f"{one}:message"

    begin(one)
    say("intake", submitted, filed, 0)
    say("intake", e.Accepted(appointment=line["at"], lines=[line]), None, 5)
    say("review", e.Noted(), e.NotedSealed(text="Đã đối chiếu bản gốc"), 10)
    say("review", e.Appraised(proposal="approve"), e.NoteSealed(note="Đủ điều kiện"), 15)
    say("review", e.Returned(), e.ReasonSealed(reason="Bổ sung ý kiến"), 20)
    say("review", e.Appraised(proposal="approve"), None, 25)
    say("review", e.Approved(**decided), decision, 30)
    say("signing", e.SigningRequested(**result), e.SigningRequestedSealed(leader_name="Trần Quốc Toản"), 35)
    say("signing", e.SigningFailed(reference=result["reference"], reason="keys-unavailable"), None, 36)
    say("signing", e.SigningRequested(**result), e.SigningRequestedSealed(leader_name="Trần Quốc Toản"), 40)
    signed = e.Signed(
        **result, kind="decision", outcome="approved", file="3c" * 32, size=61234, certificate="5f0a", owner="u-4711"
    )
    say("signing", signed, None, 41)
    told_of = e.MessageRequestedSealed(to="+84912345678", text="Hồ sơ H19.1-250701-0001 đã có kết quả.")
    say("notify", e.MessageRequested(reference=message, kind="result", channel="sms"), told_of, 42)
    say("notify", e.MessageSent(reference=message, provider_id="sms-000123"), None, 43)
    say("notify", e.Delivered(how="online", informed=True), None, 43)

    begin(two)
    say("intake", submitted, filed, 50)
    say("intake", e.Refused(), e.RefusedSealed(reason="Thiếu giấy tờ chứng minh chỗ ở"), 51)
    told_of = e.MessageRequestedSealed(to="+84912345678", text="Hồ sơ H19.1-250701-0001 không được tiếp nhận.")
    say("notify", e.MessageRequested(reference=f"{two}:refused", kind="refused", channel="sms"), told_of, 51)
    say("notify", e.MessageFailed(reference=f"{two}:refused", reason="number-unreachable"), None, 52)

    begin(three)
    say("intake", submitted, filed, 50)
    say("intake", e.Accepted(appointment=line["at"], lines=[line]), None, 51)
    say("review", e.Appraised(proposal="reject"), None, 52)
    say("review", e.Rejected(**decided), e.DecisionSealed(holder=applicant.name, reason="Không đủ điều kiện"), 53)

    begin(four)
    say("intake", submitted, filed, 50)
    say("intake", e.Accepted(appointment=line["at"], lines=[line]), None, 51)
    say("review", e.Assigned(officer="u-0815"), None, 52)
    missing = e.SupplementRequestedSealed(text="Thiếu giấy xác nhận chỗ ở của chủ hộ Nguyễn Văn Bình")
    say("review", e.SupplementRequested(), missing, 53)
    handed_in = e.SupplementReceivedSealed(text="Đã bổ sung", documents=["giấy xác nhận.pdf"])
    say("intake", e.SupplementReceived(appointment=line["at"], lines=[line], documents=[paper]), handed_in, 54)
    say("review", e.PaymentRequested(amount_vnd=20_000), e.ReasonSealed(reason="Lệ phí đăng ký"), 55)
    paid = e.PaymentConfirmed(appointment=line["at"], lines=[line], amount_vnd=20_000)
    say("intake", paid, e.PaymentConfirmedSealed(receipt="BL-0007"), 56)
    question = e.ConsultationRequestedSealed(question="Nhà của ông Nguyễn Văn Bình có tranh chấp không?")
    say("review", e.ConsultationRequested(agency="H19.2"), question, 57)
    say("review", e.ConsultationAnswered(agency="H19.2"), e.ConsultationAnsweredSealed(answer="Không có"), 58)
    say("review", e.PaymentRequested(amount_vnd=20_000), e.ReasonSealed(reason="Lệ phí đăng ký"), 59)
    say("review", e.RequestWithdrawn(what="payment"), e.ReasonSealed(reason="Người nộp được miễn lệ phí"), 59)
    say("intake", e.Rescheduled(appointment=line["at"], lines=[line]), None, 59)
    say("review", e.Stopped(), e.ReasonSealed(reason="Người nộp không còn cư trú tại địa phương"), 59)
    return told


def alarm_story() -> list[Event]:
    """One alarm from raised to cleared, acknowledged between."""
    by = Author("monitor", "late-share:H19.1")
    about: Json = {
        "rule": "late-share", "kind": "late-share", "subject": "H19.1", "number": 1, "severity": "warning",
        "name_vi": "Tỷ lệ hồ sơ quá hạn cao", "name_en": "High share of late dossiers",
        "agency_name": "Ủy ban nhân dân xã Long Thành", "overseers": ["H19"], "told": ["H19.1", "H19"],
    }  # fmt: skip
    at = [f"2025-07-01T0{hour}:00:00.000000Z" for hour in (3, 4, 6)]
    return [
        by.says(e.AlarmRaised(**about, value=0.12, threshold=0.1, figures={"open": 50, "late": 6}), at=at[0]),
        by.says(e.AlarmAcknowledged(**about), e.NoteSealed(note="Đã phân công thêm cán bộ"), at=at[1]),
        by.says(e.AlarmCleared(**about, value=0.04, threshold=0.05, raised_at=at[0]), at=at[2]),
    ]


def traced() -> list[Event]:
    """One filed and refused, as it is where traces are on."""
    filed, *_ = story()
    intake = Author("intake", "0197c3a5-8f2e-7c41-9d3b-5a6e7f802468")
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    submitted = e.Submitted(**filed.data)
    return [
        intake.says(
            submitted, e.SubmittedSealed(**filed.open()), at=filed.time, traceparent=f"00-{trace}-00f067aa0ba902b7-01"
        ),
        intake.says(e.Refused(), None, at=filed.time, traceparent=f"00-{trace}-b7ad6b7169203331-00"),
    ]


def filed_at_a_deployment() -> list[tuple[Event, str]]:
    """One filed at an agency with a review of its own, and taken up there; each with the deployment on whose topic it is."""
    filed, *_ = story()
    intake, review = (Author(source, "0197c3a5-8f2e-7c41-9d3b-5a6e7f801357") for source in ("intake", "review"))
    submitted = intake.says(e.Submitted(**filed.data), e.SubmittedSealed(**filed.open()), at=filed.time, files=True)
    review.dossier.state = {"filed": submitted.data["filed"]}
    return [
        (submitted, ""),
        (review.says(e.Assigned(officer="u-0815"), at=filed.time, heard={"intake": 1}), "long-khanh"),
    ]
