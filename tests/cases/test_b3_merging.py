"""Case B3: a file adds to the catalogue in force and corrects it by key; what goes is asked for; the difference is told."""

from __future__ import annotations

import json
from datetime import date, time
from typing import Any

import pytest
from tests.cases.written import TEXT, findings, line_of

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.changes import Change, changes, newly_off

BASE = Catalogue.load_packaged()
OFF = "calendar: {days_off: [{date: 2026-12-24, name_vi: Nghỉ, name_en: Off}]}\n"


def said(after: Catalogue, before: Catalogue = BASE) -> list[tuple[str, str, str, str]]:
    found = changes(before, after)
    assert all(one.vi and one.en for one in found)
    return [(one.change, one.what, one.code, one.field) for one in found]


def test_b3_a_day_off_alone_takes_nothing_away() -> None:
    rules = Catalogue.parse(OFF, BASE).calendar.rules
    old = BASE.calendar.rules
    assert {day.date for day in rules.days_off} == {*(day.date for day in old.days_off), date(2026, 12, 24)}
    kept = {"hours", "cut_off", "weekend", "working_days", "legal_basis", "public_holidays", "confidence_overrides"}
    assert {name: getattr(rules, name) for name in kept} == {name: getattr(old, name) for name in kept}
    assert said(Catalogue.parse(OFF, BASE)) == [("added", "calendar", "", "days_off[2026-12-24]")]


def test_b3_a_day_given_again_is_corrected_and_keeps_what_is_not_said() -> None:
    after = Catalogue.parse("calendar: {days_off: [{date: 2026-01-02, name_vi: Nghỉ bù}]}", BASE)
    (day,) = [one for one in after.calendar.rules.days_off if one.date == date(2026, 1, 2)]
    assert day.name_vi == "Nghỉ bù"
    assert day.source
    (one,) = changes(BASE, after)
    assert (one.field, one.after) == ("days_off[2026-01-02].name_vi", "Nghỉ bù")
    assert one.vi.startswith("lịch làm việc: sửa ngày nghỉ [2026-01-02], tên: Nghỉ hoán đổi")


def test_b3_a_procedure_keeps_what_is_not_named() -> None:
    after = Catalogue.parse("procedures: [{code: '1.001193', fee_vnd: 5000, deadline: {amount: 2}}]", BASE)
    old, new = BASE.procedure("1.001193"), after.procedure("1.001193")
    assert (new.fee_vnd, new.deadline.amount, new.deadline.cut_off) == (5000, 2, time(15))
    assert new.documents == old.documents
    assert new.form == old.form
    assert said(after) == [
        ("changed", "procedure", "1.001193", "deadline.amount"),
        ("changed", "procedure", "1.001193", "fee_vnd"),
    ]
    assert changes(BASE, after)[1].vi == "thủ tục 1.001193: sửa phí, lệ phí: 0 → 5000"
    assert changes(BASE, after)[1].en == "procedure 1.001193: fee_vnd changed: 0 → 5000"


def test_b3_papers_and_agencies_merge_by_code() -> None:
    paper = BASE.procedure("1.001193").documents[0].code
    text = f"""
procedures:
- code: '1.001193'
  documents:
  - {{code: NEW-1, name_vi: Ảnh, kind: original}}
  - {{code: {paper}, copies: 2}}
agencies:
- {{code: H19, name_en: The City}}
"""
    after = Catalogue.parse(text, BASE)
    old, new = BASE.procedure("1.001193").documents, after.procedure("1.001193").documents
    assert [one.code for one in new] == [*(one.code for one in old), "NEW-1"]
    assert (new[0].copies, new[0].name_vi) == (2, old[0].name_vi)
    assert said(after) == [
        ("changed", "agency", "H19", "name_en"),
        ("changed", "procedure", "1.001193", f"documents[{paper}].copies"),
        ("added", "procedure", "1.001193", "documents[NEW-1]"),
    ]


def test_b3_null_takes_a_field_away() -> None:
    after = Catalogue.parse("procedures: [{code: '1.001193', fee_vnd: null}]", BASE)
    assert after.procedure("1.001193").fee_vnd is None
    assert said(after) == [("removed", "procedure", "1.001193", "fee_vnd")]


def test_b3_what_is_to_go_is_named() -> None:
    paper = BASE.procedure("1.001193").documents[0].code
    text = f"""
remove:
  agencies: [X-H19-25217-CA]
  procedures: [{{code: '1.115241'}}, {{code: '1.001193', documents: [{paper}]}}]
  calendar: {{days_off: [2026-01-02], working_days: [2026-01-10], legal_basis: [roll]}}
"""
    after = Catalogue.parse(text, BASE)
    assert "X-H19-25217-CA" not in after.agencies
    assert "1.115241" not in after.procedures
    assert [one.code for one in after.procedure("1.001193").documents] == [
        one.code for one in BASE.procedure("1.001193").documents[1:]
    ]
    assert (after.calendar.rules.days_off, after.calendar.rules.working_days) == ((), ())
    assert "roll" not in after.calendar.rules.legal_basis
    assert "X-H19-25217-CA" not in after.agencies["X-H19-PVHCC"].serves, "a centre serves the others on"
    assert sorted(change for change, *_ in said(after)) == ["changed", *["removed"] * 6]


