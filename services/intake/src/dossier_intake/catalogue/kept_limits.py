"""The time limit a dossier keeps, and what stands for it where nothing can be computed with what is kept.

What earlier releases took (`cut_off: 15:00+07:00`) is healed by the catalogue: once it has the procedure with a right limit, the
next step of the dossier takes that one, says so in a line, and keeps it.
"""

from __future__ import annotations

from typing import NamedTuple

from pydantic import ValidationError

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.rules.deadline_lines import Line, amount_text
from dossier_intake.rules.deadlines import Limit
from dossier_intake.state import State
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.events import CorrectedLimit
from dossier_shared.problems import Conflict


class KeptLimit(NamedTuple):
    limit: Limit
    lines: tuple[Line, ...] = ()
    corrected: CorrectedLimit | None = None


def kept_limit(state: State, catalogue: Catalogue) -> KeptLimit:
    """Raises Conflict where neither the dossier nor the catalogue in force has one."""
    try:
        return KeptLimit(Limit.kept(state.get("limit") or {}))
    except ValidationError:
        day = catalogue.calendar.local(parse_instant(state["submitted_at"])).date()
        procedure = catalogue.known(state["procedure"], day)
    if procedure is None or procedure.key in catalogue.spoilt:
        raise Conflict(
            "limit-not-computable",
            "Thời hạn ghi trong hồ sơ không tính được ngày hẹn. Hãy báo quản trị viên nhập lại danh mục có thời hạn đúng "
            "của thủ tục này, rồi thử lại.",
            "No appointment can be computed with the time limit this dossier keeps. Have an administrator import the "
            "catalogue with a right limit for this procedure, then try again.",
        )
    vi, en = amount_text(procedure.deadline.amount, procedure.deadline.unit)
    line = Line(
        f"Đính chính: thời hạn ghi khi nộp không tính được; áp dụng thời hạn {vi} của danh mục đang có hiệu lực.",
        f"Corrected: nothing can be computed with the limit kept at filing; the catalogue in force says {en}.",
        procedure.legal_basis[0] if procedure.legal_basis else f"danh mục {catalogue.version}",
    )
    corrected = CorrectedLimit(limit=catalogue.limits[procedure.key], catalogue=catalogue.version)
    return KeptLimit(procedure.deadline, (line,), corrected)
