"""What a filing has asked of the registers, and what it is refused for: a result that nobody holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from dossier_intake.filing.checks import Checked, Filing
from dossier_intake.problems import field_error
from dossier_intake.registers.asking import StateData, confirmable
from dossier_intake.registers.ports import RESULTS
from dossier_intake.registers.subjects import of_filing
from dossier_shared.contracts.events import Evidence
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Conflict, Invalid

NOT_HELD: Final = "result-not-held"
NOT_ANSWERED: Final = "register-unavailable"


def wants(data: StateData, checked: Checked, filing: Filing) -> bool:
    return data.asks(checked.procedure, [one.code for one in filing.documents], filing.reused)


async def with_evidence(data: StateData, checked: Checked, filing: Filing, who: Principal, day: date) -> Checked:
    """The filing with what was answered. Raises Invalid where it is the filer's own and the repository has no such result, and
    Conflict where nothing was answered and the paper would rather be brought."""
    handed_in, subject = [one.code for one in filing.documents], of_filing(checked, who)
    evidence = await data.at_filing(subject, checked.procedure, handed_in, filing.reused, day)
    if filing.unanswered == "bring":
        _demand_answers(evidence)
    if not isinstance(subject, str) and subject.by == "self":
        # of another it is not told, or anybody could find out who holds what by claiming a consent
        _demand_held(evidence, filing, confirmable(checked.procedure, handed_in, filing.reused))
    return checked._replace(sealed=checked.sealed.model_copy(update={"evidence": evidence}))


def _demand_answers(evidence: Sequence[Evidence]) -> None:
    """Of the repository's papers alone: what the population database stands for is shown at the counter, and no file."""
    away = [code for one in evidence if one.source == RESULTS and one.outcome == "unavailable" for code in one.papers]
    if away:
        raise Conflict(
            NOT_ANSWERED,
            "Kho kết quả chưa trả lời nên hồ sơ chưa được nộp, theo lựa chọn của bạn. Hãy nộp tệp của giấy tờ, "
            "hoặc chọn chờ.",
            "The repository of results did not answer, so nothing was filed, as you chose. Bring the file of the paper, or "
            "choose to wait.",
            errors=[
                field_error(
                    "/unanswered",
                    NOT_ANSWERED,
                    "Chưa có trả lời về giấy tờ này. Hãy nộp tệp, hoặc chọn chờ.",
                    "No answer about this paper yet. Bring its file, or choose to wait.",
                )
                | {"document": code}
                for code in away
            ],
        )


def _demand_held(evidence: Sequence[Evidence], filing: Filing, wanted: Sequence[str]) -> None:
    answer = next((one for one in evidence if one.source == RESULTS and one.outcome == "not-found"), None)
    if answer is None:
        return
    held = {one["code"] for one in answer.results}
    raise Invalid(
        NOT_HELD,
        "Kho kết quả không có giấy tờ này còn hiệu lực của bạn. Hãy nộp tệp của giấy tờ đó.",
        "The repository of results has no such valid document of yours. Bring its file.",
        errors=[
            field_error(
                f"/reused/{filing.reused.index(code)}",
                NOT_HELD,
                "Không có, hoặc đã hết hiệu lực.",
                "Not there, or no longer valid.",
            )
            for code in wanted
            if code not in held
        ],
    )
