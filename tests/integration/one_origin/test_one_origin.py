"""Every page of every service under a path of one origin: nothing it links to, loads, calls or is sent to is elsewhere."""

from __future__ import annotations

from collections import Counter, deque
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from tests.browser.pages import PAGES
from tests.browser.province import CITIZEN, COMMUNE, COUNTER, LEADER, SPECIALIST, SUPERIOR, Role
from tests.component.intake.papers import filing

from dossier_local.stack import Stack
from dossier_shared.pages.navigation import PAGES as PLACES

from .conftest import Town
from .links import links, shape

pytestmark = pytest.mark.long

ALIKE = 2  # so many addresses of one shape are followed, of hundreds; all are looked at
OFFICES = ("intake", "review", "signing", "notify", "monitor")


class Crawl:
    """`wrong`: what is under no path of ours, or answers badly, and the page that says so. `read`: pages, by their path."""

    def __init__(self, town: Town, client: httpx.AsyncClient, code: str) -> None:
        self.origin, self.client, self.code = town.origin.url, client, code
        self.wrong: list[str] = []
        self.read: set[str] = set()
        self._todo: deque[tuple[str, bool, str]] = deque()
        self._seen: set[str] = set()
        self._alike: Counter[str] = Counter()

    async def run(self, *starts: str) -> None:
        for start in starts:
            self._add(start, sent=False, on=start, always=True)
        while self._todo:
            address, sent, on = self._todo.popleft()
            await self._follow(address, sent, on)

    def _add(self, address: str, *, sent: bool, on: str, always: bool = False) -> None:
        """`on`: the page's address."""
        own = f"/{urlsplit(on).path.split('/')[1]}/"
        if address.startswith("/") and not address.startswith(own):
            self.wrong.append(f"{address} leaves {own} on {on}")
        whole = urljoin(on, address).replace("{id}", self.code).replace("{dossier}", self.code).partition("#")[0]
        if not whole.startswith(tuple(f"{self.origin}/{name}/" for name in OFFICES)):
            self.wrong.append(f"{address} is under no service's path on {on}")
        elif whole not in self._seen and not urlsplit(whole).path.endswith("/sign-in"):  # through the issuer
            self._seen.add(whole)
            self._alike[shape(whole)] += 1
            if always or self._alike[shape(whole)] <= ALIKE:
                self._todo.append((whole, sent, on))

    async def _follow(self, address: str, sent: bool, on: str) -> None:
        async with self.client.stream("GET", address) as answer:
            status, kind = answer.status_code, answer.headers.get("content-type", "")
            if status >= 400 and not (sent and status == 405):
                self.wrong.append(f"{status} {address} on {on}")
                return
            if "location" in answer.headers:
                self._add(answer.headers["location"], sent=False, on=address)
                self.read.add(urlsplit(address).path)  # a door that leads on; where to is read as well
            if not kind.startswith("text/html"):
                return  # a stream has no end
            await answer.aread()
        self.read.add(urlsplit(address).path)
        for link in links(answer.text):
            self._add(link.address, sent=link.sent, on=address)


@pytest.mark.parametrize("role", [CITIZEN, COUNTER, SPECIALIST, LEADER, SUPERIOR], ids=lambda role: role.roles[0])
async def test_all_a_role_can_reach_is_under_the_paths(town: Town, role: Role) -> None:
    known = {
        "code": town.province.code("sign"),
        "dossier": town.province.with_papers(),
        "filed": town.province.only_filed(),
    }
    theirs = [page for page in PAGES if page.role == role]
    doors = [place for place in PLACES if place.service and set(role.roles) & set(place.roles)]
    wanted = {f"/{page.service}{page.path.format(agency=COMMUNE, **known)}" for page in theirs}
    wanted |= {f"/{place.service}{place.path}" for place in doors}
    starts = [
        f"{town.origin.url}{path}{'&' if '?' in path else '?'}lang={lang}" for path in wanted for lang in ("vi", "en")
    ]
    async with town.sign_in(role, next(iter(wanted)), everywhere=True) as client:
        crawl = Crawl(town, client, known["code"])
        await crawl.run(*starts)
    assert crawl.wrong == []
    assert town.origin.escaped == []
    assert {path.partition("?")[0] for path in wanted} <= crawl.read


async def test_what_is_made_is_found_where_the_answer_says(town: Town) -> None:
    async with town.sign_in(CITIZEN, "/intake/") as client:
        headers = {"origin": town.origin.url, "idempotency-key": "one-origin"}
        made = await client.post("/intake/api/v1/dossiers", json=filing(), headers=headers)
        assert made.status_code == 201, made.text
        assert made.headers["location"] == f"/intake/api/v1/dossiers/{made.json()['id']}"
        found = await client.get(made.headers["location"])
        assert found.json()["code"] == made.json()["code"]


async def test_a_form_of_a_page_is_taken_from_this_origin_only_and_leads_back_to_the_page(town: Town) -> None:
    async with town.sign_in(SUPERIOR, "/monitor/alarms") as client:
        page = (await client.get("/monitor/alarms")).text
        path = next(link.address for link in links(page) if link.address.endswith("/acknowledge"))
        form = {"note": "Đã gọi.", "number": "1", "key": "one-origin-1"}
        neighbour = town.province.stack.url("monitor")  # the same host, another port
        for stranger in (neighbour, "http://elsewhere.test", "null"):
            refused = await client.post(path, data=form, headers={"origin": stranger})
            assert refused.status_code == 403
        taken = await client.post(path, data=form, headers={"origin": town.origin.url})
        assert (taken.status_code, taken.headers["location"]) == (303, "/monitor/alarms")
        assert (await client.get(taken.headers["location"])).status_code == 200


async def test_the_description_says_where_the_service_is(town: Town) -> None:
    async with town.sign_in(LEADER, "/review/work") as client:
        for name in OFFICES:
            document = (await client.get(f"/{name}/openapi.json")).json()
            assert document["servers"] == [{"url": f"/{name}"}]


async def test_a_slash_too_many_does_not_lead_out(town: Town) -> None:
    async with town.sign_in(LEADER, "/review/work") as client:
        answer = await client.get("/review/work/")
        assert (answer.status_code, "location" in answer.headers) == (404, False)


async def test_probes_stay_where_they_were(town: Town) -> None:
    stack: Stack = town.province.stack
    async with httpx.AsyncClient(trust_env=False) as client:
        for name in OFFICES:
            for path in ("/health/live", "/health/ready", "/metrics"):
                assert (await client.get(stack.url(name) + path)).status_code == 200
