"""The list of officers: whom it names, whose roles it confirms, whom it closes an agency to."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from dossier_shared.contracts.entries import OfficerEntry
from dossier_shared.runtime.officers import Officers

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
BEFORE, AFTER = "2026-11-01T00:00:00.000000Z", "2027-01-01T00:00:00.000000Z"
HERE, ELSEWHERE = "X-H19-1", "X-H19-2"


OFFSETS = count()


def record(subject: str, value: bytes | None) -> Any:
    """One after the other, as on a topic."""
    return SimpleNamespace(topic="platform.officers", offset=next(OFFSETS), key=subject.encode(), value=value)


def said_again(one: Any, value: bytes | None) -> Any:
    """The same key, later."""
    return record(one.key.decode(), value)


def entry(subject: str, *roles: str, agency: str = HERE, **more: Any) -> Any:
    one = OfficerEntry(subject=subject, name=f"Trần Thị {subject}", agency=agency, roles=[*roles], **more)
    return record(subject, one.model_dump_json().encode())


@pytest.fixture
def officers() -> Officers:
    found = Officers()
    found.take([
        entry("bình", "specialist", "leader"), entry("an", "specialist"), entry("cúc", "counter"),
        entry("left", "specialist", valid_until=BEFORE, successor="an"), entry("comes", "specialist", valid_from=AFTER),
    ])  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("subject", "agency", "roles", "held"),
    [
        ("an", HERE, "specialist", "specialist"),
        ("an", HERE, "specialist leader", "specialist"),  # a token says more than the list
        ("an", HERE, "leader", ""),
        ("an", ELSEWHERE, "specialist", ""),  # moved, and the token does not know
        ("an", None, "superior", ""),
        ("left", HERE, "specialist", ""),
        ("comes", HERE, "specialist", ""),
        ("stranger", HERE, "specialist leader", ""),
        ("stranger", ELSEWHERE, "specialist", "specialist"),  # no list there
        ("stranger", HERE, "citizen", "citizen"),
        ("an", None, "citizen", "citizen"),
        ("stranger", HERE, "citizen leader", "citizen"),
        ("root", None, "admin", "admin"),
        ("bình", HERE, "citizen leader", "citizen leader"),
    ],
)
def test_of_a_token_s_roles_those_hold_that_the_list_confirms(
    officers: Officers, subject: str, agency: str | None, roles: str, held: str
) -> None:
    assert officers.confirmed(subject, agency, frozenset(roles.split()), NOW) == frozenset(held.split())


def test_an_office_has_those_who_are_there_now_by_their_given_names(officers: Officers) -> None:
    assert [one.subject for one in officers.of(HERE, NOW)] == ["an", "bình", "cúc"]
    assert [one.subject for one in officers.of(HERE, NOW, ("leader",))] == ["bình"]
    assert [one.subject for one in officers.left(NOW)] == ["left"]
    assert (officers.keeps(HERE), officers.keeps(ELSEWHERE)) == (True, False)
    assert officers.works_at("an", HERE, NOW, ("specialist",))
    assert not officers.works_at("cúc", HERE, NOW, ("specialist",))
    assert officers.works_at("anybody", ELSEWHERE, NOW)


def test_a_name_stays_when_its_officer_has_left(officers: Officers) -> None:
    assert officers.name("left") == "Trần Thị left"
    assert officers.name("stranger") == "stranger"


def test_who_is_taken_off_is_gone_and_the_last_one_opens_the_agency_again(officers: Officers) -> None:
    officers.take([record(subject, None) for subject in ("bình", "cúc", "left", "comes")])
    assert officers.confirmed("bình", HERE, frozenset({"leader"}), NOW) == frozenset()
    officers.take([record("an", None), record("never", None)])
    assert officers.confirmed("bình", HERE, frozenset({"leader"}), NOW) == {"leader"}


def test_who_moves_is_at_the_new_agency_only(officers: Officers) -> None:
    officers.take([entry("an", "specialist", agency=ELSEWHERE)])
    assert officers.works_at("an", ELSEWHERE, NOW)
    assert not officers.works_at("an", HERE, NOW)


@pytest.mark.parametrize("value", [b"no json", b"{}", b"[]", b"\xff", b'{"subject": "an", "roles": "leader"}'])
def test_what_cannot_be_read_leaves_what_stands(officers: Officers, value: bytes) -> None:
    officers.take([record("an", value)])
    assert officers.confirmed("an", HERE, frozenset({"specialist"}), NOW) == {"specialist"}


def test_a_reader_that_begins_again_gives_nobody_back_what_was_taken(officers: Officers) -> None:
    past = [entry("gone", "specialist"), entry("gone", "specialist", valid_until=BEFORE)]
    officers.take(past)
    for told in (past[:1], past[1:]):
        officers.take([told[0]])
        assert officers.confirmed("gone", HERE, frozenset({"specialist"}), NOW) == frozenset()
