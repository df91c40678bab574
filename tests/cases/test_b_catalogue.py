"""Cases B: the catalogue as people write it is read as they mean it, or refused with the line."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from tests.cases.written import FORM, TEXT, findings, line_of, where

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.rules.deadlines import appointment

DEADLINE = "{amount: 2, unit: working_day}"
WITH_CUT_OFF = "{amount: 2, unit: working_day, cut_off: %s}"
DOCUMENT = "  - {code: D-1, name_vi: Đơn, kind: original}"
PACKAGED = Catalogue.load_packaged()


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new)


# -- B1, B2: times ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["15:00", "'15:00'", '"15:00:00"'])
def test_b1_a_cut_off_without_quotes_is_three_in_the_afternoon(written: str) -> None:
    catalogue = Catalogue.parse(changed(DEADLINE, WITH_CUT_OFF % written))
    limit = catalogue.procedure("9.000001").deadline
    assert limit.cut_off == time(15)
    promise = appointment(datetime(2026, 6, 1, 8, 30, tzinfo=UTC), limit, catalogue.calendar)  # 15:30 here
    assert promise.instant == datetime(2026, 6, 4, 10, tzinfo=UTC)
    assert catalogue.limits[("9.000001", date.min)]["cut_off"] == "15:00:00"


@pytest.mark.parametrize("written", ["'15:00+07:00'", "15:00Z", "900", "15.00", "true", "'25:00'", "[15, 0]", "03:00"])
def test_b1_a_cut_off_that_no_clock_shows_is_refused_with_its_line(written: str) -> None:
    text = changed(DEADLINE, WITH_CUT_OFF % written)
    ((path, line),) = where(text)
    assert path.startswith("/procedures/0/deadline")
    assert line == line_of(text, "cut_off")


@pytest.mark.parametrize("cut_off", [900, 54000.0, "15:00+07:00", True])
def test_b1_the_same_in_json(cut_off: Any) -> None:
    document = json.dumps({"calendar": {"cut_off": cut_off}}, indent=1)
    assert where(document) == [("/calendar/cut_off", 3)]


def test_b2_hours_without_quotes_are_hours() -> None:
    catalogue = Catalogue.parse(TEXT + "calendar:\n  hours: [[7:30, 11:30], [13:00, 17:00]]\n  cut_off: 15:00\n")
    assert catalogue.calendar.hours == ((time(7, 30), time(11, 30)), (time(13), time(17)))
    limit = catalogue.procedure("9.000001").deadline
    promise = appointment(datetime(2026, 6, 1, 2, tzinfo=UTC), limit, catalogue.calendar)
    assert promise.instant == datetime(2026, 6, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "hours",
    [
        "[[27000, 61200]]",
        "[['7:30+07:00', '17:00+07:00']]",
        "[[7.30, 17.00]]",
        "[[17:00, 7:30]]",
        "[[7:30]]",
        "[]",
        "7:30-17:00",
    ],
)
def test_b2_hours_no_office_has_are_refused_with_their_line(hours: str) -> None:
    text = TEXT + f"calendar:\n  cut_off: 15:00\n  hours: {hours}\n"
    assert {line for _, line in where(text)} <= {line_of(text, "hours:"), line_of(text, "calendar:") + 1}
    assert all(path.startswith("/calendar") for path, _ in where(text))


@pytest.mark.parametrize(
    ("calendar", "path"),
    [
        ("weekend: [true]", "/calendar/weekend/0"),
        ("weekend: [0, 1, 2, 3, 4, 5, 6]", "/calendar"),
        ("weekend: ['5']", "/calendar/weekend/0"),
        ("version: true", "/calendar/version"),
        ("days_off: [{date: 20261224, name_vi: Nghỉ, name_en: Off}]", "/calendar/days_off/0/date"),
        ("days_off: [{date: 24/12/2026, name_vi: Nghỉ, name_en: Off}]", "/calendar/days_off/0/date"),
        ('days_off: [{date: 2026-12-24, name_vi: "\\u200e", name_en: Off}]', "/calendar/days_off/0/name_vi"),
        ("time_zone: Asia/Saigon2", "/calendar/time_zone"),
        ("public_holidays: no", "/calendar/public_holidays"),
    ],
)
def test_b2_so_is_whatever_else_a_calendar_cannot_be_computed_with(calendar: str, path: str) -> None:
    text = TEXT + f"calendar:\n  {calendar}\n"
    found = where(text)
    assert [one for one, _ in found] == [path]
    assert found[0][1] in (line_of(text, "calendar:"), line_of(text, "calendar:") + 1)


def test_b2_a_calendar_without_a_working_day_is_refused_before_a_dossier_meets_it() -> None:
    today = datetime.now(UTC).date().toordinal()
    closed = (date.fromordinal(today + number) for number in range(-2, 1200))
    days = "".join(f"  - {{date: {day.isoformat()}, name_vi: Nghỉ, name_en: Off}}\n" for day in closed)
    found = findings(TEXT + "calendar:\n  days_off:\n" + days)
    assert {one["code"] for one in found} == {"not-computable"}


# -- B4: keys given twice -----------------------------------------------------------------------------------------------


def test_b4_two_blocks_of_documents_are_refused_with_both_lines() -> None:
    text = TEXT + "  documents:\n  - {code: D-2, name_vi: Ảnh, kind: original}\n"
    (one,) = findings(text)
    first, second = line_of(text, "  documents:"), text.count("\n") - 1
    assert (one["path"], one["code"], one["line"]) == ("/procedures/0/documents", "repeated-key", second)
    assert f"dòng {first} và dòng {second}" in one["message"]["vi"]
    assert f"lines {first} and {second}" in one["message"]["en"]


def test_b4_two_lists_of_procedures_are_refused_with_both_lines() -> None:
    text = TEXT + "procedures: []\n"
    (one,) = findings(text)
    assert (one["path"], one["line"]) == ("/procedures", text.count("\n"))
    assert f"lines {line_of(text, 'procedures:')} and {text.count(chr(10))}" in one["message"]["en"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (changed(DEADLINE, "{amount: 2, unit: working_day, amount: 3}"), "/procedures/0/deadline/amount"),
        (changed("kind: original}", "kind: original, kind: copy}"), "/procedures/0/documents/0/kind"),
        (TEXT + FORM + "      a: {type: string}\n      a: {type: integer}\n", "/procedures/0/form/properties/a"),
        (TEXT + FORM + "      e\u0301: {type: string}\n      \u00e9: {type: integer}\n", "/procedures/0/form/properties/é"),
        (TEXT + "calendar: {}\n'calendar': {}\n", "/calendar"),
        ('{"calendar": {"cut_off": "15:00",\n"cut_off": "16:00"}}', "/calendar/cut_off"),
        ('{"agencies": [],\n"agencies": []}', "/agencies"),
    ],
)  # fmt: skip
def test_b4_so_is_any_key_given_twice_at_any_depth(text: str, path: str) -> None:
    (one,) = findings(text)
    assert (one["path"], one["code"]) == (path, "repeated-key")
    assert one["line"] is not None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (changed(DOCUMENT, f"{DOCUMENT}\n{DOCUMENT}"), "/procedures/0/documents/1"),
        (TEXT + TEXT[TEXT.index("- code: '9.") :], "/procedures/1"),
        (changed("procedures:", "- {code: X-1, name_vi: A, name_en: A, level: commune, kind: k}\nprocedures:"), "/agencies/1"),
        (TEXT + "calendar:\n  days_off:\n" + "  - {date: 2026-12-24, name_vi: Nghỉ, name_en: Off}\n" * 2, "/calendar/days_off/1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("base", [None, PACKAGED], ids=["alone", "merged"])
def test_b4_so_is_an_entry_given_twice(text: str, path: str, base: Catalogue | None) -> None:
    found = findings(text, base)
    assert [(one["path"], one["code"]) for one in found] == [(path, "repeated")]
    assert found[0]["line"] is not None
    assert str(found[0]["line"]) in found[0]["message"]["vi"]


def test_b4_two_documents_in_one_file_are_refused() -> None:
    assert findings(TEXT + "---\n" + TEXT)[0]["code"] == "documents"


# -- B5: numbers --------------------------------------------------------------------------------------------------------


def test_b5_fifty_thousand_with_a_point_is_refused_and_told_how_to_write_it() -> None:
    text = changed("fee_vnd: 0", "fee_vnd: 50.000")
    (one,) = findings(text)
    assert (one["path"], one["line"]) == ("/procedures/0/fee_vnd", line_of(text, "fee_vnd"))
    assert "50000" in one["message"]["vi"]
    assert "50.000" in one["message"]["vi"]


def test_b5_fifty_thousand_in_quotes_is_fifty_thousand() -> None:
    assert Catalogue.parse(changed("fee_vnd: 0", "fee_vnd: '50.000'")).procedure("9.000001").fee_vnd == 50_000
    listed = Catalogue.parse(changed("fee_vnd: 0", "fee_vnd: [{name: Lệ phí, amount_vnd: 20000}]"))
    fees = listed.procedure("9.000001").fee_vnd
    assert isinstance(fees, tuple)
    assert [fee.amount_vnd for fee in fees] == [20_000]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("fee_vnd: 0", "fee_vnd: true", "/procedures/0/fee_vnd"),
        ("fee_vnd: 0", "fee_vnd: -1", "/procedures/0/fee_vnd"),
        ("fee_vnd: 0", "fee_vnd: 5e4", "/procedures/0/fee_vnd"),
        ("fee_vnd: 0", "fee_vnd: 99999999999999", "/procedures/0/fee_vnd"),
        ("fee_vnd: 0", f"fee_vnd: {'9' * 400}", "/procedures/0/fee_vnd"),
        ("fee_vnd: 0", "fee_vnd: '50,5'", "/procedures/0/fee_vnd"),
        ("fee_vnd: 0", "fee_vnd: [{name: Lệ phí, amount_vnd: 20.000}]", "/procedures/0/fee_vnd/0/amount_vnd"),
        ("amount: 2", "amount: 2.0", "/procedures/0/deadline/amount"),
        ("amount: 2", "amount: '2'", "/procedures/0/deadline/amount"),
        ("amount: 2", "amount: true", "/procedures/0/deadline/amount"),
        ("amount: 2", "amount: -2", "/procedures/0/deadline/amount"),
        ("amount: 2", "amount: 1_0", "/procedures/0/deadline/amount"),
        ("kind: original", "kind: original, copies: true", "/procedures/0/documents/0/copies"),
        ("kind: original", "kind: original, copies: 1.0", "/procedures/0/documents/0/copies"),
        ("kind: original", "kind: original, required: 1", "/procedures/0/documents/0/required"),
        ("kind: original", "kind: original, required: yes", "/procedures/0/documents/0/required"),
        ("version: 1", "version: true", "/version"),
        ("version: 1", "version: 1.0", "/version"),
        ("version: 1", "version: 1\ngathered_on: 20261122", "/gathered_on"),
        ("online: full", "online: full\n  straight_through: 'true'", "/procedures/0/straight_through"),
        ("online: full", "online: full\n  valid_from: 1782864000", "/procedures/0/valid_from"),
        (
            "online: full",
            "online: full\n  consultation: [{with_vi: Sở, amount: -3, unit: working_day}]",
            "/procedures/0/consultation/0/amount",
        ),
    ],
)
def test_b5_numbers_and_flags_are_strict_everywhere(old: str, new: str, path: str) -> None:
    text = changed(old, new)
    found = where(text)
    assert [one for one, _ in found] == [path]
    assert found[0][1] == line_of(text, new.split("\n")[-1].split(",")[-1].strip(" {["))


def test_b5_a_leading_zero_does_not_make_it_octal() -> None:
    assert Catalogue.parse(changed("amount: 2", "amount: 010")).procedure("9.000001").deadline.amount == 10


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("name_vi: Xã Thử", "name_vi: 123", "/agencies/0/name_vi"),
        ("name_vi: Xã Thử", "name_vi: true", "/agencies/0/name_vi"),
        ("name_vi: Xã Thử", "name_vi: ~", "/agencies/0/name_vi"),
        ("kind: peoples_committee", "kind: peoples_committee\n  gso_code: 075", "/agencies/0/gso_code"),
        ("- code: '9.000001'", "- code: 9.000010", "/procedures/0/code"),
        ("name_vi: Giấy", "name_vi: [Giấy]", "/procedures/0/result/name_vi"),
    ],
)
def test_b5_a_text_is_not_made_of_a_number(old: str, new: str, path: str) -> None:
    found = findings(changed(old, new))
    assert path in [one["path"] for one in found]
    assert found[0]["line"] is not None


def test_b5_a_word_that_yaml_1_1_takes_for_something_else_is_a_name() -> None:
    for name in ("No", "on", "2026-01-01", "12:30"):
        assert Catalogue.parse(changed("name_vi: Xã Thử", f"name_vi: {name}")).agency("X-1").name_vi == name


# -- B6: words that YAML 1.1 takes for true and false ---------------------------------------------------------------------


def test_b6_yes_and_no_in_a_form_are_words() -> None:
    text = TEXT + FORM + "      agreed: {type: string, enum: [yes, no]}\n    required: [agreed]\n"
    catalogue = Catalogue.parse(text)
    form = catalogue.form(catalogue.procedure("9.000001"))
    assert form is not None
    assert form.check({"agreed": "no"}) == {"agreed": "no"}


def test_b6_fields_may_be_called_on_off_and_no() -> None:
    text = TEXT + FORM + "      on: {type: string}\n      no: {type: string}\n    required: [on, no]\n"
    catalogue = Catalogue.parse(text)
    form = catalogue.form(catalogue.procedure("9.000001"))
    assert form is not None
    assert form.check({"on": "a", "no": "b"}) == {"on": "a", "no": "b"}


@pytest.mark.parametrize("enum", ["[true, false]", "[01, 02]", "[1.5]", "[null]", "[]", "[Nam, 2]"])
def test_b6_a_choice_its_own_type_never_takes_is_refused(enum: str) -> None:
    text = TEXT + FORM + f"      agreed: {{type: string, enum: {enum}}}\n"
    (one,) = findings(text)
    assert one["path"].startswith("/procedures/0/form/properties/agreed/enum")
    assert one["line"] == line_of(text, "agreed")


def test_b7_a_form_written_as_nfd_is_kept_as_nfc() -> None:
    text = TEXT + FORM + "      he\u0323\u0302: {type: string, enum: [xa\u0303]}\n    required: [he\u0323\u0302]\n"
    for written in (text, json.dumps(Catalogue.parse(text).document(), ensure_ascii=True)):
        catalogue = Catalogue.parse(written)
        form = catalogue.form(catalogue.procedure("9.000001"))
        assert form is not None
        assert form.check({"hệ": "xã"}) == {"hệ": "xã"}


# -- A3: names ------------------------------------------------------------------------------------------------------------


def test_a3_names_lose_the_blanks_at_their_ends() -> None:
    text = changed("name_vi: Xã Thử", "name_vi: 'Xã Thử '").replace(
        "name_vi: Thủ tục thử", 'name_vi: " Thủ tục  thử\\u200b"'
    )
    catalogue = Catalogue.parse(text)
    assert catalogue.agency("X-1").name_vi == "Xã Thử"
    assert catalogue.procedure("9.000001").name_vi == "Thủ tục thử"


@pytest.mark.parametrize(
    ("old", "path"),
    [
        ("name_vi: Xã Thử", "/agencies/0/name_vi"),
        ("name_en: Trial commune", "/agencies/0/name_en"),
        ("name_vi: Thủ tục thử", "/procedures/0/name_vi"),
        ("field: Thử", "/procedures/0/field"),
        ("name_vi: Đơn", "/procedures/0/documents/0/name_vi"),
        ("name_vi: Giấy", "/procedures/0/result/name_vi"),
    ],
)
@pytest.mark.parametrize("invisible", ["\\u200e", "\\ufeff", " ", "\\u3164"])
def test_a3_a_name_nobody_can_see_is_refused(old: str, path: str, invisible: str) -> None:
    text = changed(old, f'{old.split(":")[0]}: "{invisible}"')
    assert [one for one, _ in where(text)] == [path]


def test_a3_a_control_character_is_refused() -> None:
    assert findings(changed("Xã Thử", '"Xã\\x07"'))[0]["path"] == "/agencies/0/name_vi"
    assert findings({"agencies": [{"code": "X", "name_vi": "Xã\x07"}]})[0]["path"] == "/agencies/0/name_vi"


def test_a3_a_form_title_nobody_can_see_is_refused_and_blanks_are_trimmed() -> None:
    bad = TEXT + FORM + '      a: {type: string, title: "\\u200e"}\n'
    assert [path for path, _ in where(bad)] == ["/procedures/0/form/properties/a/title"]
    good = TEXT + FORM + '      a: {type: string, title: "Họ tên ", x-en: {title: " Name"}}\n'
    form = Catalogue.parse(good).procedure("9.000001").form
    assert form is not None
    assert form["properties"]["a"] == {"type": "string", "title": "Họ tên", "x-en": {"title": "Name"}}


# -- files as they are saved ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        TEXT.encode("utf-8-sig"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
    ],
    ids=["bom", "crlf", "utf-16", "utf-16-be", "utf-16-le"],
)
def test_a_file_saved_by_another_editor_is_the_same_catalogue(raw: bytes) -> None:
    assert Catalogue.parse(raw).version == Catalogue.parse(TEXT).version


@pytest.mark.parametrize(
    ("raw", "code", "line"),
    [
        (TEXT.encode("cp1258", "replace"), "not-utf8", line_of(TEXT, "Đơn")),
        (TEXT.replace("  name_vi: Xã", "\tname_vi: Xã").encode(), "tab", 4),
        (TEXT.encode() + b"\x07", "text-not-allowed", 22),
        (changed("name_vi: Xã Thử", "name_vi: Xã: Thử").encode(), "yaml", 4),
        (TEXT.replace("'9.000001'", "'9.000001").encode(), "yaml", None),
    ],
    ids=["cp1258", "tab", "bell", "colon", "quote"],
)
def test_a_file_that_cannot_be_read_is_told_with_its_line(raw: bytes, code: str, line: int | None) -> None:
    (one,) = findings(raw)
    assert one["code"] == code
    assert one["line"] is not None
    assert line in (None, one["line"])
