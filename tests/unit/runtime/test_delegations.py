"""Who stands in for whom: within the span, at the agency, and no longer than the giver holds the role."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dossier_shared.clock import instant
from dossier_shared.contracts.entries import DelegationEntry
from dossier_shared.runtime.directory import Directory

from .test_officers import HERE, entry, record, said_again

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


def lent(id_: str = "1", start: datetime = NOW, end: datetime = NOW + HOUR, **changes: Any) -> Any:
    given = {"agency": HERE, "giver": "leader", "deputy": "deputy", "roles": ["leader"], "reason": "Đi họp.", **changes}
    one = DelegationEntry(id=id_, start=instant(start), end=instant(end), given_at=instant(NOW), **given)
    return record(id_, one.model_dump_json().encode())


@pytest.fixture
def known() -> Directory:
    directory = Directory()
    directory.officers.take([entry("leader", "leader", "counter"), entry("deputy", "specialist")])
    directory.delegations.take([lent()])
    return directory


@pytest.mark.parametrize(
    ("minutes", "subject", "agency", "roles"),
    [
        (0, "deputy", HERE, {"leader"}), (59, "deputy", HERE, {"leader"}), (60, "deputy", HERE, set()),
        (-1, "deputy", HERE, set()), (0, "deputy", "X-H19-2", set()), (0, "deputy", None, set()), (0, "leader", HERE, set()),
    ],
)  # fmt: skip
def test_it_holds_from_start_to_end_at_its_agency(
    known: Directory, minutes: int, subject: str, agency: str | None, roles: set[str]
) -> None:
    assert known.delegations.roles(subject, agency, NOW + timedelta(minutes=minutes)) == roles


@pytest.mark.parametrize(
    "change",
    [
        entry("leader", "counter"),  # leads no more
        entry("leader", "leader", agency="X-H19-2"),
        entry("leader", "leader", valid_until=instant(NOW)),
        entry("deputy", "specialist", valid_until=instant(NOW)),
        record("deputy", None),
    ],
)
def test_it_holds_no_longer_than_giver_and_deputy_are_in_office(known: Directory, change: Any) -> None:
    known.officers.take([said_again(change, change.value)])
    assert known.delegations.roles("deputy", HERE, NOW) == frozenset()


def test_without_a_list_of_officers_it_holds_as_it_was_given(known: Directory) -> None:
    known.officers.take([record("deputy", None), record("leader", None)])
    assert known.delegations.roles("deputy", HERE, NOW) == {"leader"}


def test_it_is_told_for_whom_somebody_acted_then_also_afterwards(known: Directory) -> None:
    at, after = instant(NOW), instant(NOW + HOUR)
    assert known.delegations.giver("deputy", "leader", HERE, at) == "leader"
    assert known.delegations.giver("deputy", "specialist", HERE, at) is None
    assert known.delegations.giver("deputy", "leader", HERE, after) is None


def test_one_taken_back_ends_and_another_goes_on(known: Directory) -> None:
    known.delegations.take([lent("2", roles=["counter"]), lent("1", end=NOW)])
    assert known.delegations.roles("deputy", HERE, NOW) == {"counter"}
    assert [one.id for one in known.delegations.of((HERE,))] == ["2", "1"]
    known.delegations.take([record("2", None), record("3", b"no json"), record("1", b"{}")])
    assert [one.id for one in known.delegations.of((HERE,))] == ["1"]


def test_it_says_who_lends_each_role(known: Directory) -> None:
    known.officers.take([entry("other", "leader")])
    known.delegations.take([lent("2", giver="other")])
    assert known.delegations.lent("deputy", HERE, NOW) == {("leader", "leader"), ("leader", "other")}
    assert known.delegations.lent("leader", HERE, NOW) == frozenset()
