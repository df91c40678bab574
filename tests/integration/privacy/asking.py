"""What citizens and officers ask for while a thousand go through: wrong requests, searches, exports, pages; and who erases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from unicodedata import normalize
from urllib.parse import quote
from uuid import uuid4

import httpx
from pymongo import AsyncMongoClient

from .flock import TEXT, Canary, word
from .flying import Flown
from .scanning import Sighting, in_answer

PROVINCE: Final = "H19"
EXPORTS: Final = (
    "/dossiers.csv", "/dossiers.xlsx", "/dossiers.json", "/api/v1/dossiers", "/api/v1/late", "/api/v1/board?detail=true",
    "/api/v1/board.csv", "/api/v1/board.xlsx", "/api/v1/officers.csv", "/api/v1/officers.xlsx", "/api/v1/officers.json",
    "/api/v1/throughput.csv", "/api/v1/indicators", "/api/v1/indicators.csv", "/api/v1/indicators.xlsx",
    "/reports/period.pdf", "/open-data/dossiers.json", "/open-data/dossiers.csv", "/open-data/dossiers.xlsx",
    "/api/v1/history", "/api/v1/alarms", "/api/v1/delegations", "/", "/late", "/dossiers", "/indicators", "/stream",
)  # fmt: skip
"""Of monitor: what a superior may take away, none of which says anything of a person."""


class Asking:
    def __init__(self, flown: Flown, http: httpx.AsyncClient, mongo: AsyncMongoClient[dict[str, Any]]) -> None:
        self.flown, self.http, self.mongo = flown, http, mongo
        self._tokens: dict[tuple[str, ...], dict[str, str]] = {}

    # -- who asks

    async def head(self, sub: str, role: str, agency: str | None = None, name: str = "Trần Thị Bình") -> dict[str, str]:
        known = (sub, role, agency or "")
        if known not in self._tokens:
            person = {"sub": sub, "roles": [role], "agency": agency, "name": name, "ttl": 3600}
            answer = await self.http.post(f"{self.flown.stack.url('identity')}/token", json=person)
            token = answer.raise_for_status().json()["access_token"]
            self._tokens[known] = {"authorization": f"Bearer {token}"}
        return self._tokens[known]

    async def get(self, service: str, path: str, head: Mapping[str, str]) -> httpx.Response:
        return await self.http.get(f"{self.flown.stack.url(service)}{path}", headers=head)

    async def post(self, service: str, path: str, head: Mapping[str, str], **body: Any) -> httpx.Response:
        headers = {"idempotency-key": uuid4().hex, **head}
        return await self.http.post(f"{self.flown.stack.url(service)}{path}", headers=headers, **body)

    async def superior(self) -> dict[str, str]:
        return await self.head("superior-1", "superior", PROVINCE)

    # -- what is wrong in many ways, each answer of which would say again what was sent

    async def what_is_wrong(self, sighting: Sighting) -> None:
        for number in range(0, 60, 2):
            one = self.flown.flock.all[number]
            async for place, answer in self._wrong(one):
                assert 400 <= answer.status_code < 500 or place == "a batch", (place, answer.status_code, answer.text)
                in_answer(f"error of {place}", answer, sighting)

    async def _wrong(self, one: Canary) -> AsyncIterator[tuple[str, httpx.Response]]:
        who = await self.head(f"wrong-{one.person}", "citizen", name=one.name)
        counter = await self.head("counter-wrong", "counter", one.story.agency)
        good, filing, said = one.story.filed.body, "/api/v1/dossiers", word(TEXT, one.person)
        applicant = good["applicant"]
        for what, body in {
            "a name with a sign": {**good, "applicant": {**applicant, "name": f"{one.name} \u2603"}},
            "a number too long": {**good, "applicant": {**applicant, "citizen_id": f"{one.number}{said}"}},
            "a phone that is none": {**good, "applicant": {**applicant, "phone": f"{one.phone}{said}"}},
            "a name that is a list": {**good, "applicant": {**applicant, "name": [one.name]}},
            "a procedure nobody has": {**good, "procedure": said},
            "an agency nobody has": {**good, "agency": said},
            "a channel nobody has": {**good, "channel": said},
            "a form of texts": {**good, "form": {"person": said, "status": said}},
            "a field too many": {**good, "more": one.name},
            "a paper nobody brought": {**good, "documents": [{"code": said, "id": one.number}]},
        }.items():
            yield what, await self.post("intake", filing, who, json=body)
        yield "no JSON", await self.post("intake", filing, who, content=f'{{"name": "{one.name}" {one.number}'.encode())
        yield "no UTF-8", await self.post("intake", filing, who, content=f'{{"name": "{one.name}'.encode() + b'\xff"}')
        batch = {"items": [{"key": "k", "filing": {**good, "channel": said}}, said]}
        yield "a batch", await self.post("intake", f"{filing}:batch", counter, json=batch)
        id_ = self.flown.dossiers[one.person]
        yield "an address", await self.get("intake", f"{filing}/{quote(one.name)}", who)
        yield "a code", await self.get("intake", f"{filing}?code={quote(one.name)}", who)
        yield "a question", await self.get("intake", f"{filing}?cursor={quote(one.name)}", who)
        yield "a page", await self.get("intake", f"/cases/{quote(one.name)}", {**counter, "accept": "text/html"})
        yield "a story", await self.get("monitor", f"/api/v1/timelines/{quote(one.name)}", who)
        yield "a token", await self.get("intake", filing, {"authorization": f"Bearer {said[:-1]}"})
        leader = await self.head("leader-wrong", "leader", one.story.agency)
        yield "a command", await self.post("review", f"{filing}/{id_}/reject", leader, json={"reason": [said]})
        yield "another", await self.post("signing", f"{filing}/{id_}/send-back", leader, json={"reason": {"a": said}})
        yield (
            "a third",
            await self.post(
                "notify", f"{filing}/{id_}/hand-over", counter, json={"receiver": [one.name], "id_number": [one.number]}
            ),
        )
        yield (
            "a file",
            await self.post("intake", f"/api/v1/documents?name={quote(one.name)}", who, content=said.encode()),
        )
        key = {**who, "idempotency-key": one.name.encode("ascii", "ignore").decode() * 20}
        yield "a key", await self.post("intake", filing, key, json=good)

    # -- what officers look for and take away

    async def searches(self) -> None:
        """By name in several ways of writing, number and phone, by an officer of the agency and by a superior."""
        superior, hits = await self.superior(), 0
        for one in self.flown.flock.all[:120:4]:
            officer = await self.head(f"seeker-{one.story.agency}", "specialist", one.story.agency)
            for text in (one.name, normalize("NFD", one.name).upper(), one.number, one.phone, one.phone[-4:]):
                for head in (officer, superior):
                    answer = await self.get("monitor", f"/api/v1/search?q={quote(text)}", head)
                    hits += bool(answer.is_success and answer.json()["items"])
                    await self.get("monitor", f"/search?q={quote(text)}", head)
        assert hits > 20

    async def found(self, agency: str, text: str) -> Sequence[str]:
        """Dossiers that an officer of an agency finds by a text."""
        officer = await self.head(f"seeker-{agency}", "specialist", agency)
        answer = await self.get("monitor", f"/api/v1/search?q={quote(text)}", officer)
        return [item["id"] for item in answer.raise_for_status().json()["items"]]

    async def exports(self, sighting: Sighting) -> None:
        head = await self.superior()
        for path in EXPORTS:
            if path == "/stream":
                continue
            answer = await self.get("monitor", path, head)
            assert answer.is_success, (path, answer.text[:300])
            in_answer(f"monitor {path}", answer, sighting)
        answer = await self.get("monitor", "/audit.csv", await self.head("auditor-1", "auditor"))
        assert answer.is_success, answer.text
        in_answer("monitor /audit.csv", answer, sighting)

    # -- what is stored

    async def parked(self, dossier: str) -> bool:
        found = [
            await self.mongo[f"dossier_{service}"]["waiting"].count_documents({"_id": {"$regex": f"^{dossier}"}})
            for service in ("review", "notify", "monitor")
        ]
        return all(found)
