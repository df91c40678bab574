"""At the counter: which procedure is meant, for whom one receives, and what a page may hand back."""

from __future__ import annotations

from datetime import date

import pytest

import dossier_intake.pages  # noqa: F401  its texts
from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.inspection.verdicts import Signature
from dossier_intake.pages.counter.finding import counters_of, meant, offer, procedures
from dossier_intake.pages.sheet.sheet import Paper, Sheet, kept_papers
from dossier_intake.pages.sheet.view import fees
from dossier_intake.uploads.uploads import Upload
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import texts
from dossier_shared.problems import NotFound

CATALOGUE = Catalogue.load_packaged()
TODAY = date(2026, 11, 29)
BIRTH = CATALOGUE.procedure("1.001193")
COMMUNES = sorted(CATALOGUE.agencies_of(BIRTH))
CENTRE = CATALOGUE.parse(
    {
        "agencies": [
            {**CATALOGUE.agency(COMMUNES[0]).model_dump(mode="json", exclude_defaults=True), "serves": COMMUNES[1:3]}
        ]
    },
    CATALOGUE,
)


def officer(agency: str) -> Principal:
    return Principal("c", frozenset({"counter"}), agency, "C")


@pytest.mark.parametrize(("words", "first"), [
    ("khai sinh", "1.001193"), ("KHAI  SINH", "1.001193"), ("sinh đăng ký kh", "1.001193"), ("dang ky ket hon", "1.000894"),
    ("1.0011", "1.001193"), ("marriage", "1.000894"), ("", "2.000635"),
])  # fmt: skip
def test_a_procedure_is_found_by_the_beginnings_of_its_words_or_its_code(words: str, first: str) -> None:
    offered = procedures(CATALOGUE, COMMUNES[0], TODAY)
    assert meant(offered, words, [])[0].code == first
    assert meant(offered, words, ["x", first])[0].code == first


def test_those_of_late_come_first_and_what_is_not_taken_here_does_not_come() -> None:
    offered = procedures(CATALOGUE, COMMUNES[0], TODAY)
    assert [one.code for one in meant(offered, "", ["1.000894", "1.001193"])][:2] == ["1.000894", "1.001193"]
    assert meant(offered, "tên lửa", []) == []
    assert {one.code for one in offered} < set(CATALOGUE.procedures)
    assert all(CATALOGUE.executes(COMMUNES[0], one) for one in offered)


def test_one_receives_for_the_own_agency_and_for_those_the_centre_serves() -> None:
    assert counters_of(officer(COMMUNES[0]), CATALOGUE) == (COMMUNES[0],)
    assert set(counters_of(officer(COMMUNES[0]), CENTRE)) == set(COMMUNES[:3])
    assert counters_of(officer(COMMUNES[0]), CENTRE)[0] == COMMUNES[0]
    assert offer(officer(COMMUNES[0]), CENTRE, BIRTH.code, COMMUNES[1], TODAY).agency == COMMUNES[1]
    assert offer(officer(COMMUNES[0]), CENTRE, BIRTH.code, "", TODAY).agency == COMMUNES[0]
    with pytest.raises(NotFound):
        offer(officer(COMMUNES[1]), CENTRE, BIRTH.code, COMMUNES[0], TODAY)


def test_fees_are_written_as_people_write_them() -> None:
    dear = BIRTH.model_copy(update={"fee_vnd": 1_500_000})
    assert fees(dear, texts("vi"), "vi") == ["1.500.000 đồng"]
    assert fees(BIRTH, texts("vi"), "vi") == ["không thu"]


def test_a_file_that_was_taken_comes_back_as_it_was_and_nothing_else_is_one() -> None:
    signed = (Signature("Nguyễn Văn An"), Signature("Sở Tư pháp"))
    taken = Paper(
        "G1", Upload("ab" * 32, 1234, "application/pdf", "a|b.pdf", ("converted", "metadata-removed"), signed)
    )
    assert [*kept_papers([taken.sent])] == [taken]
    for forged in ("", "a|b|c", f"G1|{'x' * 64}|1|t|||n", f"G1|{'ab' * 32}|-1|t|||n", f"G1|{'ab' * 32}|٣|t|||n"):
        assert [*kept_papers([forged])] == []
    (read,) = kept_papers([f"G1|{'ab' * 32}|1|t|<b>||n"])
    assert read.upload.changes == ()
    sheet = Sheet(papers=(taken,))
    assert sheet.after(f"forget:G1:{'ab' * 32}").papers == ()
    assert sheet.after("forget:G2").papers == (taken,)
