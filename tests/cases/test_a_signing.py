"""One result that cannot be made must not keep the others from being signed: what old events say reaches signing as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from tests.component.desks import Desk, officer
from tests.component.signing_api.conftest import keys, pdfsig, seal, signing, tool
from tests.component.signing_api.test_signing import LEADER, decide, effects, later, sign
from tests.unit.signing_rules.support import Result

from dossier_shared.contracts.events import Rejected
from dossier_shared.journal.dossier import Dossier
from dossier_signing.documents import workers
from dossier_signing.documents.workers import SignedResult, SignFailure, SigningWorkers, SignJob

__all__ = ["keys", "pdfsig", "seal", "signing", "tool"]

GOOD = ["one", "two", "three", "four", "five"]
UNSEEN = [
    "\u200e",
    "\u0007",
    "\u200f\u202e",
    "\ufeff",
    "\u2066\u2069",
    "\t\n",
    "\u200e\n\u200e",
]  # nothing of it is printed


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signs in this process, without the seconds a worker takes to start."""

    async def at_once(self: SigningWorkers, pool: object, batch: list[SignJob]) -> list[SignedResult | SignFailure]:
        return await asyncio.to_thread(workers.sign_batch, self._keys, batch)

    monkeypatch.setattr(SigningWorkers, "_try", at_once)


async def queue(signing: Desk) -> dict[str, str | None]:
    found = (await signing.http.get("/api/v1/queue", headers=LEADER)).json()["items"]
    return {one["id"]: one["failure"] for one in found}


async def statuses(signing: Desk, ids: Sequence[str] = GOOD) -> set[str]:
    return {(await signing.stored(id_))["state"]["status"] for id_ in ids}


def old(id_: str, **said: Any) -> Dossier:
    """Decided as an event of yesterday told it: nobody looked at its texts."""
    result = Result("certificate", id_).decided()
    result.dossier.state = cast(Any, result.state) | said
    return result.dossier


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("reason", UNSEEN, ids=ascii)
async def test_a1_an_invisible_reason_fails_alone_and_is_back_in_the_queue(signing: Desk, reason: str) -> None:
    await decide(signing, *GOOD)
    await decide(signing, "bad", model=Rejected, reason=reason)
    await sign(signing, *GOOD[:3], "bad", *GOOD[3:])
    assert await effects(signing).act_once() == 6
    assert await statuses(signing) == {"signed"}
    assert await queue(signing) == {"bad": "empty-reason"}
    assert "chưa ký được: lý do từ chối không có chữ nào in được" in await signing.page("/work", LEADER)
    assert "Ký, thay ký tự" in await signing.page("/work", LEADER), "what is approved is no dead end"
    again = await signing.post("/api/v1/dossiers/bad/sign", LEADER, {"substitute": True})
    assert again.status_code == 202
    assert await effects(signing).act_once() == 1
    assert await statuses(signing, ["bad"]) == {"signed"}


@pytest.mark.usefixtures("here")
async def test_a2_killed_with_a_poison_and_healthy_results_in_hand(signing: Desk) -> None:
    await decide(signing, *GOOD)
    await decide(signing, "bad", model=Rejected, reason="\u200e")
    await sign(signing, "bad", *GOOD)
    effects(signing)._fresh.clear()  # what a killed process had in memory
    later(signing, 61)
    assert await effects(signing).sweep() == 6, "one pass"
    assert await statuses(signing) == {"signed"}
    assert await queue(signing) == {"bad": "empty-reason"}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"agency_name": "Ủy ban nhân dân "}, None),
        ({"agency_name": "Ủy ban nhân dân xã "}, None),
        ({"agency_name": "\u200e"}, None),
        ({"agency_name": "Ủy ban nhân dân xã \u200e"}, None),
        ({"procedure_name": "\u200e"}, None),
        ({"procedure_name": " \u0007"}, None),
        ({"holder": "\u200e"}, "empty-holder"),
        ({"holder": "\ufeff "}, "empty-holder"),
        ({"summary": [{"label_vi": "\u200e", "label_en": "", "value": "x"}]}, "form-row-invalid"),
        ({"summary": [{"label_vi": "Họ tên", "value": 17}]}, "form-row-invalid"),
        ({"summary": "no rows at all"}, "document-invalid"),
        ({"decided_at": "yesterday"}, "document-invalid"),
        ({"result_kind": "nobody's"}, "document-invalid"),
    ],
    ids=str,
)
async def test_a3_what_an_old_event_says_stops_nobody(signing: Desk, said: dict[str, Any], shown: str | None) -> None:
    """A name nobody can see is replaced by its code; what has no substitute fails alone and says which it is."""
    await decide(signing, *GOOD)
    await signing.put(old("bad", **said))
    await sign(signing, "bad", *GOOD)
    assert await effects(signing).act_once() == 6
    assert await statuses(signing) == {"signed"}
    assert await queue(signing) == ({} if shown is None else {"bad": shown})


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["\u200e", "\ufeff\u200b", "Trần Thị Bình "])
async def test_a3_a_leader_whose_name_nobody_sees(signing: Desk, name: str) -> None:
    await decide(signing, *GOOD)
    await decide(signing, "hers")
    await sign(signing, *GOOD)
    asked = await signing.post("/api/v1/dossiers/hers/sign", officer(name, "leader"))
    assert asked.status_code == 202
    await effects(signing).act_once()
    assert await statuses(signing) == {"signed"}
    state = (await signing.stored("hers"))["state"]
    assert state["status"] == "signed" or state["failure"], "signed, or failed with a reason"


@pytest.mark.usefixtures("here")
async def test_a_one_leader_s_key_that_cannot_be_read_is_told_and_holds_up_nobody(signing: Desk, keys: Path) -> None:
    """All keys away is an outage, and waited for; one alone while others sign is that result's fault, and ends."""
    other = officer("Lê Văn Khóa", "leader")

    def pems() -> set[Path]:
        return set(keys.rglob("leaders/*.pem"))

    before = pems()
    await decide(signing, "first", "bad", *GOOD)
    assert (await signing.post("/api/v1/dossiers/first/sign", other)).status_code == 202
    assert await effects(signing).act_once() == 1
    (theirs,) = pems() - before
    theirs.unlink()
    theirs.mkdir()
    workers._seal.cache_clear()
    assert (await signing.post("/api/v1/dossiers/bad/sign", other)).status_code == 202
    await sign(signing, *GOOD[:1])
    await effects(signing).act_once()
    for id_ in GOOD[1:]:
        await sign(signing, id_)
        later(signing, 300)
        await effects(signing).act_once()
        await effects(signing).sweep()
    assert await statuses(signing) == {"signed"}
    assert await queue(signing) == {"bad": "key-unreadable"}
    assert "không đọc được khóa ký" in await signing.page("/work", LEADER)
