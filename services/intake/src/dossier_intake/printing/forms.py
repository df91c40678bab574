"""From a dossier as intake knows it to what its forms say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dossier_intake.papers.listing import FiledPaper
from dossier_intake.state import State
from dossier_shared.clock import parse_instant
from dossier_shared.documents.forms.models import (
    CaseForm,
    ControlSlip,
    Fee,
    Missing,
    Office,
    Paper,
    Person,
    Receipt,
    Refusal,
    RegisterRow,
    Step,
    SupplementRequest,
)
from dossier_shared.problems import Conflict
from dossier_shared.vocabulary.phone import dialled

DELIVERIES = {
    "online": "Nhận bản điện tử",
    "counter": "Nhận trực tiếp tại Bộ phận Một cửa",
    "post": "Nhận qua dịch vụ bưu chính",
}
UNITS = {"working_day": "ngày làm việc", "calendar_day": "ngày", "hour": "giờ làm việc"}
PAUSES = {
    "supplement": "Bổ sung giấy tờ", "payment": "Nộp phí, lệ phí", "consultation": "Cho ý kiến",
    "completion": "Hoàn thiện hồ sơ",
}  # fmt: skip
ENDS = {
    "refused": "Từ chối tiếp nhận", "withdrawn": "Người nộp rút hồ sơ", "stopped": "Dừng giải quyết",
    "rejected": "Từ chối giải quyết",
}  # fmt: skip


class Known(NamedTuple):
    """What a form says besides the dossier. `named`: a paper's name by its code; `tracking`: where anybody may follow it."""

    office: Office
    desk: str
    officer: str
    papers: Sequence[FiledPaper]
    named: Callable[[str], str | None]
    tracking: str | None = None


def receipt(state: State, known: Known) -> Receipt:
    """01."""
    if "accepted_at" not in state:
        raise _not_yet(
            "Hồ sơ chưa được tiếp nhận nên chưa có giấy hẹn.", "It is not accepted yet: there is no receipt."
        )
    lines = state.get("appointment_lines", ())
    return Receipt(
        **_of_case(state, known, state["accepted_at"]),
        papers=tuple(_papers(known)),
        received_at=parse_instant(state["submitted_at"]),
        appointment=parse_instant(state["appointment"]),
        why=" ".join(str(line["vi"]) for line in lines[:-1] if "vi" in line) or None,  # the last says the day again
        limit=_limit(state.get("limit", {})),
        fee=Fee(amount=state["fee_vnd"]) if state.get("fee_vnd") else None,
        delivery=DELIVERIES.get(state.get("delivery", "")),
        officer=known.officer or None,
        tracking_url=known.tracking,
    )


def supplement_request(state: State, known: Known) -> SupplementRequest:
    """02: before acceptance, or asked by who appraises."""
    asked = state.get("asked")
    if asked is None or asked["what"] not in ("completion", "supplement") or not asked.get("text"):
        raise _not_yet("Hồ sơ không chờ bổ sung giấy tờ nào.", "Nothing is missing of it.")
    until = asked.get("until")
    return SupplementRequest(
        **_of_case(state, known, asked["at"]),
        missing=(Missing(what=str(asked["text"])),),
        until=parse_instant(until) if until else None,
        officer=known.officer or None,
    )


def refusal(state: State, known: Known) -> Refusal:
    """03."""
    if "refused_at" not in state:
        raise _not_yet("Hồ sơ không bị từ chối tiếp nhận.", "It was not refused.")
    return Refusal(
        **_of_case(state, known, state["refused_at"]),
        reasons=(state.get("reason") or "—",),
        officer=known.officer or None,
    )


def control_slip(state: State, known: Known) -> ControlSlip:
    """06: who had it, from when to when, as far as it has got."""
    if "submitted_at" not in state:
        raise _not_yet("Hồ sơ chưa được nộp.", "It is not filed.")
    return ControlSlip(
        **_of_case(state, known, state["submitted_at"]),
        steps=tuple(_steps(state, known)),
        received_at=parse_instant(state["submitted_at"]),
        appointment=parse_instant(state["appointment"]) if "appointment" in state else None,
        deciding=state.get("agency_name") or state["agency"],
        handed_by=known.officer or None,
    )


