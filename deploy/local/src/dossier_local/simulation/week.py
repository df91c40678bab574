"""The demo's plan: a week (or more) of eleven communes, from figures.yaml and the published catalogue. Pure, seeded."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from dossier_local.simulation import rhythm
from dossier_local.simulation.client import Account
from dossier_local.simulation.papers import VARIANTS
from dossier_local.simulation.people import commune_of, fill, person
from dossier_local.simulation.plan import ASSIGN, SIGN, Step, Story, in_order

Json = dict[str, Any]
REASONS_REFUSED = (
    "Giấy tờ nộp kèm không đọc được.",
    "Hồ sơ không thuộc địa bàn của phường, xã.",
    "Thông tin khai chưa khớp giấy tờ.",
)
REASONS_REJECTED = ("Không đủ điều kiện theo quy định.", "Thông tin không khớp cơ sở dữ liệu quốc gia về dân cư.")
MISSING = "Đề nghị bổ sung giấy tờ còn thiếu và ký tên vào tờ khai."
HANDED_IN = "Đã bổ sung theo yêu cầu."
REASON_PAYMENT = "Lệ phí theo nghị quyết của Hội đồng nhân dân tỉnh."
QUESTION = "Đề nghị xác nhận thông tin cư trú của người nộp hồ sơ."
OPINION = "Thông tin đúng như kê khai."
REASON_RETURNED = "Đề nghị thẩm định lại nội dung tờ khai."


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the demo uses of `GET /procedures` and `GET /agencies`."""

    procedures: Sequence[Json]
    agencies: dict[str, Json]

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
        return cls(usable, communes)


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
        filed = Step(at, "file", self._filer(channel, agency, who.name, key), filing)
        steps = [] if by_rule else self._steps(filed, procedure, agency)
        return Story(key, agency, filed, papers, in_order([filed, *steps])[1:], bool(by_rule))

    def _channel(self, procedure: Json) -> str:
        if self.rng.random() < self.online:
            return "online"
        wanted = "direct" if self.rng.random() < self.direct else "postal"
        return wanted if wanted in procedure["channels"] else "direct"

    def _filer(self, channel: str, agency: str, name: str, key: str) -> Account:
        if channel != "online":
            return self._officer("counter", agency)
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

    def _steps(self, filed: Step, procedure: Json, agency: str) -> list[Step]:
        rng, office, assumed = self.rng, self.office, self.assumed
        limit = rhythm.limit_of(procedure["deadline"], office)
        at = office.after(filed.at, rhythm.acceptance(rng))
        counter = self._officer("counter", agency)
        if rng.random() < assumed["refused"]:
            return [Step(at, "refuse", counter, {"reason": rng.choice(REASONS_REFUSED)})]
        steps = [Step(at, "accept", counter)]
        rejected = rng.random() < assumed["rejected"]
        leader = self._officer("deputy" if rng.random() < assumed["deputy"] else "leader", agency)
        specialist, assigned = self._officer("specialist", agency), rng.random() < assumed["assigned"]
        for n in range(2 if rng.random() < assumed["returned"] else 1):
            if n:
                steps.append(Step(at, "return", leader, {"reason": REASON_RETURNED}))
            begun, at = at, office.after(at, rhythm.took("appraisal", limit, rng))
            if assigned and not n:
                steps.append(self._assignment(begun, at, specialist, agency))
            if not n:
                waits = self._waits(at, filed.who, specialist, agency)
                steps += waits
                at = office.after(waits[-1].at, timedelta(minutes=5)) if waits else at
            proposal = "reject" if rejected else "approve"
            steps.append(Step(at, "appraise", specialist, {"proposal": proposal}))
            at = office.after(at, rhythm.took("decision", limit, rng))
        if rejected:
            steps.append(Step(at, "reject", leader, {"reason": rng.choice(REASONS_REJECTED)}))
        else:
            steps.append(Step(at, "approve", leader))
        return [*steps, Step(office.next_ceremony(at), SIGN, self._officer("leader", agency))]

    def _waits(self, at: datetime, filer: Account, specialist: Account, agency: str) -> list[Step]:
        """Sometimes something is asked for first, of the citizen or of another commune; nothing else happens until it is here."""
        rng, assumed, answered = self.rng, self.assumed, self.office.after(at, rhythm.awaited(self.rng))
        fate = rng.random()
        if (fate := fate - assumed["supplement"]) < 0:
            asked = Step(at, "request-supplement", specialist, {"text": MISSING})
            return [asked, Step(answered, "supplement", filer, {"text": HANDED_IN})]
        if (fate := fate - assumed["payment"]) < 0:
            body = {"amount_vnd": 8000 * rng.randint(1, 9), "reason": REASON_PAYMENT}
            asked = Step(at, "request-payment", specialist, body)
            return [asked, Step(answered, "payment-confirmed", self._officer("counter", agency))]
        if fate - assumed["consultation"] < 0:
            other = rng.choice(sorted(self.catalogue.agencies.keys() - {agency}))
            asked = Step(at, "consult", specialist, {"agency": other, "question": QUESTION})
            return [
                asked,
                Step(answered, "answer-consultation", self._officer("specialist", other), {"answer": OPINION}),
            ]
        return []

    def _assignment(self, accepted: datetime, appraised: datetime, specialist: Account, agency: str) -> Step:
        """By the leader in the next round, where there is one before it is appraised; else the specialist takes it."""
        given = self.office.next_round(accepted)
        if given < appraised:
            return Step(given, ASSIGN, self._officer("leader", agency), {"officer": specialist.sub})
        return Step(accepted, ASSIGN, specialist)

    def _officer(self, kind: str, agency: str) -> Account:
        """Accounts per agency: two at the counter, three specialists, a leader, a deputy (a leader by role)."""
        number = self.rng.randrange({"counter": 2, "specialist": 3}.get(kind, 1)) + 1
        sub = f"{kind}-{agency}-{number}"
        who = person(random.Random(sub), (1968, 1998))  # noqa: S311 - the same name in every run
        return Account(sub, ("leader" if kind == "deputy" else kind,), agency, who.name)


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
