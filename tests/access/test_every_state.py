"""Every state × action: done, or refused with a code and a sentence in both languages, and then nothing is written.

The states are those through which the golden stories go, event by event, in each service; the actions are the verbs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.component.desks import TrustingVerifier, officer
from tests.unit.review.support import AGENCY

from dossier_local.contracts.desk_stories import desk_story
from dossier_local.contracts.stories import story
from dossier_local.memory import MemoryCollection
from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Event, to_entry
from dossier_shared.contracts.lifecycle import STATES
from dossier_shared.contracts.topics import heard_by
from dossier_shared.http.problems import install_problems
from dossier_shared.journal.dossier import Dossier, Rules, hear

from .stages import CLOCK, DOSSIER, Act, Stage, directory_of, grown, of_intake, of_notify, of_review, of_signing

NOW = CLOCK.now()
Documents = dict[str, dict[str, Any]]


async def states(service: str, rules: Rules) -> dict[str, Documents]:
    """By what tells them apart: the store's documents of one dossier, after each event that the service records or hears."""
    bare = Rules(source=rules.source, evolve=rules.evolve, causal_sources=rules.causal_sources)
    sources = {topic.source for topic in heard_by(service)}
    found: dict[str, Documents] = {}
    dossiers: dict[str, Dossier[Any]] = {}
    for event in (*story(), *desk_story()):
        if event.source != service and event.source not in sources:
            continue
        dossier = dossiers.setdefault(event.dossier, Dossier(event.dossier))
        if event.source == service:
            _recorded(dossier, event, rules)
        else:
            assert hear(bare, dossier, event, NOW, instant(NOW))
        state = dossier.state
        told = f"{state.get('status')} {state.get('stage')} {sorted(state)}"
        kept = MemoryCollection()
        assert not await kept.write([_copy(dossier)], NOW)
        found[told] = kept.documents
    return found


def _recorded(dossier: Dossier[Any], event: Event, rules: Rules) -> None:
    dossier.state = rules.evolve(dossier.state, event)
    dossier.journal = [*dossier.journal, to_entry(event)]
    dossier.seq += 1


def _copy(dossier: Dossier[Any]) -> Dossier[Any]:
    """As it is read from the store, to be written there as it is."""
    document = {
        "_id": dossier.id, "version": 0, "seq": dossier.seq, "heard": dict(dossier.heard), "state": dossier.state, "journal": [],
    }  # fmt: skip
    copied: Dossier[Any] = Dossier.from_document(document)
    copied.fresh = list(dossier.journal)
    copied.seq, copied.touched = dossier.seq, True
    return copied


async def stage_of(service: str) -> Stage:
    catalogue = grown()
    if service == "intake":
        return await of_intake(catalogue)
    made = {"review": of_review, "signing": of_signing, "notify": of_notify}[service]
    return await made(directory_of(catalogue))


SERVICES = ("intake", "review", "signing", "notify")


@pytest.mark.parametrize("service", SERVICES)
async def test_every_action_in_every_state_is_done_or_refused_in_words(service: str) -> None:
    stage = await stage_of(service)
    starts = await states(service, stage.rules)
    tried = done = 0
    for act in (act for act in stage.acts if f"/{DOSSIER}/" in act.path):
        async for state, before, answer in _answers(act, starts):
            tried += 1
            where = f"{act.name} in {state}: {answer.status_code} {answer.text[:300]}"
            if answer.status_code < 300:
                done += 1
                recorded = _new(act.store.documents, before)
                assert set(recorded) <= set(act.records), where
                continue
            assert 400 <= answer.status_code < 500, where
            problem = answer.json()
            assert problem["code"], where
            assert all(problem["message"][lang] for lang in ("vi", "en")), where
            assert act.store.documents == before, f"half-written: {where}"
    await stage.ledger.close()
    assert tried >= len(starts)
    assert done >= 1, "some of them can be done"


async def test_the_stories_go_through_every_state() -> None:
    stage = await stage_of("intake")
    found = {told.split()[0] for told in await states("intake", stage.rules)}
    await stage.ledger.close()
    assert set(STATES) - {"draft"} <= found


async def _answers(act: Act, starts: Mapping[str, Documents]) -> Any:
    app = FastAPI()
    app.state.verifier, app.state.settings = TrustingVerifier(), SimpleNamespace(development=False)
    install_problems(app)
    with act.offered(act.policy) as router:
        app.include_router(router)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://state.test") as http:
            for state, documents in starts.items():
                (id_,) = documents
                for role in act.roles:
                    act.store.documents = {id_: dict(documents[id_])}
                    before = {id_: dict(documents[id_])}
                    who = officer("u-9000", role, agency=AGENCY if role not in ("citizen", "agent") else None)
                    path = act.path.replace(f"/{DOSSIER}/", f"/{id_}/")
                    answer = await http.post(path, json=act.body, headers={**who, "idempotency-key": f"k-{role}"})
                    yield state, before, answer


def _new(after: Documents, before: Documents) -> Iterator[str]:
    for id_, document in after.items():
        for entry in document["journal"][len(before[id_]["journal"]) :]:
            yield entry["type"]
