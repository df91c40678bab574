"""Whose papers one reads, which part of one is sent, and under which name; the rest is in the component tests."""

from __future__ import annotations

import pytest
from tests.access.stages import Filed, grown
from tests.unit.review.support import AGENCY, ASKED

from dossier_intake.papers.listing import paper_at, papers_of
from dossier_intake.papers.ranges import Part, RangeNotSatisfiable, asked_part, disposition
from dossier_intake.policy import Reader, reader_of
from dossier_intake.state import State
from dossier_shared.contracts.events import (
    ConsultationAnswered,
    ConsultationAnsweredSealed,
    ConsultationRequested,
    ConsultationRequestedSealed,
    Document,
    ReasonSealed,
    RequestWithdrawn,
    Stopped,
    SupplementReceived,
    SupplementReceivedSealed,
)
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import New
from dossier_shared.problems import NotFound

CATALOGUE = grown()
CONSULTED = New(ConsultationRequested(agency=ASKED), ConsultationRequestedSealed(question="Có tranh chấp không?"))


def who(role: str, agency: str | None = None, sub: str = "x") -> Principal:
    return Principal(sub, frozenset({role}), agency)


def after(filed: Filed, *news: New) -> State:
    """What review has said since, applied."""
    state: State = filed.dossier.state
    for new in news:
        state = filed.rules.evolve(state, filed.review.says(new.data, new.sealed))
    return state


OWNER = who("citizen", sub="citizen")
RIGHTS = {
    "owner": (OWNER, Reader("applicant")),
    "another citizen": (who("citizen"), None),
    "the owner's account as an officer elsewhere": (who("counter", "H19.3", sub="citizen"), None),
    "counter": (who("counter", AGENCY), Reader("counter", AGENCY)),
    "specialist": (who("specialist", AGENCY), Reader("specialist", AGENCY)),
    "leader": (who("leader", AGENCY), Reader("leader", AGENCY)),
    "superior of the agency itself": (who("superior", AGENCY), None),
    "superior above": (who("superior", "H19"), None),
    "leader above": (who("leader", "H19"), None),
    "admin": (who("admin"), None),
    "specialist of a sibling": (who("specialist", "H19.3"), None),
    "specialist of no agency": (who("specialist"), None),
    "specialist who is asked": (who("specialist", ASKED), Reader("specialist", ASKED)),
    "leader who is asked": (who("leader", ASKED), Reader("leader", ASKED)),
    "counter beside who is asked": (who("counter", ASKED), None),
}


@pytest.mark.parametrize("name", RIGHTS)
def test_who_reads_the_papers(name: str) -> None:
    asker, expected = RIGHTS[name]
    filed = Filed(CATALOGUE)
    assert reader_of(asker, "read-papers", filed.hears(CONSULTED).state) == expected


@pytest.mark.parametrize("ending", [
    New(ConsultationAnswered(agency=ASKED), ConsultationAnsweredSealed(answer="Không.")),
    New(RequestWithdrawn(what="consultation"), ReasonSealed(reason="Không cần nữa.")),
    New(Stopped(), ReasonSealed(reason="Người nộp xin rút.")),
], ids=["answered", "withdrawn", "stopped"])  # fmt: skip
def test_who_was_asked_reads_them_no_longer(ending: New) -> None:
    filed = Filed(CATALOGUE)
    filed.hears(CONSULTED)
    ended = after(filed, ending)
    assert reader_of(who("specialist", ASKED), "read-papers", ended) is None
    assert reader_of(who("specialist", AGENCY), "read-papers", ended) is not None


def test_two_agencies_are_asked_and_one_has_answered() -> None:
    filed = Filed(CATALOGUE)
    filed.hears(CONSULTED)
    other = New(ConsultationRequested(agency="H19.3"), CONSULTED.sealed)
    answered = New(ConsultationAnswered(agency=ASKED), ConsultationAnsweredSealed(answer="Không."))
    assert after(filed, other, answered)["consulted"] == ["H19.3"]


