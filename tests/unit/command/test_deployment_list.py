"""`dossier deployments`: what it refuses and why, and what the records say afterwards."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from dossier_local.deployment_list import HEAD_START, Plan, Wish, added, checked, moved, removed, told
from dossier_local.errors import StackError
from dossier_local.rights import GROUPS, USERS, of_deployment
from dossier_shared.clock import instant
from dossier_shared.contracts.deployments import DeploymentEntry, Tenure, key_of
from dossier_shared.contracts.topics import BY_NAME, TOPICS, parted
from dossier_shared.journal.registry import LATELY

NOW = datetime(2026, 12, 1, tzinfo=UTC)
UNFIT = ("", "a", "Long-Khanh", "long khánh", "1a", "a.b", "a-", "a" * 33)
CATALOGUE = frozenset({"H1", "H2", "H3"})


def on(month: int) -> str:
    return f"2027-{month:02}-01T00:00:00.000000Z"


def wish(
    name: str = "long-khanh", agencies: tuple[str, ...] = ("H1",), month: int = 1, service: str = "review"
) -> Wish:
    return Wish(service, name, agencies, on(month))


def after(known: dict[str, DeploymentEntry], plan: Plan) -> dict[str, DeploymentEntry]:
    found = known | {key_of(one.service, one.name): one for one in plan.put}
    return {key: one for key, one in found.items() if one not in plan.gone}


def tenures(known: dict[str, DeploymentEntry], name: str) -> list[tuple[str, str, str | None]]:
    return [(t.agency, t.valid_from, t.valid_until) for t in known[key_of("review", name)].agencies]


@pytest.fixture
def known() -> dict[str, DeploymentEntry]:
    """Long Khánh serves H1 from January, An Bình H2."""
    found = after({}, added({}, wish(), NOW))
    return after(found, added(found, wish("an-binh", ("H2",)), NOW))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (wish(service="intake"), "intake serves everybody"),
        (wish(service="monitor"), "Deployments may be of review and signing"),
        *((wish(name), "is no name of a deployment") for name in UNFIT),
        (wish(agencies=("H1", "H9")), "The catalogue has no agency H9"),
        (wish(agencies=("H1", "H1")), "Named twice: H1"),
        (Wish("review", "long-khanh", ["H1"], "tomorrow"), "'tomorrow' is no instant"),
        (Wish("review", "long-khanh", ["H1"], "2027-01-01T00:00:00"), "is no instant"),
        (Wish("review", "long-khanh", ["H1"], "2026-01-01T00:00:00Z"), "is too early"),
        (Wish("review", "long-khanh", ["H1"], instant(NOW + timedelta(seconds=HEAD_START - 1))), "every service must hear"),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be(asked: Wish, said: str) -> None:
    with pytest.raises(StackError, match=said):
        checked(asked, NOW, CATALOGUE)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(StackError) as caught:
        checked(Wish("notify", "X", ["H9"], "x"), NOW, CATALOGUE)
    assert len(str(caught.value).splitlines()) == 4


def test_an_instant_is_stored_in_one_form_and_a_catalogue_of_nobody_checks_nothing() -> None:
    found = checked(Wish("review", "long-khanh", ["H9"], "2027-01-01T07:00:00+07:00"), NOW, ())
    assert found.at == on(1)


def test_it_holds_only_after_everybody_has_heard() -> None:
    assert HEAD_START > 2 * LATELY


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (wish(), "has a deployment long-khanh already"),
        (wish("xuan-loc", ()), "Name its agencies"),
        (wish("xuan-loc", ("H1",)), "H1 is served by long-khanh from 2027-01-01T00:00:00.000000Z: move it"),
        (wish("xuan-loc", ("H3", "H2"), 5), "H2 is served by an-binh"),
    ],
)
def test_what_cannot_be_added(known: dict[str, DeploymentEntry], asked: Wish, said: str) -> None:
    with pytest.raises(StackError, match=said):
        added(known, asked, NOW)


def test_the_same_name_and_agency_may_serve_in_the_other_service(known: dict[str, DeploymentEntry]) -> None:
    (entry,) = added(known, wish(service="signing"), NOW).put
    assert (entry.service, [t.agency for t in entry.agencies]) == ("signing", ["H1"])


def test_a_move_ends_one_tenure_where_the_other_begins(known: dict[str, DeploymentEntry]) -> None:
    plan = moved(known, wish("an-binh", ("H1",), 6))
    assert [one.name for one in plan.put] == ["an-binh", "long-khanh"], "the new owner is told first"
    found = after(known, plan)
    assert tenures(found, "long-khanh") == [("H1", on(1), on(6))]
    assert tenures(found, "an-binh") == [("H2", on(1), None), ("H1", on(6), None)]


def test_agencies_without_one_are_moved_in_too(known: dict[str, DeploymentEntry]) -> None:
    assert tenures(after(known, moved(known, wish(agencies=("H3",), month=3))), "long-khanh") == [
        ("H1", on(1), None), ("H3", on(3), None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (wish("xuan-loc", ("H1",)), "review has no deployment xuan-loc. There is: an-binh, long-khanh"),
        (wish("long-khanh", ("H1",), 6), "Served by long-khanh already: H1"),
        (wish("long-khanh", (), 6), "Name the agencies"),
        (wish("an-binh", ("H1",), 1), "H1 is served by long-khanh from"),  # it has not begun yet: nothing to end
    ],
)
def test_what_cannot_be_moved(known: dict[str, DeploymentEntry], asked: Wish, said: str) -> None:
    with pytest.raises(StackError, match=said):
        moved(known, asked)


def test_what_is_removed_is_served_by_all_and_its_record_stays(known: dict[str, DeploymentEntry]) -> None:
    found = after(known, removed(known, wish(agencies=(), month=6)))
    assert tenures(found, "long-khanh") == [("H1", on(1), on(6))]
    with pytest.raises(StackError, match="serves nobody"):
        removed(found, wish(agencies=(), month=7))
    again = after(found, moved(found, wish(agencies=("H1",), month=8)))
    assert tenures(again, "long-khanh") == [("H1", on(1), on(6)), ("H1", on(8), None)]


def test_one_that_never_served_is_taken_off(known: dict[str, DeploymentEntry]) -> None:
    plan = removed(known, wish(agencies=()))
    assert ([one.name for one in plan.gone], list(plan.put)) == (["long-khanh"], [])
    with pytest.raises(StackError, match="Not served by an-binh"):
        removed(known, wish("an-binh", ("H1",), 6))


def test_what_was_listed_is_read_back(known: dict[str, DeploymentEntry]) -> None:
    printed = json.dumps([one.model_dump() for one in known.values()], indent=1, ensure_ascii=False)
    assert told(printed) == list(known.values())


@pytest.mark.parametrize(
    "text", ["", "{}", '[{"service": "review"}]', '[{"service": "notify", "name": "x1", "added_at": "x"}]']
)
def test_what_is_no_list_is_not_taken(text: str) -> None:
    with pytest.raises(StackError, match=r"not what|serves everybody"):
        told(text)


# -- rights ----------------------------------------------------------------------------------------------------------------


def entry(service: str, name: str, *agencies: str) -> DeploymentEntry:
    return DeploymentEntry(
        service=service, name=name, agencies=[Tenure(agency=a, valid_from=on(1)) for a in agencies], added_at=on(1)
    )


ENTRIES = [entry("review", "an-binh", "H1"), entry("review", "long-khanh", "H2"), entry("signing", "an-binh", "H1")]


def test_a_deployment_may_what_its_service_may_under_its_own_name() -> None:
    access, common = of_deployment(ENTRIES, "review", "an-binh"), USERS["review"]
    assert (access.user, access.joins) == ("review.an-binh", ("review.an-binh",))
    assert set(access.writes) == {f"{topic}.an-binh" for topic in common.writes}
    own = {topic.name for topic in TOPICS if topic.writer == "review"}
    assert not own & set(access.reads) - {"platform.delegations"}, (
        "of the common review it reads who stands in for whom"
    )
    assert {parted(name)[0] for name in access.reads} == set(common.reads)
    assert {"dossier.signed.an-binh", "signing.resend-request.an-binh"} <= set(access.reads)
    assert not [name for name in access.reads if name.endswith(".long-khanh")]
    assert (access.reads_under, access.describes_under, access.watches_under, access.provisions) == ((), (), (), False)


def test_who_hears_a_source_may_read_every_deployment_of_it() -> None:
    for user in USERS.values():
        heard = {name for name in user.reads if BY_NAME[name].writer in ("review", "signing")}
        own = {topic.name for topic in TOPICS if topic.writer == user.user}
        shared = {"platform.delegations"} & heard
        assert set(user.reads_under) == heard - own | shared, user.user
    assert set(USERS["monitor"].watches_under) < set(GROUPS)