@pytest.mark.parametrize(
    ("text", "path", "code"),
    [
        ("remove: {agencies: [X-none]}", "/remove/agencies/0", "nothing-to-remove"),
        ("remove: {procedures: [{code: '9.9'}]}", "/remove/procedures/0", "nothing-to-remove"),
        ("remove: {procedures: [{code: '1.001193', documents: [NO]}]}", "/remove/procedures/0/documents/0", "nothing-to-remove"),
        ("remove: {calendar: {days_off: [2026-01-03]}}", "/remove/calendar/days_off/0", "nothing-to-remove"),
        ("remove: {calendar: {days_off: [3]}}", "/remove/calendar/days_off/0", "remove"),
        ("remove: {agency: [H19]}", "/remove/agency", "remove"),
        ("remove: [H19]", "/remove", "remove"),
        ("remove: {agencies: [H19.151]}", "/agencies/3/parent", "unknown-agency"),
    ],
)  # fmt: skip
def test_b3_what_cannot_go_is_told(text: str, path: str, code: str) -> None:
    found = findings(text, BASE)
    assert (found[0]["path"], found[0]["code"]) == (path, code)
    assert found[0]["line"] == (1 if path.startswith("/remove") else None)


def test_b3_replacing_takes_the_whole_part_given_and_no_other() -> None:
    after = Catalogue.parse(OFF, BASE, replace=True)
    assert [day.date for day in after.calendar.rules.days_off] == [date(2026, 12, 24)]
    assert after.calendar.rules.working_days == ()
    assert after.procedures.keys() == BASE.procedures.keys()
    assert ("removed", "calendar", "", "working_days[2026-01-10]") in said(after)


def test_b3_a_version_of_a_procedure_is_added_beside_the_other() -> None:
    once = Catalogue.parse(TEXT)
    alone = Catalogue.parse("procedures: [{code: '9.000001', fee_vnd: 7}]", once)
    assert [one.fee_vnd for one in alone.procedures["9.000001"]] == [7]
    version = TEXT.replace("fee_vnd: 0", "fee_vnd: 9\n  valid_from: 2027-01-01")
    both = Catalogue.parse(version, once)
    assert [one.fee_vnd for one in both.procedures["9.000001"]] == [9, 0]
    assert said(both, once) == [("added", "procedure", "9.000001@2027-01-01", "")]
    one = Catalogue.parse("procedures: [{code: '9.000001', valid_from: 2027-01-01, fee_vnd: 10}]", both)
    assert [entry.fee_vnd for entry in one.procedures["9.000001"]] == [10, 0]


def test_b3_findings_point_into_the_file_and_not_into_what_it_was_merged_with() -> None:
    text = """
procedures:
- code: '1.001193'
  documents:
  - {code: NEW-1, name_vi: Ảnh, kind: original, copies: many}
- code: '9.000002'
  name_vi: Thiếu
"""
    found = findings(text, BASE)
    assert {(one["path"], one["line"]) for one in found} >= {
        ("/procedures/0/documents/0/copies", line_of(text, "copies")),
        ("/procedures/1/name_en", line_of(text, "9.000002")),
    }
    assert all(one["path"].startswith(("/procedures/0/documents/0", "/procedures/1/")) for one in found)


def test_b3_a_day_cannot_be_off_and_worked() -> None:
    (one,) = findings("calendar: {working_days: [{date: 2026-01-02, name_vi: Làm, name_en: Work}]}", BASE)
    assert one["path"] == "/calendar"
    assert "02/01/2026" in one["message"]["vi"]
    moved = """
remove: {calendar: {days_off: [2026-01-02]}}
calendar: {working_days: [{date: 2026-01-02, name_vi: Làm, name_en: Work}]}
"""
    assert Catalogue.parse(moved, BASE).calendar.is_working(date(2026, 1, 2))


def test_b3_the_same_again_changes_nothing() -> None:
    assert changes(BASE, Catalogue.parse(BASE.text, BASE)) == []
    assert Catalogue.parse(BASE.text, BASE).version == BASE.version


def test_b3_every_change_can_be_sent_as_json() -> None:
    found: list[Change] = changes(Catalogue.parse(TEXT), BASE)
    sent: list[dict[str, Any]] = json.loads(json.dumps([one._asdict() for one in found], allow_nan=False))
    assert {one["change"] for one in sent} == {"added", "removed"}


def test_b8_the_days_that_are_no_longer_worked_are_known() -> None:
    today = date(2026, 11, 28)
    assert newly_off(BASE, Catalogue.parse(OFF, BASE), today) == [date(2026, 12, 24)]
    assert newly_off(BASE, BASE, today) == []
    four = newly_off(BASE, Catalogue.parse("calendar: {weekend: [4, 5, 6]}", BASE), today)
    assert {day.weekday() for day in four} == {4}
    gone = Catalogue.parse("remove: {calendar: {working_days: [2026-01-10]}}", BASE)
    assert newly_off(BASE, gone, date(2026, 1, 12)) in ([], [date(2026, 1, 10)])  # the package may know it by itself
