"""Which officer may get a case, and which one gets it: one after the other to whoever has least by then. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from dossier_shared.problems import Invalid
from dossier_shared.runtime.officers import Officers

APPRAISERS: Final = ("specialist", "leader")


class Free(NamedTuple):
    """A case that nobody has. `barred`: officers who may not have it."""

    id: str
    barred: Collection[str] = ()


def demand_officer(officers: Officers, subject: str, agency: str, at: datetime) -> None:
    """Raises Invalid where the agency's officers are listed and this is none of them who appraises."""
    if not officers.works_at(subject, agency, at, APPRAISERS):
        raise Invalid(
            "officer-unknown",
            f"Cơ quan không có cán bộ thẩm định nào dùng tài khoản {subject}. Hãy chọn trong danh sách cán bộ.",
            f"The agency has no officer {subject} who appraises. Choose one of its list of officers.",
        )


def shared_out(cases: Iterable[Free], loads: Mapping[str, int]) -> dict[str, str]:
    """Officer by case, in the order of the cases. `loads`: how many each of the officers has open; of those with as few the first
    by name has it. A case that none of them may have is left out."""
    open_ = dict(loads)
    found: dict[str, str] = {}
    for case in cases:
        may = [officer for officer in open_ if officer not in case.barred]
        if may:
            found[case.id] = officer = min(may, key=lambda one: (open_[one], one))
            open_[officer] += 1
    return found
