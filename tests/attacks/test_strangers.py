"""Attacks 18 and 20 and their siblings: to who has nothing to do with a dossier it is answered as an unknown one, to the letter:
in every read and verb of every service, on pages as in the API, under whatever key and condition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.access.conftest import acts as acts
from tests.access.matrix import OUTSIDE, RELATIONS, Cell, expected, served
from tests.access.routes import Route
from tests.access.stages import PERSON, Act
from tests.component.desks import officer

from dossier_shared.contracts.topics import SERVICES

from .strangers import ALARM, NOWHERE, Place, calls, let_in, place, routes, stranger, told

# Who has to do with every dossier there is.
WITH_ALL = {
    ("intake", "payment-confirmed"),
    *(("monitor", name) for name in ("read-story", "read-alarm", "acknowledge")),
}
CONDITIONS: tuple[dict[str, str], ...] = ({}, {"if-match": '"1"'}, {"if-match": '"77"'})
ENDLESS = "changes"  # a stream


def strangers(route: Route) -> Iterator[str]:
    for role in let_in(route):
        if role != "admin" or not (route.service == "monitor" or (route.service, route.verb) in WITH_ALL):
            yield role


def some(place: Place, route: Route) -> list[str]:
    """States, from the first to the last."""
    if route.alarm:
        return [ALARM]
    found = [state for state in place.starts if state != ALARM]
    return found[:: max(1, len(found) // 2)]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_foreign_dossier_is_answered_as_an_unknown_one(service: str, acts: list[Act]) -> None:
    tried = 0
    async with place(service, acts) as here:
        for route in routes(service):
            for role in strangers(route):
                for call in calls(route, acts):
                    for condition in CONDITIONS if "json" in call else CONDITIONS[:1]:  # a page has its own
                        tried += await same(here, route, stranger(role) | condition | {"idempotency-key": "k"}, call)
    assert tried >= 2 * len(routes(service))


async def same(here: Place, route: Route, headers: dict[str, str], call: dict[str, Any]) -> int:
    here.memory.documents = {}
    answer = await here.http.request(route.method, route.to(NOWHERE), headers=headers, **call)
    unknown = told(answer, NOWHERE)
    assert answer.status_code == 404 or (answer.status_code == 403 and "data" in call), f"{route}: {answer.text[:300]}"
    for state in some(here, route):
        id_ = here.put(state)
        before = dict(here.memory.documents)
        foreign = await here.http.request(route.method, route.to(id_), headers=headers, **call)
        assert told(foreign, id_) == unknown, f"{route} of what is {state}, {headers}"
        assert here.memory.documents == before
    return len(some(here, route))


@pytest.mark.parametrize("service", SERVICES)
async def test_who_has_to_do_with_it_sees_that_it_is_there(service: str, acts: list[Act]) -> None:
    """Or else the test above would compare unknown with unknown."""
    async with place(service, acts) as here:
        for route in (one for one in routes(service) if one.method == "GET" and not one.path.endswith(ENDLESS)):
            assert await somebody_sees(here, route), route


async def somebody_sees(here: Place, route: Route) -> bool:
    for state in [ALARM] if route.alarm else [one for one in here.starts if one != ALARM]:
        id_ = here.put(state)
        agency, owner = (here.memory.documents[id_]["state"].get(name) for name in ("agency", "owner"))
        for role in let_in(route):
            headers = officer(owner or "?", role, agency=None) if role in OUTSIDE else officer("o", role, agency=agency)
            if (await here.http.get(route.to(id_), headers=headers)).status_code != 404:
                return True
    return False


async def test_a_repeated_key_gives_nothing_to_who_has_no_part_in_it_any_more(acts: list[Act]) -> None:
    """Moved to another agency, or signed in without their number: a verb done before is no way back to the dossier."""
    repeated = set()
    for act in acts:
        for role in act.roles:
            relations = [one for one in RELATIONS if one not in ("filer", "filer asked") and done(act, role, one)]
            relation = next(iter(relations), None)
            if act.start and relation is not None and (act.service, act.name, role) not in EVERYWHERE:
                await repeats_nothing(act, role, relation)
                repeated.add((act.service, act.name))
    assert repeated == {(act.service, act.name) for act in acts if not act.name.startswith("file")}


EVERYWHERE = {("intake", "payment-confirmed", "admin"), ("monitor", "acknowledge", "admin")}


def act_id(act: Act) -> str:
    return next(iter(act.start), "")


def done(act: Act, role: str, relation: str) -> bool:
    return expected()[Cell(act.service, act.name, role, relation)].startswith("2")


async def repeats_nothing(act: Act, role: str, relation: str) -> None:
    sub, agency = RELATIONS[relation]
    person = PERSON if relation == "person" else ""
    then = officer(sub, role, agency=None if role in OUTSIDE else agency, person=person)
    now = officer(sub, role, agency=None if role in OUTSIDE else "H99.9")
    async with served(act) as http:
        first = await http.post(act.path, json=act.body, headers={**then, "idempotency-key": "k"})
        assert first.is_success, first.text
        for condition in CONDITIONS:
            headers = {**now, "idempotency-key": "k", **condition}
            again = await http.post(act.path, json=act.body, headers=headers)
            unknown = await http.post(act.path.replace(act_id(act), NOWHERE), json=act.body, headers=headers)
            assert again.status_code == 404, f"{act.name} by {role}: {again.text[:200]}"
            assert told(again, act_id(act)) == told(unknown, NOWHERE), f"{act.name} by {role}"
