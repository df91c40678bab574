"""Whose a dossier is: for every agency and instant exactly one deployment, by one function for who writes and who reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dossier_local.deployment_list import Plan, Wish, added, moved, removed
from dossier_local.errors import StackError
from dossier_shared.clock import instant
from dossier_shared.contracts.deployments import DeploymentEntry, Tenure, key_of, owner

from .deploying import BEGIN, LATER, LONG_AGO, entry

AGENCIES, NAMES, START = ("H1", "H2", "H3"), ("an-binh", "long-khanh", "xuan-loc"), datetime(2026, 1, 1, tzinfo=UTC)
DAYS = st.integers(0, 60)


def day(number: int) -> str:
    return instant(START + timedelta(days=number))


@st.composite
def tenures(draw: st.DrawFn) -> list[Tenure]:
    found = []
    for _ in range(draw(st.integers(0, 4))):
        since, length = draw(DAYS), draw(st.none() | st.integers(1, 30))
        until = None if length is None else day(since + length)
        found.append(Tenure(agency=draw(st.sampled_from(AGENCIES)), valid_from=day(since), valid_until=until))
    return found


# whatever anybody wrote, even what `dossier deployments` would refuse
REGISTRIES = st.lists(
    st.builds(
        DeploymentEntry, service=st.sampled_from(("review", "signing")), name=st.sampled_from(NAMES), agencies=tenures(),
        added_at=st.just(LONG_AGO),
    ),
    max_size=5, unique_by=lambda one: (one.service, one.name),
)  # fmt: skip
# what it would do: each step holds from the day after the one before
STEPS = st.lists(
    st.tuples(
        st.sampled_from((added, moved, removed)),
        st.sampled_from(NAMES),
        st.lists(st.sampled_from(AGENCIES), unique=True),
    ),
    max_size=12,
)


@given(REGISTRIES, st.sampled_from(AGENCIES), DAYS)
def test_exactly_one_owner_and_all_who_ask_agree(entries: list[DeploymentEntry], agency: str, at: int) -> None:
    """Each deployment that asks whether a dossier is its own: one says yes, in whatever order it heard of them."""
    names = ["", *(one.name for one in entries if one.service == "review")]
    mine = [name for name in names if owner(entries, "review", agency, day(at)) == name]
    assert len(mine) == 1
    assert owner(list(reversed(entries)), "review", agency, day(at)) == mine[0]
    if mine[0]:
        of = next(one for one in entries if (one.service, one.name) == ("review", mine[0]))
        serving = [t for t in of.agencies if t.agency == agency and t.valid_from <= day(at)]
        assert any(t.valid_until is None or day(at) < t.valid_until for t in serving)


@given(REGISTRIES, st.sampled_from(AGENCIES), DAYS)
def test_services_are_told_apart(entries: list[DeploymentEntry], agency: str, at: int) -> None:
    others = [one for one in entries if one.service != "review"]
    assert owner(others, "review", agency, day(at)) == ""


def carried_out(steps: Sequence[tuple[object, str, list[str]]]) -> tuple[list[Plan], dict[int, dict[str, str]]]:
    """The plans that were not refused, and by day who was meant to serve whom from then on."""
    known: dict[str, DeploymentEntry] = {}
    plans, meant, now = [], {0: dict.fromkeys(AGENCIES, "")}, START
    for number, (change, name, agencies) in enumerate(steps, 1):
        wish = Wish("review", name, agencies, day(number))
        before = meant[number - 1]
        meant[number] = dict(before)
        try:
            plan = (
                added(known, wish, now)
                if change is added
                else moved(known, wish)
                if change is moved
                else removed(known, wish)
            )
        except StackError:
            continue
        plans.append(plan)
        if change is removed:
            meant[number] |= {a: "" for a in (agencies or AGENCIES) if before[a] == name}
        else:
            meant[number] |= dict.fromkeys(agencies, name)
        known |= {key_of(one.service, one.name): one for one in plan.put}
        for one in plan.gone:
            del known[key_of(one.service, one.name)]
    return plans, meant


@given(STEPS)
def test_whoever_was_meant_to_serve_an_agency_owns_what_is_filed_in_its_time(
    steps: list[tuple[object, str, list[str]]],
) -> None:
    plans, meant = carried_out(steps)
    known: dict[str, DeploymentEntry] = {}
    for plan in plans:
        known |= {key_of(one.service, one.name): one for one in plan.put}
        for one in plan.gone:
            del known[key_of(one.service, one.name)]
    for number, serving in meant.items():
        for agency, name in serving.items():
            assert owner(known.values(), "review", agency, day(number)) == name, (agency, number)
            begun = number > 0 and meant[number - 1][agency] != name
            if begun:  # to the microsecond
                just_before = instant(START + timedelta(days=number) - timedelta(microseconds=1))
                assert owner(known.values(), "review", agency, just_before) == meant[number - 1][agency]


@given(STEPS, st.sampled_from(AGENCIES))
def test_while_a_change_is_being_written_what_was_filed_before_stays(
    steps: list[tuple[object, str, list[str]]], agency: str
) -> None:
    """A reader may have heard half of a change: until the instant from which it holds, nobody could tell."""
    plans, _ = carried_out(steps)
    known: dict[str, DeploymentEntry] = {}
    told = ""
    for plan in plans:
        at = max((t.valid_from for one in plan.put for t in one.agencies), default="")
        for one in plan.put:
            before = {
                d: owner(known.values(), "review", agency, day(d)) for d in range(len(steps) + 1) if day(d) < told
            }
            known[key_of(one.service, one.name)] = one
            assert before == {d: owner(known.values(), "review", agency, day(d)) for d in before}
        for one in plan.gone:
            del known[key_of(one.service, one.name)]
        told = max(told, at)


def test_a_move_half_written_has_the_new_owner_already() -> None:
    old, new = entry("an-binh"), entry("long-khanh", since=LATER)
    ended = entry("an-binh", until=LATER)
    for known in ([old, new], [ended, new]):
        assert owner(known, "review", "H1", LATER) == "long-khanh"
        assert owner(known, "review", "H1", BEGIN) == "an-binh"


def test_an_instant_written_otherwise_is_the_same() -> None:
    known = [entry(since="2025-07-01T00:00:00.000000Z")]
    assert owner(known, "review", "H1", "2025-07-01T07:00:00+07:00") == "long-khanh"
    assert owner(known, "review", "H1", "2025-07-01T06:59:59.999999+07:00") == ""
