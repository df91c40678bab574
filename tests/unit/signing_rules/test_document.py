"""What the document says, taken from the state alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dossier_shared.contracts.events import Approved, Rejected
from dossier_signing.documents.result_document import page_data
from dossier_signing.documents.results import document_of, job_of
from dossier_signing.pages.work_list import item_of

from .support import DUE, Result

DECIDED = datetime(2026, 11, 28, tzinfo=UTC)


def asked(kind: str = "certificate", model: type[Approved | Rejected] = Approved, reason: str | None = None) -> Result:
    result = Result(kind).decided(model, reason)
    result.asked()
    return result


def test_a_grant_shows_the_answers_and_no_reason() -> None:
    document = document_of(asked(reason="ghi chú nội bộ").state)
    assert document.kind == "certificate"
    assert document.reason == ""
    assert document.holder_name == "Nguyễn Thị Ánh"
    assert [field.value for field in document.fields] == ["01/11/2026"]
    assert (document.leader_name, document.leader_title, document.place) == ("Trần Thị Bình", "Chủ tịch", "Bù Đăng")


@pytest.mark.parametrize(
    ("reason", "shown"),
    [("Thiếu giấy chứng sinh.", "Thiếu giấy chứng sinh."), (None, "Không đủ điều kiện giải quyết.")],
)
def test_a_rejection_always_gives_a_reason(reason: str | None, shown: str) -> None:
    document = document_of(asked("permit", Rejected, reason).state)
    assert (document.kind, document.reason) == ("rejection", shown)


def test_the_same_intent_is_the_same_job() -> None:
    result = asked()
    assert job_of(result.intent()) == job_of(result.intent())
    assert job_of(result.intent()).id == "d-1:result"


@pytest.mark.parametrize(
    ("failure", "vi", "en"),
    [
        (None, "Kết quả", "Result"),
        ("unprintable-text", "có chữ không in được", "some text cannot be printed"),
        ("something-new", "lỗi something-new", "error something-new"),
    ],
)
def test_the_list_says_why_it_came_back(failure: str | None, vi: str, en: str) -> None:
    result = Result().decided()
    result.dossier.state = {**result.state, "failure": failure}
    item = item_of(result.dossier, DUE)
    assert vi in item.state_vi
    assert en in item.state_en
    assert not item.late
    assert item_of(result.dossier, "2026").late
    assert "Nguyễn" not in str(item)


def test_a_row_may_say_more_than_is_known_here() -> None:
    state = asked().state
    said = [{**row, "added_later": 1} for row in state["summary"]]
    assert said
    assert document_of({**state, "summary": said}) == document_of(state)


def test_days_of_older_events_are_printed_as_people_write_them() -> None:
    state = asked().state
    said = [
        {"label_vi": "Ngày sinh", "value": "2026-11-01"},
        {"label_vi": "Lúc", "value": "2026-11-01T01:05:00Z"},
        {"label_vi": "Không có trong lịch", "value": "2026-02-30"},
        {"label_vi": "Số", "value": "2026-11-01/QĐ"},
    ]
    values = [field.value for field in document_of({**state, "summary": said}).fields]
    assert values == ["01/11/2026", "08:05 ngày 01/11/2026", "2026-02-30", "2026-11-01/QĐ"]


def test_no_name_stands_without_whose_it_is() -> None:
    rows = page_data(document_of(asked().state), DECIDED)["fields"]
    assert isinstance(rows, list)
    labels = [row["label_vi"] for row in rows]
    assert "Họ và tên" not in " ".join(labels)
    assert labels[0] == "Người đề nghị (cá nhân, tổ chức)"
