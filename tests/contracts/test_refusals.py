"""What the core refuses, it refuses without a sentence; the one table that tells it has a row for each, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from inspect import signature
from pathlib import Path

import pytest

import dossier_shared
from dossier_shared.contracts.lifecycle import STATES
from dossier_shared.errors import Refusal, Unavailable, Unstorable
from dossier_shared.http.problems import as_problem
from dossier_shared.http.refusals import ROWS
from dossier_shared.problems import Conflict, Problem

SHARED = Path(dossier_shared.__file__).parent
CORE = ("contracts", "journal", "adapters")
SAID = ROWS.keys() - {"illegal-transition", "journal-full"}  # without facts
STATUS = {
    "cannot-be-stored": 422, "dead-letter-unavailable": 503, "dossier-exists": 409, "dossier-not-found": 404,
    "event-too-large": 422, "forbidden": 403, "hearing-goes-on": 409, "idempotency-key-reused": 422, "illegal-transition": 409,
    "invalid-place": 422, "journal-full": 409, "security-module-away": 503, "stale-version": 412, "too-busy": 503,
    "write-refused": 503,
}  # fmt: skip


def sources(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((SHARED / room).rglob("*.py"))]


def refused(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Code and names of the facts, as far as the code is written there."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            facts = [str(word.arg) for word in node.keywords]
            match node.func.id, node.args:
                case "Refusal" | "Unavailable", [ast.Constant(value=str(code))]:
                    yield code, facts
                case "Unstorable", []:
                    yield Unstorable().code, facts


def test_every_refusal_of_the_core_has_a_row_that_takes_its_facts() -> None:
    found = [(path.name, *one) for path in sources(*CORE, "repair", "http") for one in refused(path)]
    for name, code, facts in found:
        assert code in ROWS, (name, code)
        if code != "dossier-not-found":  # a class, which takes more than facts
            signature(ROWS[code]).bind(**dict.fromkeys(facts))
    assert {code for _, code, _ in found} == ROWS.keys() == STATUS.keys(), "a row of what nobody refuses"


@pytest.mark.parametrize("room", CORE)
def test_the_core_holds_no_sentence_for_people_and_no_status_of_http(room: str) -> None:
    for path in sources(room):
        text = path.read_text("utf-8")
        assert re.search(r"[À-ỹ]", text) is None, f"{path.name} speaks Vietnamese"
        for node in ast.walk(ast.parse(text)):
            names = {getattr(node, "arg", ""), getattr(node, "attr", ""), getattr(node, "id", "")}
            assert names.isdisjoint({"status", "http_status", "status_code", "vi", "en"}), (path.name, node.lineno)  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", sorted(SAID))
def test_a_refusal_is_told_in_both_languages(code: str) -> None:
    problem = as_problem(Refusal(code))
    assert problem is not None
    assert (problem.code, problem.http_status) == (code, STATUS[code])
    assert problem.vi != problem.en
    assert problem.retry_after == {503: 2, 404: 1}.get(problem.http_status)


@pytest.mark.parametrize("state", STATES)
def test_where_a_dossier_stands_is_said_in_words(state: str) -> None:
    problem = as_problem(Refusal("illegal-transition", state=state, event="accepted"))
    assert problem is not None
    assert (problem.code, problem.http_status) == ("illegal-transition", 409)
    assert state not in problem.vi
    assert state in problem.en


def test_facts_are_named_in_the_sentence() -> None:
    full, away = as_problem(Refusal("journal-full", limit=500)), as_problem(Unavailable("write-refused", number=8000))
    assert full is not None
    assert away is not None
    assert (full.http_status, "500" in full.vi, "500" in full.en) == (409, True, True)
    assert (away.http_status, away.en) == (503, "The database refused the write (8000).")


def test_why_a_service_is_closed_is_told_as_it_is_and_a_problem_is_left_alone() -> None:
    closed, own = as_problem(Unavailable("starting")), Conflict("own", "Lời riêng.", "Its own words.")
    assert isinstance(closed, Problem)
    assert (closed.code, closed.http_status, closed.retry_after) == ("starting", 503, 2)
    assert as_problem(own) is own
