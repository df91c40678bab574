"""The counter's pages: the list of what waits, and the form of one, which works without a script."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest

from dossier_local.memory import MemoryCollection
from dossier_notify.api import runner_of
from dossier_notify.pages.hand_overs import hand_overs
from dossier_notify.settings import Settings
from dossier_shared.adapters.cursors import Page
from dossier_shared.contracts.entries import AgencyEntry
from dossier_shared.http.app import create_app
from dossier_shared.http.tokens import TokenVerifier
from dossier_shared.runtime.directory import Directory

from .test_api import NOW, Tokens, hear, ledger_of
from .told import CITIZEN_ID, ID, Told

TYPED = {"action": "hand-over", "receiver": "Lê Thị Hoa", "identified_by": "citizen_id", "signed_on": "paper"}


class Waiting:
    """The store's answer; what it was asked is kept."""

    def __init__(self, dossiers: MemoryCollection) -> None:
        self.dossiers = dossiers
        self.asked: tuple[str, tuple[str, ...]] = ("", ())

    async def waiting(self, own: str, served: Any, limit: int, cursor: str | None) -> Page:
        self.asked = (own, tuple(served))
        return Page(list((await self.dossiers.load([ID])).values()), None)


@pytest.fixture
def dossiers() -> MemoryCollection:
    return MemoryCollection()


@pytest.fixture
def waiting(dossiers: MemoryCollection) -> Waiting:
    return Waiting(dossiers)


@pytest.fixture
async def client(dossiers: MemoryCollection, waiting: Waiting) -> AsyncIterator[httpx.AsyncClient]:
    async def ready() -> dict[str, bool | str]:
        return {}

    app = create_app(Settings(), title="Notify", readiness=ready, auth=cast(TokenVerifier, Tokens()))
    directory, ledger = Directory(), ledger_of(dossiers)
    directory.agencies["H19.8"] = AgencyEntry(
        code="H19.8",
        name_vi="Trung tâm",
        name_en="Centre",
        level="commune",
        kind="centre",
        serves=["H19.1"],
        catalogue="1",
    )
    runner = runner_of(ledger, NOW, directory)
    app.include_router(hand_overs(cast(Any, waiting), dossiers, directory, runner, "https://signing.test"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notify") as client:
        yield client
    await ledger.close()


async def signed(dossiers: MemoryCollection, phone: str | None = None) -> None:
    told = Told(phone=phone)
    await hear(dossiers, told.submitted(delivery="counter"), told.accepted(), told.signed())


def as_(who: str) -> dict[str, str]:
    return {"authorization": f"Bearer {who}"}


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(key|version)" value="([^"]+)"', page))


async def test_the_list_shows_what_waits_and_the_centre_asks_for_whom_it_serves(
    client: httpx.AsyncClient, dossiers: MemoryCollection, waiting: Waiting
) -> None:
    await signed(dossiers)
    page = (await client.get("/work", headers=as_("serving-centre"))).text
    assert waiting.asked == ("H19.8", ("H19.1",))
    for words in ("Chờ trả kết quả", "Nguyễn Thị Ánh", "12/GKS", "Nhận tại quầy", f'href="/cases/{ID}?lang=vi"'):
        assert words in page
    assert "Results to hand over" in (await client.get("/work?lang=en", headers=as_("counter"))).text
    refused = await client.get("/work", headers=as_("leader"))
    assert (refused.status_code, "cán bộ một cửa" in refused.text) == (403, True)


async def test_a_result_is_handed_over_without_a_script(client: httpx.AsyncClient, dossiers: MemoryCollection) -> None:
    await signed(dossiers)
    shown = await client.get(f"/cases/{ID}", headers=as_("counter"))
    assert f'href="https://signing.test/api/v1/dossiers/{ID}/result"' in shown.text
    assert CITIZEN_ID not in shown.text, "what is compared is not shown"
    form = {**TYPED, **hidden(shown.text), "id_number": "001 099 054 321"}
    refused = await client.post(f"/cases/{ID}", data=form, headers=as_("counter"))
    assert refused.status_code == 409
    assert "giấy ủy quyền" in refused.text
    assert 'value="Lê Thị Hoa"' in refused.text, "nothing that was typed is lost"
    again = {**form, **hidden(refused.text), "authority": "GUQ-17 ngày 02/03/2026"}
    done = await client.post(f"/cases/{ID}", data=again, headers=as_("counter"))
    assert (done.status_code, done.headers["location"]) == (303, f"/cases/{ID}?lang=vi&done=hand-over")
    after = (await client.get(done.headers["location"], headers=as_("counter"))).text
    for words in ("Đã trả kết quả", "Lê Thị Hoa", "GUQ-17 ngày 02/03/2026", "***321", "ký trên giấy"):
        assert words in after
    assert "<form" not in after[after.index('id="main"') :]


async def test_what_is_not_signed_yet_has_no_form(client: httpx.AsyncClient, dossiers: MemoryCollection) -> None:
    told = Told(phone=None)
    await hear(dossiers, told.submitted(delivery="counter"))
    page = await client.get(f"/cases/{ID}", headers=as_("counter"))
    assert page.status_code == 200
    assert "Chưa có kết quả" in page.text
    assert 'data-action="hand-over"' not in page.text


async def test_the_message_that_was_sent_is_in_the_story(client: httpx.AsyncClient, dossiers: MemoryCollection) -> None:
    await signed(dossiers, phone="+84912345678")
    page = (await client.get(f"/cases/{ID}", headers=as_("counter"))).text
    assert "Đang gửi tin nhắn" in page
    assert "***678" in page


@pytest.mark.parametrize(
    ("who", "status"), [("other-counter", 404), ("leader", 403), ("owner", 403), ("serving-centre", 200)]
)
async def test_whose_counter_opens_it(
    client: httpx.AsyncClient, dossiers: MemoryCollection, who: str, status: int
) -> None:
    await signed(dossiers)
    assert (await client.get(f"/cases/{ID}", headers=as_(who))).status_code == status
