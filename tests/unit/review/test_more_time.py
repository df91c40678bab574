"""Form 04 is drafted, and more time asked for, before the appointment lapses."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pypdfium2
import pytest

from dossier_review.lists import Day, closing
from dossier_review.printing import draft_apology, reason_of
from dossier_shared.contracts.entries import OfficeDays
from dossier_shared.documents.forms.models import Office
from dossier_shared.documents.forms.rendering import render_form
from dossier_shared.problems import Conflict

from ...cases.directories import agency, directory  # noqa: TID252
from .support import SPECIALIST, Case, decisions

OFFICE = Office(agency_name="UBND xã Bù Đăng", title="Chủ tịch", place="Bù Đăng")
FRIDAY = datetime(2025, 7, 4, 2, tzinfo=UTC)  # nine in the morning there


@pytest.mark.parametrize(
    ("ahead", "soon"), [(0, "2025-07-04T17"), (1, "2025-07-07T17"), (2, "2025-07-08T17"), (6, "2025-07-14T17")]
)
def test_a_weekend_is_no_working_day(ahead: int, soon: str) -> None:
    assert Day.of(FRIDAY, ahead).soon == f"{soon}:00:00.000000Z"


def test_days_off_and_days_worked_instead_are_the_directory_s() -> None:
    days = OfficeDays(
        weekend=[5, 6], off=["2025-07-07", "2025-07-08"], worked=["2025-07-05"], since="2025-01-01", until="2025-12-31"
    )
    works = directory(agency("H19", office_days=days), agency("H19.1", "H19")).works("H19.1")
    ends = [Day.of(FRIDAY, ahead, works).soon[:10] for ahead in (1, 2, 3)]
    assert ends == ["2025-07-05", "2025-07-09", "2025-07-10"], "Saturday is worked; Monday and Tuesday are not"
    assert [works(date(2026, 1, day)) for day in (1, 3)] == [True, False], "nothing is said of that year"


def test_it_is_near_while_the_clock_runs_and_somebody_here_has_it() -> None:
    day = Day.of(FRIDAY, 2)
    near, later = "2025-07-08T10:00:00.000000Z", "2025-07-09T01:00:00.000000Z"
    assert closing(Case(due=near).accepted().state, day)
    assert closing(Case(due=near).awaiting("consultation").state, day)
    others = [
        Case(due=later).accepted(),
        Case(due=near).awaiting("supplement"),
        Case(due=near).approved(),
        Case().submitted(),
    ]
    assert not any(closing(case.state, day) for case in others)


def test_the_draft_says_what_form_04_will_and_is_not_taken_for_it() -> None:
    case = Case().awaiting("consultation")
    reason = reason_of(case.state, {"H19.2": "Công an xã"}.__getitem__)
    words = text_of(draft_apology(case.state, OFFICE, FRIDAY, reason))
    assert words.count("DỰ THẢO") == 3, "across the page, for the number, at the foot"
    assert f"Số: {case.state['code']}" not in words
    assert "ý kiến của Công an xã" in words
    asked = Case().accepted()
    asked.does(SPECIALIST, decisions.request_extension(asked.state, SPECIALIST, 3, "working_day", "Chờ đo đạc lại."))
    assert "Chờ đo đạc lại." in text_of(draft_apology(asked.state, OFFICE, FRIDAY, "không có"))
    for over in (Case().approved(), Case().awaiting("payment"), Case().submitted()):
        with pytest.raises(Conflict) as refused:
            draft_apology(over.state, OFFICE, FRIDAY, "")
        assert refused.value.code == "form-not-due"


def text_of(form: object) -> str:
    pdf = pypdfium2.PdfDocument(io.BytesIO(render_form(form, FRIDAY)))  # type: ignore[arg-type]
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pdf)
