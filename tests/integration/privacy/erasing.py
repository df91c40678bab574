"""Two hundred of the thousand are erased from the command line, and what is left of them is looked for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from dossier_local import personal_data
from dossier_local.addresses import find as find_addresses
from dossier_shared.contracts.envelope import from_entry, verify_chain
from dossier_shared.contracts.lifecycle import OPEN
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.settings.service import DEVELOPMENT_KEY
from dossier_shared.vocabulary.persons import person_of

from .asking import PROVINCE, Asking
from .flock import Canary

PROCEDURES: Final = Path(__file__).parents[3] / "services/intake/src/dossier_intake/catalogue/data/procedures.yaml"
GROUND: Final = "Luật 91/2025/QH15, điều 14"
MANY: Final = 200
OF_THE_MOMENT: Final = frozenset({"tick", "now", "last_event_age", "pulse_age", "oldest_age", "lag", "frozen"})


class Erasing:
    def __init__(self, asking: Asking) -> None:
        self.asking, self.flown = asking, asking.flown
        self.gone: list[Canary] = []
        self.kept: list[Canary] = []  # two that the law keeps

    # -- who

    async def choose(self) -> None:
        """Of each way of ending some; the law keeps an open dossier, and those of one procedure for ten years."""
        stored = {
            document["_id"]: document["state"]
            async for document in self.asking.mongo["dossier_intake"]["dossiers"].find({}, {"state": 1})
        }
        by_end: dict[tuple[str, bool], list[Canary]] = {}
        for one in self.flown.flock.all:
            state = stored[self.flown.dossiers[one.person]]
            if state["status"] in OPEN or state["procedure"] == self.law_keeps:
                if {state["status"] in OPEN} - {self.status(stored, other) in OPEN for other in self.kept}:
                    self.kept.append(one)
                continue
            by_end.setdefault((state["status"], one.person in self.flown.papers), []).append(one)
        while len(self.gone) < MANY:
            for group in by_end.values():
                if group and len(self.gone) < MANY:
                    self.gone.append(group.pop())
        assert len(by_end) > 3
        assert len(self.kept) == 2

    def status(self, stored: Mapping[str, Any], one: Canary) -> str:
        return str(stored[self.flown.dossiers[one.person]]["status"])

    @property
    def law_keeps(self) -> str:
        """The procedure of the last who filed."""
        return str(self.flown.flock.all[-1].story.filed.body["procedure"])

    async def nothing_else_need_be_kept(self) -> None:
        """As the catalogue now says of every procedure but one."""
        found = YAML(typ="safe").load(PROCEDURES.read_text("utf-8"))["procedures"]
        free = [{**one, "keep_years": 0} for one in found if one["code"] != self.law_keeps]
        admin = await self.asking.head("admin-1", "admin")
        headers = {**admin, "idempotency-key": "nothing-else-to-keep"}
        url = f"{self.flown.stack.url('intake')}/api/v1/catalogue"
        answer = await self.asking.http.put(url, headers=headers, json={"procedures": free})
        assert answer.is_success, answer.text

    # -- by the command line

    async def ask(self, persons: Path, requests: Path, number: int = MANY) -> subprocess.CompletedProcess[str]:
        """For so many, and the two whom the law keeps; some by number, some by pseudonym."""
        wanted = [one.number if one.person % 2 else self.pseudonym(one) for one in (*self.kept, *self.gone[:number])]
        persons.write_text("# ai đề nghị xoá\n" + "\n".join(wanted) + "\n", "utf-8")
        return await self._privacy("erase", "--file", persons, "--requests", requests, "--ground", GROUND)

    async def grant(self, requests: Path, account: str) -> subprocess.CompletedProcess[str]:
        return await self._privacy("grant", "--file", requests, "--as", account)

    async def _privacy(self, *words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dossier_local.cli", "privacy", *map(str, words)]
        command += ["--folder", str(self.flown.stack.folder)]
        return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)

    def pseudonym(self, one: Canary) -> str:
        return person_of(DEVELOPMENT_KEY.encode(), "citizen", one.number)

    async def purged(self) -> bool:
        """Every service has done with everybody."""
        wanted = {self.pseudonym(one) for one in self.gone}
        for service in SERVICES:
            done = self.asking.mongo[f"dossier_{service}"]["purged"].find({"_id": {"$in": list(wanted)}}, {"_id": 1})
            assert {one["_id"] async for one in done} == wanted, service
        return True

    # -- what is left

    async def figures(self) -> dict[str, Any]:
        """What is counted of everybody: board, indicators, lists, open data; without what passes with the moment."""
        head = await self.asking.superior()
        paths = (
            "/api/v1/board?detail=true", "/api/v1/indicators", "/api/v1/indicators?period=month", "/open-data/dossiers.json",
            "/api/v1/officers.json", "/dossiers.json", f"/api/v1/late?agency={PROVINCE}",
        )  # fmt: skip
        found = {path: (await self.asking.get("monitor", path, head)).raise_for_status().json() for path in paths}
        return {path: _lasting(body) for path, body in found.items()}

    async def recounted(self) -> dict[str, Any]:
        admin = await self.asking.head("admin-1", "admin")
        begun = await self.asking.post("monitor", "/api/v1/recounts", admin)
        assert begun.status_code == 202, begun.text
        while True:
            view: dict[str, Any] = (await self.asking.get("monitor", begun.headers["location"], admin)).json()
            if view["state"] != "running":
                return {name: view[name] for name in ("state", "differences", "difference_count", "dossiers")}
            await asyncio.sleep(0.5)

    async def broken_chains(self) -> tuple[list[str], int]:
        """Of every journal of every service, and how many were verified."""
        broken, verified = [], 0
        for service in SERVICES:
            db = self.asking.mongo[f"dossier_{service}"]
            async for document in db["dossiers"].find({"journal.0": {"$exists": True}}, {"journal": 1}):
                events = [from_entry(document["_id"], service, entry) for entry in document["journal"]]
                verified += 1
                if fault := verify_chain(events):
                    broken.append(f"{service} {document['_id']}: {fault}")
        return broken, verified

    async def shown_of(self, one: Canary) -> AsyncIterator[tuple[str, bytes]]:
        """Every view of a dossier there is, by those who may see it: calls and pages."""
        id_, agency = self.flown.dossiers[one.person], await self.agency_of(one)
        counter = await self.asking.head(f"counter-{agency}", "counter", agency)
        leader = await self.asking.head(f"leader-{agency}", "leader", agency)
        citizen = await self.asking.head(one.story.filed.who.sub, one.story.filed.who.roles[0])
        for service, head in (
            ("intake", counter), ("intake", citizen), ("review", leader), ("signing", leader), ("notify", counter),
        ):  # fmt: skip
            yield f"{service} call", (await self.asking.get(service, f"/api/v1/dossiers/{id_}", head)).content
        for service, head in (("intake", counter), ("review", leader), ("signing", leader), ("notify", counter)):
            yield f"{service} page", (await self.asking.get(service, f"/cases/{id_}", head)).content
        for head in (leader, citizen):
            yield "monitor timeline", (await self.asking.get("monitor", f"/api/v1/timelines/{id_}", head)).content
        yield "monitor page", (await self.asking.get("monitor", f"/timelines/{id_}", leader)).content
        yield "home", (await self.asking.get("intake", "/", citizen)).content

    async def agency_of(self, one: Canary) -> str:
        """Who has it now."""
        found = await self.asking.mongo["dossier_review"]["dossiers"].find_one(
            {"_id": self.flown.dossiers[one.person]}, {"state.agency": 1}
        )
        return str((found or {}).get("state", {}).get("agency") or one.story.agency)

    async def files(self) -> tuple[set[str], set[str]]:
        """Whose own papers intake has, and of which dossiers signing has the result; both by dossier."""
        at, results = self.asking.mongo["dossier_intake"], self.asking.mongo["dossier_signing"]
        stored = {one["filename"] async for one in at["files.files"].find({}, {"filename": 1})}
        papers = {self.flown.dossiers[person] for person, ids in self.flown.papers.items() if set(ids) & stored}
        signed = {one["filename"] async for one in results["files.files"].find({}, {"filename": 1})}
        found = results["dossiers"].find({"journal.data.file": {"$in": list(signed)}}, {"_id": 1})
        return papers, {one["_id"] async for one in found}

    async def exported(self, one: Canary, path: Path) -> tuple[dict[str, int], list[bytes]]:
        counts = await personal_data.export(find_addresses(self.flown.stack.folder), self.pseudonym(one), path)
        with zipfile.ZipFile(path) as archive:
            return counts, [archive.read(name) for name in archive.namelist()]


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lasting(one) for name, one in value.items() if name not in OF_THE_MOMENT}
    return [_lasting(one) for one in value] if isinstance(value, list) else value
