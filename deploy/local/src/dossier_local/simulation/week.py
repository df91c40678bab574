"""The demo's plan: a week (or more) of eleven communes, from figures.yaml and the published catalogue. Pure, seeded."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from dossier_local.simulation import rhythm
from dossier_local.simulation.client import Account
from dossier_local.simulation.course import Case, Course, officer
from dossier_local.simulation.papers import VARIANTS
from dossier_local.simulation.people import commune_of, fill, person
from dossier_local.simulation.plan import Step, Story, in_order

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the demo uses of `GET /procedures` and `GET /agencies`."""

    procedures: Sequence[Json]
    agencies: dict[str, Json]
    centres: dict[str, str]  # by the commune it receives for: the code of its one-stop centre

    @classmethod
    def of(cls, procedures: Sequence[Json], agencies: Sequence[Json]) -> Catalogue:
        """Procedures of communes that can be filed online and have a form to fill."""
        communes = {a["code"]: a for a in agencies if a["level"] == "commune"}
        usable = [
            p
            for p in sorted(procedures, key=lambda p: str(p["code"]))
            if p["level"] == "commune" and p["online"] != "info" and "online" in p["channels"]
            and (p.get("form") or {}).get("examples") and communes.keys() & set(p["agencies"])
        ]  # fmt: skip
        centres = {code: a["code"] for a in agencies for code in a.get("serves", ()) if code in communes}
        return cls(usable, communes, centres)


def plan_week(catalogue: Catalogue, number: int, first_day: date, weeks: int, seed: int) -> list[Story]:
    """`number` stories, by their filing; what lies beyond the last Sunday is left out."""
    rng, office = random.Random(seed), rhythm.Office.usual()  # noqa: S311 - a simulation
    horizon = datetime.combine(first_day + timedelta(weeks=weeks), time(0), office.zone)
    writer = _Writer(catalogue, office, rng)
    moments = rhythm.arrivals(number, first_day, weeks, office, rng)
    return [writer.story(f"demo-{seed}-{n}", at).until(horizon) for n, at in enumerate(moments)]


class _Writer:
    def __init__(self, catalogue: Catalogue, office: rhythm.Office, rng: random.Random) -> None:
        self.catalogue, self.office, self.rng = catalogue, office, rng
        self.assumed, reports = rhythm.figures()["assumed"], rhythm.figures()["reports"]
        self.online = reports["online"]["value"]
        channels = rhythm.figures()["register"]["channels"]
        self.direct = channels["direct"] / (channels["direct"] + channels["postal"])
        self.straight = [p for p in catalogue.procedures if p.get("straight_through")]
        self.ordinary = [p for p in catalogue.procedures if not p.get("straight_through")]
        self.weights = [self.assumed["weights"].get(p["code"], 1) for p in self.ordinary]

    def story(self, key: str, at: datetime) -> Story:
        rng = self.rng
        by_rule = self.straight and rng.random() < self.assumed["straight_through"]
        procedure = rng.choice(self.straight) if by_rule else rng.choices(self.ordinary, self.weights)[0]
        agency = rng.choice(sorted(self.catalogue.agencies.keys() & set(procedure["agencies"])))
        channel = self._channel(procedure)
        who = person(rng)
        filing, papers = self._filing(procedure, agency, channel, who)
        centre = self._centre(channel, agency)
        filed = Step(at, "file", self._filer(channel, centre or agency, who.name, key), filing)
        if by_rule:
            return Story(key, agency, filed, papers, [], by_rule=True)
        if fetched := rng.random() < self.assumed["fetched"]:
            filing["delivery"] = {"how": "counter"}
        communes = self.catalogue.agencies.keys()
        limit, competent = rhythm.limit_of(procedure["deadline"], self.office), communes & set(procedure["agencies"])
        steps = Course(Case(filed, agency, centre, limit, competent, communes, fetched), self.office, rng).told()
        return Story(key, agency, filed, papers, in_order([filed, *steps])[1:])

    def _channel(self, procedure: Json) -> str:
        if self.rng.random() < self.online:
            return "online"
        wanted = "direct" if self.rng.random() < self.direct else "postal"
        return wanted if wanted in procedure["channels"] else "direct"

    def _centre(self, channel: str, agency: str) -> str | None:
        """Who comes in person to a commune that a centre receives for goes there, mostly."""
        if channel != "direct" or self.rng.random() >= self.assumed["at_centre"]:
            return None
        return self.catalogue.centres.get(agency)

    def _filer(self, channel: str, agency: str, name: str, key: str) -> Account:
        if channel != "online":
            return officer("counter", agency, self.rng)
        if self.rng.random() < self.assumed["agents"]:
            number = self.rng.randrange(8)
            return Account(f"agent-{number}", ("agent",), None, f"Đại lý dịch vụ công {number + 1}")
        return Account(f"citizen-{key}", ("citizen",), None, name)

    def _filing(self, procedure: Json, agency: str, channel: str, who: Any) -> tuple[Json, list[tuple[str, int]]]:
        commune = commune_of(self.catalogue.agencies[agency]["name_vi"])
        form = fill(self.rng.choice(procedure["form"]["examples"]), who, commune, self.rng)
        asked = demanded(procedure, channel)
        held = [p["code"] for p in asked if p["reusable_from"]]
        reused = held if held and self.rng.random() < self.assumed["reused"] else []
        papers = [(p["code"], self.rng.randrange(VARIANTS)) for p in asked if p["code"] not in reused]
        filing = {
            "procedure": procedure["code"],
            "agency": agency,
            "channel": channel,
            "applicant": {
                "name": who.name, "citizen_id": who.citizen_id, "phone": who.phone,
                "address": f"{commune}, Đồng Nai",
            },
            "form": form,
            "reused": reused,
        }  # fmt: skip
        return filing, papers


def demanded(procedure: Json, channel: str) -> list[Json]:
    """The papers a filing by this channel brings as files."""
    return [
        paper
        for paper in procedure["documents"]
        if paper["required"]
        and not paper["present_only"]
        and paper["reusable_from"] != "population_db"
        and channel in (paper["only_channels"] or (channel,))
        and not (channel == "online" and (paper["answered_by_form"] or paper["kind"] == "electronic"))
    ]