def _steps(state: State, known: Known) -> Iterator[Step]:
    """The counter until it accepts, the agency until it decides, the leader until it is signed, the counter again; and the times
    in between that the applicant had it."""
    agency = state.get("agency_name") or state["agency"]
    taken = state.get("accepted_at") or state.get("refused_at") or state.get("withdrawn_at")
    yield _step(known.desk, None, "Kiểm tra, tiếp nhận hồ sơ", state["submitted_at"], taken)
    for pause in state.get("pauses", ()):
        yield _step("Người nộp hồ sơ", None, PAUSES[pause["what"]], pause["start"], pause["end"])
    for passed in state.get("handed_over", ()):
        yield _step("Lãnh đạo", passed["agency_name"], "Nhận hồ sơ chuyển đến", passed["at"], passed["at"])
    if "accepted_at" in state:
        ended = state.get("decided_at") or state.get("stopped_at") or state.get("withdrawn_at")
        yield _step(
            "Chuyên viên, lãnh đạo", agency, "Thẩm định, quyết định", state["accepted_at"], ended, _result(state, ended)
        )
    if "decided_at" in state:
        yield _step("Lãnh đạo", agency, "Ký kết quả", state["decided_at"], state.get("signed_at"))
    if "signed_at" in state:
        yield _step(known.desk, None, "Trả kết quả", state["signed_at"], state.get("delivered_at"))


def _result(state: State, ended: str | None) -> str | None:
    if ended is None or "appointment" not in state:
        return None
    return "Trước hạn" if ended <= state["appointment"] else "Quá hạn"


def _step(who: str, agency: str | None, work: str, since: str, until: str | None, result: str | None = None) -> Step:
    ended = parse_instant(until) if until else None
    return Step(who=who, agency=agency, work=work, since=parse_instant(since), until=ended, result=result)


FORMS: Mapping[str, Callable[[State, Known], CaseForm]] = {
    "01": receipt, "02": supplement_request, "03": refusal, "06": control_slip,
}  # fmt: skip


def register_row(state: State) -> RegisterRow:
    """One line of 07."""
    applicant = state["applicant"]
    reached = ", ".join(filter(None, (applicant.get("address"), dialled(applicant.get("phone") or ""))))
    over = ENDS.get(state["status"]) or ENDS.get(state.get("outcome", ""))
    return RegisterRow(
        code=state["code"],
        procedure=state.get("procedure_name") or state["procedure"],
        person=applicant["name"],
        reached_at=reached or None,
        agency=state.get("agency_name") or state["agency"],
        received_at=parse_instant(state["submitted_at"]),
        appointment=parse_instant(state["appointment"]) if "appointment" in state else None,
        forwarded_at=parse_instant(state["accepted_at"]) if "accepted_at" in state else None,
        result_at=parse_instant(state["signed_at"]) if "signed_at" in state else None,
        returned_at=parse_instant(state["delivered_at"]) if "delivered_at" in state else None,
        returned_by=DELIVERIES.get(state.get("delivery", "")) if "delivered_at" in state else None,
        note=over,
    )


def _of_case(state: State, known: Known, at: str) -> dict[str, Any]:
    applicant = state["applicant"]
    return {
        "office": known.office,
        "desk": known.desk,
        "at": parse_instant(at),
        "number": state["code"],
        "code": state["code"],
        "person": Person(
            name=applicant["name"],
            address=applicant.get("address"),
            phone=dialled(applicant.get("phone") or "") or None,
        ),
        "procedure": state.get("procedure_name") or state["procedure"],
    }


def _papers(known: Known) -> list[Paper]:
    """A line for each kind of paper, with how many files of it came."""
    counted: dict[str, int] = {}
    for paper in known.papers:
        name = known.named(paper.code) or paper.name
        counted[name] = counted.get(name, 0) + 1
    return [Paper(name=name, files=files) for name, files in counted.items()]


def _limit(limit: Mapping[str, Any]) -> str | None:
    unit = UNITS.get(str(limit.get("unit")))
    return f"{limit['amount']:02d} {unit}" if unit and isinstance(limit.get("amount"), int) else None


def _not_yet(vi: str, en: str) -> Conflict:
    return Conflict("form-not-due", f"{vi} Hãy xem lại trạng thái hồ sơ.", f"{en} Look at where the dossier stands.")