def test_before_it_is_filed_nobody_reads_anything() -> None:
    nothing: State = {"consulted": [AGENCY], "status": "in_review"}
    assert [reader_of(one, "read-papers", nothing) for one in (OWNER, who("leader", AGENCY))] == [None, None]
    assert reader_of(who("leader", AGENCY), "read-openings", nothing) is None


def test_the_openings_are_the_owner_s_and_the_leader_s() -> None:
    state = Filed(CATALOGUE).dossier.state
    assert reader_of(OWNER, "read-openings", state) == Reader("applicant")
    assert reader_of(who("leader", AGENCY), "read-openings", state) == Reader("leader", AGENCY)
    for role, agency in (
        ("specialist", AGENCY),
        ("counter", AGENCY),
        ("leader", ASKED),
        ("superior", "H19"),
        ("citizen", None),
    ):
        assert reader_of(who(role, agency), "read-openings", state) is None


def test_what_a_supplement_brings_is_counted_on() -> None:
    filed = Filed(CATALOGUE)
    paper = Document(code="supplement", id="ab" * 32, type="application/pdf", size=9)
    strange = Document(code="supplement", id="cd" * 32, type="text/html", size=9)
    brought = SupplementReceived(appointment="2025-07-09T10:00:00.000000Z", documents=[paper, paper, strange])
    filed.dossier.state = {
        **filed.dossier.state,
        "status": "awaiting_supplement",
        "asked": {"what": "supplement", "at": "2025-07-02T01:00:00.000000Z"},
    }
    filed.does([New(brought, SupplementReceivedSealed(documents=["../a\r\nb\u202e\u200b.pdf"]))])
    papers = papers_of(filed.dossier)
    assert [(one.n, one.name, one.came_with) for one in papers] == [
        (1, "ab.pdf", "supplement"), (2, "tai-lieu.pdf", "supplement"), (3, "tai-lieu", "supplement")
    ]  # fmt: skip
    assert paper_at(papers, "2") == papers[1]
    for wrong in ("0", "-1", "4", "1000000000", "9" * 5000, "../1", "1.0", "²", "١", "", "$gt", "1 "):
        with pytest.raises(NotFound, match="paper-not-found"):
            paper_at(papers, wrong)


@pytest.mark.parametrize(("asked", "part"), [
    (None, None), ("bytes=0-", (0, 100)), ("bytes=0-0", (0, 1)), ("bytes=10-19", (10, 20)), ("bytes=90-500", (90, 100)),
    ("bytes=-10", (90, 100)), ("bytes=-500", (0, 100)), (" bytes=99- ", (99, 100)),
    ("bytes=9-1", None), ("bytes=0-1,5-6", None), ("lines=1-2", None), ("bytes=-", None), ("bytes=a-b", None), ("", None),
    ("bytes=" + "9" * 400 + "-", None), ("bytes=١-٢", None),
])  # fmt: skip
def test_one_range_is_sent_and_what_is_none_is_passed_over(asked: str | None, part: tuple[int, int] | None) -> None:
    assert asked_part(100, '"a"', asked, None) == (None if part is None else Part(*part))


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999999-"])
def test_a_range_behind_the_end_is_refused_with_the_size(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        asked_part(100, '"a"', asked, None)
    assert (refused.value.http_status, refused.value.headers["content-range"]) == (416, "bytes */100")


@pytest.mark.parametrize(("only_if", "sent"), [
    ('"a"', Part(0, 9)), ('"b"', None), ('W/"a"', None), ("Sat, 28 Nov 2026 00:00:00 GMT", None),
])  # fmt: skip
def test_a_part_only_of_the_file_that_was_begun(only_if: str, sent: Part | None) -> None:
    assert asked_part(100, '"a"', "bytes=0-8", only_if) == sent


def test_a_name_is_told_in_both_spellings() -> None:
    assert disposition("Giấy khai sinh (1).pdf", attached=False) == (
        "inline; filename=\"Gi_y khai sinh (1).pdf\"; filename*=UTF-8''Gi%E1%BA%A5y%20khai%20sinh%20%281%29.pdf"
    )
    hostile = disposition('a"\r\nset-cookie: x;%41.pdf', attached=True)
    assert hostile.isprintable()
    assert hostile.startswith('attachment; filename="a___set-cookie: x;_41.pdf"; ')
