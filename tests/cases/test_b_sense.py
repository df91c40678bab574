"""What an import refuses although a program could take it: nobody means it. What is stored already goes on serving."""

from __future__ import annotations

import json

import pytest
from tests.cases.written import TEXT, findings

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.stored import taken
from dossier_shared.vocabulary.codes import spellings

OTHER = "- {code: x-1, name_vi: Xã Khác, name_en: Other, level: commune, kind: peoples_committee}\n"
ABOVE = "- {code: Y-1, name_vi: Sở Y, name_en: Y, level: province, kind: department, parent: X-1}\n"
PAPER = "  - {code: D-1, name_vi: Đơn, kind: original"
HEAD = "  kind: peoples_committee\n  signature: {title: Chủ tịch, place: Thử, letterhead: ["


@pytest.mark.parametrize(
    ("part", "instead", "code"),
    [
        (PAPER, f"{PAPER}, copies: 0", "copies"), ("[direct, online]", "[direct, direct]", "repeated"),
        ("fee_vnd: 0", "fee_vnd: []", "fee"), ("fee_vnd: 0", "fee_vnd: 0x10", "number-base"),
        ("fee_vnd: 0", "fee_vnd: 0o17", "number-base"), ("amount: 2", "amount: 0x2", "number-base"),
        ("name_vi: Xã Thử", "name_vi: Xã Thử Х\u0430nh A\u0430", "name-invalid"),
        ("version: 1", "version: 1\ncalendar: {time_zone: Asia/Tokyo}", "time-zone"),
        ("version: 1", "version: 1\ncalendar: {public_holidays: US}", "holidays"),
        ("  kind: peoples_committee\n", f"{HEAD}{'a' * 121}]}}\n", "letterhead"),
        ("  kind: peoples_committee\n", f"{HEAD}a, b, c, d, e]}}\n", "letterhead"),
        ("procedures:\n", f"{ABOVE}procedures:\n", "parent-lower"),
        ("procedures:\n", f"{OTHER}procedures:\n", "repeated"),
        (PAPER, f"{PAPER.replace('D-1', 'd-1')}}}\n{PAPER}", "repeated"),
    ],
)  # fmt: skip
def test_b_what_nobody_means_is_refused(part: str, instead: str, code: str) -> None:
    assert part in TEXT
    found = findings(TEXT.replace(part, instead, 1))
    assert [one["code"] for one in found] == [code]
    assert found[0]["line"] is not None


@pytest.mark.parametrize("calendar", ["{time_zone: Asia/Bangkok}", "{public_holidays: null}"])
def test_b_a_zone_of_the_same_hours_and_no_holidays_are_taken(calendar: str) -> None:
    Catalogue.parse(TEXT.replace("version: 1", f"version: 1\ncalendar: {calendar}"))


def test_b_codes_that_differ_in_capitals_are_both_named_also_beside_what_is_in_force() -> None:
    base = Catalogue.parse(TEXT)
    (found,) = findings(f"agencies:\n{OTHER}", base)
    assert "x-1" in found["message"]["vi"]
    assert "X-1" in found["message"]["en"]


def test_b_what_is_stored_goes_on_serving_and_hinders_no_import_of_something_else() -> None:
    stored = Catalogue.parse(TEXT).document()
    stored["procedures"][0]["documents"][0]["copies"] = 0
    document, faults = taken(json.dumps(stored))
    assert (document.procedures[0].documents[0].copies, faults) == (0, ())


def test_c10_a_code_of_an_agency_with_small_letters_is_found_in_capitals() -> None:
    agencies = ("X.9", "X.9-a", "H19.1", "X.9-A")
    for typed in ("X.9-A-20261128-0000001", "x.9-a-20261128-0000001"):
        assert "X.9-a-20261128-0000001" in spellings(typed, agencies)
        assert "X.9-A-20261128-0000001" in spellings(typed, agencies)
    assert spellings("H19.1-20261128-0000001", agencies) == ("H19.1-20261128-0000001",)
