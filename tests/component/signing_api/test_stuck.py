"""What a person sees and may do of signatures that do not come about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.component.desks import Desk, officer
from tests.component.signing_api.test_signing import LEADER, decide, effects, later, sign

from dossier_shared.journal.effects import Failing, Intent
from dossier_signing.documents.outcomes import Made

ADMIN = officer("admin-7", "admin", agency=None)


@pytest.fixture
def stubborn(signing: Desk, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Dossiers whose signature fails, until they are taken out; no worker is started."""
    failing: set[str] = set()

    async def act(intents: Sequence[Intent]) -> Mapping[str, Any]:
        made = Made("f" * 64, 4321, "1f")
        return {i.reference: Failing("worker-died") if i.dossier in failing else made for i in intents}

    monkeypatch.setattr(effects(signing), "act", act)
    return failing


async def listed(signing: Desk) -> dict[str, tuple[str, str | None, int]]:
    items = (await signing.http.get("/internal/effects", headers=ADMIN)).json()["items"]
    return {item["dossier"]: (item["state"], item["reason"], item["attempts"]) for item in items}


async def decided(signing: Desk, what: str, *dossiers: str) -> list[str]:
    answer = await signing.post(f"/internal/effects:{what}", ADMIN, {"dossiers": list(dossiers)})
    assert answer.status_code == 200
    return [item["outcome"] for item in answer.json()["items"]]


async def test_each_is_listed_with_its_attempts_and_tried_again_at_once(signing: Desk, stubborn: set[str]) -> None:
    await decide(signing, "good", "bad")
    stubborn.add("bad")
    await sign(signing, "good", "bad")
    assert await effects(signing).act_once() == 1
    assert await listed(signing) == {"bad": ("open", "worker-died", 1)}
    assert await effects(signing).sweep() == 0, "it rests between two attempts"
    stubborn.clear()
    assert await decided(signing, "retry", "bad", "good", "nowhere") == [
        "retried",
        "leader-signs-again",
        "dossier-not-found",
    ]
    assert await effects(signing).sweep() == 1
    assert await listed(signing) == {}


async def test_one_that_never_comes_about_is_back_in_the_leaders_queue(signing: Desk, stubborn: set[str]) -> None:
    await decide(signing, "bad")
    stubborn.add("bad")
    await sign(signing, "bad")
    await effects(signing).act_once()
    for _ in range(effects(signing).attempts - 1):
        later(signing, 120)
        await effects(signing).sweep()
    assert await listed(signing) == {"bad": ("failed", "worker-died", 0)}
    (failed,) = (await signing.http.get("/internal/effects", headers=ADMIN)).json()["items"]
    asked = [e["recorded"] for e in (await signing.stored("bad"))["journal"] if e["type"] == "signing-requested"]
    assert [failed["since"]] == asked, "when it was asked for, as of an open one"
    assert "chương trình ký dừng đột ngột" in await signing.page("/work", LEADER)
    assert await decided(signing, "retry", "bad") == ["leader-signs-again"]


async def test_an_administrator_ends_one_and_is_named_in_the_journal(signing: Desk, stubborn: set[str]) -> None:
    await decide(signing, "bad", "new")
    stubborn.add("bad")
    await sign(signing, "bad")
    await effects(signing).act_once()
    await sign(signing, "new")
    assert await decided(signing, "give-up", "bad", "new") == ["given-up", "effect-under-way"]
    last = (await signing.stored("bad"))["journal"][-1]
    assert (last["type"], last["actor"], last["data"]["reason"]) == ("signing-failed", "admin:admin-7", "given-up")
    assert await decided(signing, "give-up", "bad") == ["illegal-transition"]
    again = await signing.post("/api/v1/dossiers/bad/sign", LEADER)
    assert again.status_code == 202


async def test_nobody_else_may(signing: Desk) -> None:
    assert (await signing.http.get("/internal/effects", headers=LEADER)).status_code == 403
    for what in ("retry", "give-up"):
        answer = await signing.post(f"/internal/effects:{what}", LEADER, {"dossiers": ["x"]})
        assert answer.status_code == 403
