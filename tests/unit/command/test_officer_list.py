"""`dossier officers import`: what a file may say, and what it changes."""

from __future__ import annotations

from typing import Any

import pytest

from dossier_local.errors import StackError
from dossier_local.officer_list import plan_of, read
from dossier_shared.contracts.entries import AgencyEntry, OfficerEntry

AGENCIES = {
    "H19.1": AgencyEntry(
        code="H19.1", name_vi="Xã A", name_en="A", level="commune", kind="peoples_committee", catalogue="1"
    )
}
GOOD = """
- subject: an
  name: Nguyễn Văn An
  agency: H19.1
  roles: [specialist, leader]
  from: 2026-12-01T00:00:00+07:00
  until: 2027-06-01T00:00:00+07:00
  successor: binh
- {subject: binh, name: Trần Thị Bình, agency: H19.1, roles: [specialist]}
"""


def entry(subject: str, agency: str = "H19.1", **more: Any) -> OfficerEntry:
    return OfficerEntry(subject=subject, name=subject, agency=agency, roles=["specialist"], **more)


def test_a_file_is_read_into_instants_and_sorted_roles() -> None:
    an, binh = read(GOOD, AGENCIES, {})
    assert an == OfficerEntry(
        subject="an", name="Nguyễn Văn An", agency="H19.1", roles=["leader", "specialist"], successor="binh",
        valid_from="2026-11-30T17:00:00.000000Z", valid_until="2027-05-31T17:00:00.000000Z",
    )  # fmt: skip
    assert (binh.valid_from, binh.valid_until, binh.successor) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subject: an", "must be a list"),
        ("- an", "officer 1"),
        ("- {subject: an, name: An, agency: H19.1, roles: []}", "officer 1, roles"),
        ("- {subject: an, name: An, agency: H19.1, roles: [admin]}", "an officer's roles are"),
        ("- {subject: an, name: An, agency: H19.1, roles: [citizen]}", "an officer's roles are"),
        ("- {subject: an, name: An, agency: H19.9, roles: [leader]}", "no agency H19.9"),
        ("- {subject: an, name: An, agency: H19.1, roles: [leader], form: x}", "form"),
        ("- {subject: an, name: An, agency: H19.1, roles: [leader], successor: an}", "their own successor"),
        ("- {subject: an, name: An, agency: H19.1, roles: [leader], successor: bo}", "bo is not on the list"),
        ("- {subject: an, name: An, agency: H19.1, roles: [leader], from: 2026-13-01T00:00:00+07:00}", "from"),
        (
            "- {subject: an, name: An, agency: H19.1, roles: [leader],"
            " from: 2026-12-02T00:00:00+07:00, until: 2026-12-01T00:00:00+07:00}",
            "until must be after",
        ),
        ("- {subject: an, name: An, agency: H19.1, roles: [leader]}\n" * 2, "an is there 2 times"),
        ("- {subject: an, subject: bo}", "given twice"),
        ("- [", "Line 1"),
    ],
)
def test_a_file_that_is_wrong_says_where(text: str, said: str) -> None:
    with pytest.raises(StackError) as error:
        read(text, AGENCIES, {})
    assert said in str(error.value)


def test_a_successor_may_be_on_the_list_already() -> None:
    [one] = read("- {subject: an, name: An, agency: H19.1, roles: [leader], successor: bo}", {}, {"bo": entry("bo")})
    assert one.successor == "bo"


def test_only_what_is_new_is_written_and_only_replacing_takes_off() -> None:
    known = {one.subject: one for one in (entry("a"), entry("b"), entry("other", "H19.2"))}
    wanted = [entry("a"), entry("b", successor="a"), entry("c")]
    plan = plan_of(wanted, known, replace=False)
    assert (sorted(plan.put), list(plan.gone)) == (["b", "c"], [])
    plan = plan_of(wanted[:1], known, replace=True)
    assert (sorted(plan.put), list(plan.gone)) == ([], ["b"])
