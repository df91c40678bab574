"""Who has fetched the signed document from their own page has it: recorded once, and of nobody else's reading."""

from __future__ import annotations

import pytest
from tests.component.desks import Desk, officer
from tests.component.signing_api.test_signing import LEADER, decide, effects, sign

from dossier_shared.contracts.events import Approved

PERSON = "p-" + "a" * 26
ME = officer("me", "citizen", agency=None, person=PERSON)
FILER = officer("citizen", "citizen", agency=None)  # the account it was filed from
COUNTER = officer("counter", "counter")
RESULT = "/api/v1/dossiers/one/result"


async def downloads(signing: Desk) -> list[tuple[str, str]]:
    (dossier,) = (await signing.runtime.dossiers.load_whole(["one"])).values()
    return [(one.type, one.actor) for one in dossier.tail("signing", 0) if one.type == "downloaded"]


async def signed(signing: Desk, **whose: str) -> None:
    await decide(signing, "one", model=Approved, **whose)
    early = await signing.http.get(RESULT, headers=ME)
    assert early.status_code in (404, 409)
    await sign(signing, "one")
    assert await effects(signing).act_once() == 1


async def test_the_person_s_own_download_is_recorded_once(signing: Desk) -> None:
    await signed(signing, person=PERSON)
    for reader in (LEADER, COUNTER, FILER):
        assert (await signing.http.get(RESULT, headers=reader)).status_code == 200
    assert await downloads(signing) == [], "an office, or who filed it for them, has read it"
    for _ in range(3):
        assert (await signing.http.get(RESULT, headers=ME)).content.startswith(b"%PDF")
    assert await downloads(signing) == [("downloaded", "rule:signing")]
    assert (await signing.stored("one"))["state"]["downloaded_at"]


async def test_about_nobody_known_the_account_it_was_filed_from_counts(signing: Desk) -> None:
    await signed(signing)
    assert (await signing.http.get(RESULT, headers=FILER)).status_code == 200
    assert await downloads(signing) == [("downloaded", "rule:signing")]


async def test_what_cannot_be_recorded_is_handed_out_all_the_same(
    signing: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await signed(signing, person=PERSON)

    async def away(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(signing.runtime.ledger, "execute", away)
        assert (await signing.http.get(RESULT, headers=ME)).status_code == 200
    assert await downloads(signing) == []
    assert (await signing.http.get(RESULT, headers=ME)).status_code == 200
    assert await downloads(signing) == [("downloaded", "rule:signing")]
