"""A register read, told as stories, and made."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.schemas import procedure_view
from dossier_local.errors import StackError
from dossier_local.simulation.derive import derive
from dossier_local.simulation.made_register import make_register
from dossier_local.simulation.office import tell
from dossier_local.simulation.plan import Story
from dossier_local.simulation.register import Case, Entry, Mapping, read_register

HEAD = "case,channel,department,deadline,responsible,activity,resource,timestamp"
ROWS = (
    "c1,Internet,General,2011-01-10 00:00:00+01:00,R1,Confirmation of receipt,R1,2011-01-03 09:00:00+01:00",
    "c1,Internet,General,2011-01-10 00:00:00+01:00,R1,T06 Determine,R2,2011-01-04 09:00:00+01:00",
    "c1,Internet,General,2011-01-10 00:00:00+01:00,R1,T07-1 Draft advice,R3,2011-01-05 09:00:00+01:00",
    "c1,Internet,General,2011-01-10 00:00:00+01:00,R1,T06 Determine,R2,2011-01-06 09:00:00+01:00",
    "c1,Internet,General,2011-01-10 00:00:00+01:00,R1,T10 Determine,R2,2011-01-07 09:00:00+01:00",
    "c1,Internet,General,2011-01-10 00:00:00+01:00,R1,T15 Print,R4,2011-01-11 09:00:00+01:00",
    "c2,Post,General,2011-01-02 00:00:00+01:00,R5,Confirmation of receipt,R5,2011-01-03 08:00:00+01:00",
)


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "register.csv"
    path.write_text("\n".join((HEAD, *ROWS)) + "\n")
    return path


def told(cases: list[Case]) -> list[Story]:
    catalogue = Catalogue.load_packaged()
    procedures = [procedure_view(v[0], catalogue.agencies_of(v[0])) for v in catalogue.procedures.values()]
    return tell(cases, Mapping.read(), procedures, [a.model_dump(mode="json") for a in catalogue.agencies.values()])


def test_cases_come_by_their_first_event_and_know_whether_they_are_late(register: Path) -> None:
    cases = read_register(register)
    assert [(case.id, case.late, len(case.entries)) for case in cases] == [("c2", True, 1), ("c1", True, 6)]


def test_a_packed_register_reads_the_same(register: Path, tmp_path: Path) -> None:
    packed = tmp_path / "register.csv.gz"
    packed.write_bytes(gzip.compress(register.read_bytes()))
    assert read_register(packed) == read_register(register)


def test_a_case_becomes_a_story(register: Path) -> None:
    single, whole = told(read_register(register))
    assert [step.action for step in single.steps] == ["accept", "assign"]
    assert single.filed.who.sub == "R5"  # by post: the counter files
    assert [(s.action, s.who.sub) for s in whole.steps] == [
        ("accept", "R1"), ("assign", "R1"), ("note", "R2"), ("note", "R3"), ("appraise", "R2"),
        ("approve", "deputy"), ("note", "R4"), ("sign", "R2"),
    ]  # fmt: skip
    assert whole.filed.who.roles == ("citizen",)
    assert whole.steps[0].body == {"appointment": "2011-01-09T23:00:00.000000Z"}
    moments = [whole.filed.at, *(step.at for step in whole.steps)]
    assert all(a < b for a, b in pairwise(moments))
    assert (whole.steps[-1].at - whole.steps[-2].at).total_seconds() < 0.001


def case_of(*activities: str) -> list[Case]:
    """One event a day, each by a person of its own."""
    entries = [Entry(one, f"R{n}", datetime(2011, 1, 3 + n, tzinfo=UTC)) for n, one in enumerate(activities)]
    return [Case("c", "Internet", "General", "R0", datetime(2011, 2, 1, tzinfo=UTC), entries)]


def steps_of(*activities: str) -> list[tuple[str, str]]:
    (story,) = told(case_of("Confirmation", *activities))
    return [(step.action, step.who.sub) for step in story.steps[2:]]


def test_advice_asked_for_and_received_is_a_consultation_of_all_who_answered() -> None:
    (story,) = told(case_of("Confirmation", "T08 Ask", "T07 Draft", "T09-4 Receive", "T09-1 Receive", "T06 Determine"))
    asked, note, first, second, last = story.steps[2:]
    assert [step.action for step in (note, last)] == ["note", "appraise"]
    assert (asked.action, asked.body["agencies"], asked.events) == ("consult", ["X-H19-25308", "X-H19-SXD"], 2)
    assert [(one.action, one.who.sub, one.body["id"]) for one in (first, second)] == [
        ("answer-consultation", "R3", "q1"), ("answer-consultation", "R4", "q2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "activities",
    [
        ("T08 Ask", "T06 Determine"),  # nobody answered
        ("T09-1 Receive", "T06 Determine"),  # nobody had asked
        ("T06 Determine", "T08 Ask", "T09-1 Receive"),  # it was appraised by then
        ("T16 Hold", "T06 Determine"),
        ("T20 Print", "T16 Hold", "T06 Determine"),
    ],
)
def test_what_has_no_partner_stays_a_note(activities: tuple[str, ...]) -> None:
    assert {action for action, _ in steps_of(*activities)} == {"note", "appraise"}


def test_what_is_held_is_decided_once_it_goes_on_by_those_who_did() -> None:
    told_ = steps_of("T06 Determine", "T10 Determine", "T16 Hold", "T17 Check", "T20 Print", "T02 Check")
    assert told_ == [
        ("note", "R1"), ("note", "R2"), ("request-supplement", "R3"), ("note", "R4"), ("supplement", "R5"),
        ("appraise", "R1"), ("approve", "R2"), ("note", "R6"), ("sign", "R2"),
    ]  # fmt: skip


def test_what_was_held_before_it_is_appraised_is_decided_as_ever() -> None:
    told_ = steps_of("T16 Hold", "T20 Print", "T06 Determine", "T10 Determine")
    assert [action for action, _ in told_] == ["request-supplement", "supplement", "appraise", "approve", "sign"]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda text: text.replace("resource,", "", 1), "no column resource"),
        (lambda text: text.replace("2011-01-04 09:00:00+01:00", "yesterday"), "line 3"),
        (
            lambda text: text.replace("2011-01-04 09:00:00+01:00", "2011-01-04 09:00:00+99:00"),
            "no time that can be read",
        ),
    ],
)
def test_what_cannot_be_understood_is_named(register: Path, spoil: object, says: str) -> None:
    assert callable(spoil)
    register.write_text(spoil(register.read_text()))
    with pytest.raises(StackError, match=says):
        read_register(register)


def test_an_unknown_channel_is_named(register: Path) -> None:
    register.write_text(register.read_text().replace("Post", "Pigeon"))
    with pytest.raises(StackError, match="Pigeon"):
        told(read_register(register))


def test_a_mapping_that_lacks_a_word_is_named(tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text("procedure: '1'\n")
    with pytest.raises(StackError, match="agency"):
        Mapping.read(tmp_path / "mapping.yaml")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("procedure: 1.10", r"procedure \(line 1\)"),
        ("procedure: '1.10'\nprocedure: '1.11'", "lines 1 and 2"),
        ("procedure: '1.10'\nagency: X-1\nchannels: {Post: pigeon}", r"channels\.Post \(line 3\)"),
    ],
)
def test_a_mapping_that_says_something_else_than_was_meant_is_refused_with_its_line(
    tmp_path: Path, wrong: str, said: str
) -> None:
    (tmp_path / "mapping.yaml").write_text(wrong)
    with pytest.raises(StackError, match=said):
        Mapping.read(tmp_path / "mapping.yaml")


def test_a_made_register_has_the_shape_of_the_real_one(tmp_path: Path) -> None:
    make_register(tmp_path / "a.csv", 400)
    make_register(tmp_path / "b.csv", 400)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    cases = read_register(tmp_path / "a.csv")
    found = derive(cases, Mapping.read(), "Asia/Ho_Chi_Minh")
    assert found["cases"] == 400
    assert 0.02 < found["late"] < 0.15
    assert 0.03 < found["open"] < 0.15
    assert found["channels"]["online"] > 0.75
    repeated = Counter(sum(e.activity.startswith("T06") for e in case.entries) for case in cases)
    assert repeated[1] > 300
    assert any(times > 1 for times in repeated)
    assert all(story.steps[-1].action in ("assign", "sign", "appraise", "note") for story in told(cases))
    did = Counter(step.action for story in told(cases) for step in story.steps)
    assert did["answer-consultation"] > did["consult"] > 5
    assert did["request-supplement"] == did["supplement"] > 5
