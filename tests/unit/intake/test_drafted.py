"""A draft's pure parts: what another form takes of it, what differs between two, what the account's own number is to it."""

from __future__ import annotations

import pytest

import dossier_intake.pages  # noqa: F401  its texts
from dossier_intake.drafts.draft import LARGEST, Content, Left, unpacked
from dossier_intake.forms.fields import draw
from dossier_intake.forms.posted import fitting
from dossier_intake.pages.filing.carrying import as_filed
from dossier_intake.pages.filing.view import Answer, answers, differences, masked
from dossier_intake.pages.sheet.sheet import Sheet
from dossier_shared.http.tokens import OUR_NAMES, PersonClaim, Principal, principal_of_claims
from dossier_shared.pages.texts import texts
from dossier_shared.problems import Invalid

NUMBER = "075090123456"
NEW = {
    "type": "object",
    "title": "T",
    "properties": {
        "name": {"type": "string", "title": "Tên"},
        "kind": {"enum": ["a", "b"], "title": "Loại", "x-labels": {"a": {"vi": "Loại A"}}},
        "married": {"type": "boolean", "title": "Đã kết hôn"},
        "several": {"type": "array", "uniqueItems": True, "items": {"enum": ["x", "y"]}, "title": "Nhiều"},
        "members": {
            "type": "array",
            "title": "Thành viên",
            "items": {"type": "object", "properties": {"name": {"type": "string", "title": "Tên"}}},
        },
    },
}


def test_what_a_form_has_no_field_or_no_such_choice_for_is_left() -> None:
    typed = {
        "form.name": ["An"], "form.kind": ["c"], "form.married": ["perhaps"], "form.several": ["x", "z"],
        "form.members": ["0", "1"], "form.members.0.name": ["Bình"], "form.members.1.age": ["7"], "form.old": ["cũ"],
        "form.gone": [""], "applicant.name": ["An"],
    }  # fmt: skip
    fit = fitting(NEW, typed)
    assert fit.typed == {
        "form.name": ["An"], "form.several": ["x"], "form.members": ["0", "1"], "form.members.0.name": ["Bình"],
        "applicant.name": ["An"],
    }  # fmt: skip
    assert fit.left == {
        "form.kind": ["c"], "form.married": ["perhaps"], "form.several": ["z"], "form.members.1.age": ["7"],
        "form.old": ["cũ"],
    }  # fmt: skip


def test_every_answer_is_told_with_whose_it_is() -> None:
    typed = {"form.kind": ["a"], "form.married": ["true"], "form.members": ["0"], "form.members.0.name": ["Bình"]}
    told = list(answers(draw(NEW, "vi", typed), texts("vi")))
    assert [(one.of, one.label, one.value, one.at) for one in told] == [
        ("", "Tên", "Chưa khai", "form-name"), ("", "Loại", "Loại A", "form-kind"), ("", "Đã kết hôn", "Có", "form-married"),
        ("", "Nhiều", "Chưa khai", "form-several"), ("Thành viên 1", "Tên", "Bình", "form-members-0-name"),
    ]  # fmt: skip


def test_only_what_differs_is_told() -> None:
    here = [Answer("Tên", "An", "a"), Answer("Nơi ở", "X", "b", "Mẹ"), Answer("Mới", "1", "c")]
    there = [Answer("Tên", "An", "a"), Answer("Nơi ở", "Y", "b", "Mẹ"), Answer("Cũ", "2", "d")]
    assert [tuple(one) for one in differences(here, there)] == [
        ("Mẹ: Nơi ở", "X", "Y"),
        ("Mới", "1", "–"),
        ("Cũ", "–", "2"),
    ]


def test_the_account_s_own_number_is_sent_and_never_that_which_was_typed() -> None:
    who = Principal("u", frozenset({"citizen"}), person="p", number=NUMBER)
    typed = {"applicant.citizen_id": ["1"], "applicant.tax_code": ["0100109106"], "applicant.kind": ["person"]}
    person = as_filed(Sheet(typed), who)
    assert person.first("applicant.citizen_id") == NUMBER
    assert person.first("applicant.tax_code") == ""
    firm = as_filed(Sheet({**typed, "applicant.kind": ["organisation"]}), who)
    assert (firm.first("applicant.citizen_id"), firm.first("applicant.tax_code")) == ("", "0100109106")
    assert (masked(NUMBER), masked("")) == ("•••••••• 3456", "")


def test_the_number_is_in_no_words_of_an_account() -> None:
    claims = {"sub": "u", "roles": ["citizen"], "citizen_id": NUMBER}
    who = principal_of_claims(claims, PersonClaim("citizen_id", "k" * 16), OUR_NAMES)
    assert who.number == NUMBER
    assert NUMBER not in repr(who)
    assert principal_of_claims(claims, PersonClaim("citizen_id", "")).number == "", "nobody is a person there"
    assert principal_of_claims({**claims, "citizen_id": "12"}, PersonClaim("citizen_id", "k" * 16)).number == ""


def test_a_draft_is_kept_as_it_was_and_not_without_bounds() -> None:
    content = Content({"form.a": ["x", ""]}, ("p|1",), (Left("Cũ", "c"),))
    assert unpacked(content.packed()) == Content({"form.a": ["x", ""]}, ("p|1",), (Left("Cũ", "c"),))
    with pytest.raises(Invalid, match="draft-too-large"):
        Content({"form.a": ["x" * LARGEST]}).packed()
