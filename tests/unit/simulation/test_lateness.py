"""A register's lateness by our own deadlines, on a calendar without holidays: the permit log where it is at hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from dossier_local.simulation.lateness import Span, lateness, spans
from dossier_local.simulation.made_register import make_register

REAL = Path(__file__).parents[4] / "shared" / "data" / "permit-receipt-log.csv.gz"


@pytest.fixture
def register(tmp_path: Path) -> Path:
    if REAL.exists():
        return REAL
    made = tmp_path / "register.csv"
    make_register(made, 400)
    return made


def test_as_many_are_late_as_its_own_column_says(register: Path) -> None:
    found = lateness(spans(register), "Europe/Amsterdam" if register == REAL else "UTC")
    assert len(found.by_case ^ found.by_column) <= 0.01 * len(found.by_column)
    if register == REAL:
        assert (found.cases, len(found.by_column), found.days) == (956, 57, 56)
        assert abs(len(found.by_rule) - len(found.by_column)) <= 0.01 * found.cases
        assert len(found.by_rule ^ found.by_column) == 11


@pytest.mark.parametrize(
    ("ended", "late"),
    [("2011-03-27 23:59:59+02:00", False), ("2011-03-28 00:00:00.000001+02:00", True)],
)
def test_a_deadline_lapses_as_its_day_begins_by_the_office_s_clock(ended: str, late: bool) -> None:
    """The clocks went forward that Sunday, on which nobody works elsewhere."""
    began, deadline = "2011-01-31 23:30:00+01:00", "2011-03-28 00:00:00+02:00"
    one = Span("c", *(datetime.fromisoformat(text) for text in (began, deadline, ended)))
    found = lateness([one])
    assert found.days == 56
    assert found.by_column == found.by_rule == found.by_case == ({"c"} if late else set())


def test_a_limit_that_had_passed_when_it_began_is_late_by_its_column() -> None:
    texts = ("2011-02-02 10:00:00+01:00", "2011-02-02 00:00:00+01:00", "2011-02-02 10:00:00+01:00")
    assert lateness([Span("c", *map(datetime.fromisoformat, texts))]).by_case == {"c"}
