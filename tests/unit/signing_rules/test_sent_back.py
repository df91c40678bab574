"""A leader sends it back instead of signing: only while it waits for that, and a new decision makes it wait again."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from dossier_shared.clock import parse_instant
from dossier_shared.contracts.entries import AgencyEntry
from dossier_shared.contracts.events import Approved, Rejected, Stopped, WithdrawalGranted
from dossier_shared.errors import Unchained
from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import Principal
from dossier_shared.journal import dossier as journal
from dossier_shared.problems import IllegalTransition, NotFound, NotReady
from dossier_shared.runtime.directory import Directory
from dossier_signing import handlers
from dossier_signing.documents.outcomes import NotMade
from dossier_signing.pages.work_list import item_of
from dossier_signing.policy import POLICY
from dossier_signing.schemas import result_view

from .support import AGENCY, AT, DUE, LEADER, MADE, Result

CENTRE = "H19.9"


def sent_back(result: Result | None = None, who: Principal = LEADER) -> Result:
    result = result or Result().decided()
    if "agency" in result.state:
        POLICY.demand(who, "send-back", result.state)
    assert result.records(handlers.send_back(result.state, "Sai ngày sinh của Nguyễn Thị Ánh")) == ["sent-back"]
    return result


def failed() -> Result:
    result = Result().decided()
    result.asked()
    result.comes_back(NotMade("unprintable-text"))
    return result


def under_way() -> Result:
    result = Result().decided()
    result.asked()
    return result


def signed() -> Result:
    result = under_way()
    result.comes_back(MADE)
    return result


@pytest.mark.parametrize("start", [lambda: Result().decided(), lambda: Result().decided(Rejected, "Trùng."), failed])
def test_what_waits_for_a_signature_goes_back_to_review(start: Callable[[], Result]) -> None:
    result = sent_back(start())
    assert (result.state["status"], result.state["stage"]) == ("in_review", None)
    assert "failure" not in result.state
    entry = result.dossier.journal[-1]
    assert (entry["type"], entry["data"]) == ("sent-back", {})
    assert "Nguyễn".encode() in entry["sealed"], "a reason may name people"
    assert result_view(result.dossier)["status"] == "in_review"


@pytest.mark.parametrize(
    ("start", "refusal"),
    [(Result, NotReady), (under_way, IllegalTransition), (signed, IllegalTransition), (sent_back, IllegalTransition)],
)
def test_nothing_else_is_sent_back(start: Callable[[], Result], refusal: type[Exception]) -> None:
    result = start()
    with pytest.raises(refusal):
        sent_back(result)


def test_another_agency_s_leader_sends_nothing_back() -> None:
    with pytest.raises(NotFound):
        sent_back(who=Principal("other", frozenset({"leader"}), "H19.2"))


def test_it_is_not_signed_until_it_is_decided_anew() -> None:
    result = sent_back(failed())
    with pytest.raises(IllegalTransition, match="appraised again"):
        result.asked()
    result.decided(holder="Nguyễn Thị Anh")
    assert (result.state["status"], result.state["stage"], result.state["holder"]) == (
        "approved",
        "signature",
        "Nguyễn Thị Anh",
    )
    assert result_view(result.dossier)["failure"] is None
    assert result.asked() == ["signing-requested"]
    assert result.comes_back(MADE) == ["signed"]


def test_it_may_be_decided_otherwise_and_only_once() -> None:
    result = sent_back().decided(Rejected, "Trùng hồ sơ.")
    assert (result.state["status"], result.state["reason"]) == ("rejected", "Trùng hồ sơ.")
    with pytest.raises(Unchained, match="Decided already"):
        result.decided(Approved)


@pytest.mark.parametrize(("model", "status"), [(Stopped, "stopped"), (WithdrawalGranted, "withdrawn")])
def test_review_may_end_it_instead(model: type[Stopped | WithdrawalGranted], status: str) -> None:
    result = sent_back()
    assert journal.hear(handlers.RULES, result.dossier, result.review.says(model()), parse_instant(AT), AT)
    assert (result.state["status"], result.state["stage"]) == (status, None)
    with pytest.raises(Unchained, match="Decided already"):
        result.decided()


def test_what_was_never_decided_is_not_heard_to_end() -> None:
    result = Result()
    assert journal.hear(handlers.RULES, result.dossier, result.review.says(Stopped()), parse_instant(AT), AT)
    assert result.state == {}


@pytest.mark.parametrize(
    ("failure", "way"),
    [
        ("unprintable-text", "Ký, thay ký tự; hoặc trả lại"),
        ("certificate-not-valid", "Ký lại, hoặc trả lại"),
        (None, ""),
    ],
)
def test_the_list_names_the_way_on(failure: str | None, way: str) -> None:
    result = Result().decided()
    result.dossier.state = {**result.state, "failure": failure}
    item = item_of(result.dossier, DUE)
    assert way in item.state_vi
    assert ("trả lại" in item.state_vi) is bool(failure)
    assert item.actions is not None
    assert "send-back" in item.actions


# -- whose it is ------------------------------------------------------------------------------------------------------------


def taken_in() -> Result:
    return Result().decided(person="p-anh", received_at=CENTRE, delivery="counter", owner="")


def test_the_result_says_whose_it_is_and_how_it_is_to_reach_them() -> None:
    result = taken_in()
    result.asked()
    result.comes_back(MADE)
    said = result.dossier.journal[-1]["data"]
    assert (said["person"], said["received_at"], said["delivery"], said["owner"]) == ("p-anh", CENTRE, "counter", "")
    entry = Result("database_update").decided(person="p-anh", delivery="online").dossier.journal[-1]["data"]
    assert (entry["person"], entry["delivery"]) == ("p-anh", "online")


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        (Principal("a", frozenset({"citizen"}), person="p-anh"), True),
        (Principal("a", frozenset({"citizen"}), person="p-binh"), False),
        (Principal("a", frozenset({"counter"}), AGENCY, person="p-anh"), True),
        (Principal("a", frozenset({"counter"}), CENTRE), True),
        (Principal("a", frozenset({"leader"}), CENTRE), False),
        (Principal("a", frozenset({"counter"}), "H19.8"), True),
        (Principal("a", frozenset({"counter"}), "H19.7"), False),
        (Principal("a", frozenset({"specialist"}), "H19.7", person="p-anh"), False),
        (Principal("a", frozenset({"counter"})), False),
    ],
)
def test_the_person_and_the_centre_read_it_too(who: Principal, allowed: bool) -> None:
    directory = Directory()
    for code, serves in (("H19.8", [AGENCY]), ("H19.7", ["H19.2"])):
        directory.agencies[code] = AgencyEntry(
            code=code,
            name_vi="Trung tâm",
            name_en="Centre",
            level="commune",
            kind="centre",
            serves=serves,
            catalogue="1",
        )
    assert POLICY.may(who, "read", taken_in().dossier.state, Context(SimpleNamespace(directory=directory))) is allowed
