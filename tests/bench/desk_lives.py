"""A thousand dossiers of ten offices, as intake, review and monitor would have stored them; and a hundred times as many.

The thousand are lived: every event is recorded and heard by the services' own pure functions. The others are these again under
ids, codes and applicants of their own, so that what is measured is the number, not the shape.

Two offices matter. At `STEADY` what is open is what its people can have in hand, however much it has ended: 300 of 400, then 300
of 40,000. At `GROWING` the open ones grow with the total: 300 of 400, then 30,000 of 40,000, which no office has; the hard case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from dossier_intake import handlers as intake
from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.completing import request_completion
from dossier_intake.filing.checks import Filing, check_filing
from dossier_intake.filing.persons import Way
from dossier_local.memory import Author
from dossier_monitor.timelines.handlers import RULES as MONITOR
from dossier_monitor.timelines.search_keys import folded_name, keys
from dossier_review import handlers as review
from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import Delivered, Signed
from dossier_shared.http.tokens import Principal
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.consumer import Fold
from dossier_shared.journal.dossier import Dossier, New, Rules
from dossier_shared.journal.steps import Moment

PROCEDURE: Final = "1.004873"  # marital status certificate: a form, no papers
CATALOGUE: Final = Catalogue.load_packaged()
STEADY, GROWING, *OTHERS = sorted(CATALOGUE.agencies_of(CATALOGUE.procedure(PROCEDURE)))[:10]
SPECIALISTS: Final = 5
# of one office's thousandth: 120 to be accepted, 20 to be completed, 140 to appraise, 20 waiting; 20 decided today, 80 before
OFFICE: Final = {
    "filed": 120,
    "completing": 15,
    "appraisal": 125,
    "approval": 20,
    "waiting": 20,
    "today": 20,
    "ended": 80,
}
OTHER_OFFICE: Final = {"filed": 1, "appraisal": 2, "approval": 1, "waiting": 1, "ended": 20}  # eight of them
PAPER: Final = "ab" * 32
FILES: Final = {PAPER: {"type": "application/pdf", "size": 90_000, "name": "tờ khai.pdf"}}
SERVICES: Final = ("intake", "review", "monitor")
FAMILIES: Final = (
    "Nguyễn",
    "Nguyễn",
    "Nguyễn",
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Phan",
    "Vũ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
)
MIDDLES: Final = ("Văn", "Thị", "Văn", "Thị", "Đức", "Minh", "Ngọc", "Thanh", "Hữu", "Kim")
GIVEN: Final = (
    "An", "Bình", "Chi", "Dũng", "Đào", "Giang", "Hà", "Hạnh", "Hiếu", "Hòa", "Hùng", "Khánh", "Lan", "Linh", "Long", "Mai",
    "Nam", "Nga", "Oanh", "Phúc", "Quân", "Sơn", "Tâm", "Thảo", "Trang", "Tú", "Uyên", "Vân", "Xuân", "Yến",
)  # fmt: skip


@dataclass(slots=True)
class Lived:
    """`documents`: by service, as stored; intake and monitor know all, review too."""

    id: str
    agency: str
    how: str
    code: str
    documents: dict[str, dict[str, Any]]


class Life:
    """One dossier in three services at once."""

    def __init__(self, number: int, agency: str, random: Random, filed: datetime) -> None:
        self.id, self.agency, self.random, self.at = id_of(number), agency, random, filed
        self.rules: dict[str, Rules[Any]] = {
            "intake": intake.rules(lambda: CATALOGUE), "review": review.RULES, "monitor": MONITOR,
        }  # fmt: skip
        self.dossiers: dict[str, Dossier[Any]] = {name: Dossier(self.id) for name in self.rules}
        self.told: list[Event] = []
        self.others = {name: Author(name, self.id, agency=agency) for name in ("signing", "notify")}
        self.counter, self.leader = self.officer("counter", "c1"), self.officer("leader", "l1")
        self.specialist = self.officer("specialist", f"s{random.randrange(SPECIALISTS)}")
        channel, procedure = random.choice(("online", "direct")), CATALOGUE.procedure(PROCEDURE)
        body = {
            "procedure": PROCEDURE, "agency": agency, "channel": channel,
            "applicant": {"name": name_of(random), "phone": phone_of(random)},
            "form": procedure.form["examples"][0] if procedure.form else {},
            "documents": [{"code": paper.code, "id": PAPER} for paper in procedure.demanded(channel)],
        }  # fmt: skip
        wish = Filing.model_validate(body)
        who = (
            self.counter if wish.channel == "direct" else Principal("citizen", frozenset({"citizen"}), None, "Citizen")
        )
        checked = check_filing(CATALOGUE, wish, FILES, who, filed.date(), Way(filed, key=b"bench"))
        self.code = code_of(agency, number)
        self.does("intake", who, intake.submit_dossier(checked, self.code, filed, CATALOGUE))

    def officer(self, role: str, sub: str) -> Principal:
        return Principal(sub, frozenset({role}), self.agency, sub)

    def state(self, service: str) -> Any:
        return self.dossiers[service].state

    def does(self, service: str, who: Principal, news: Sequence[New]) -> None:
        """Recorded in one service, heard in the others."""
        at = instant(self.at)
        for new in news:
            actor = new.actor or f"{min(who.roles)}:{who.sub}"
            event = journal.record(
                self.rules[service], self.dossiers[service], new, time=at, recorded=at, agency=self.agency, actor=actor
            )
            self._heard(service, event)
        self.at += timedelta(hours=self.random.randrange(1, 6))

    def _heard(self, by: str, event: Event) -> None:
        self.told.append(event)
        for name in ("intake", "review"):
            if name != by and (name == "intake" or event.source != "notify"):
                journal.hear(self.rules[name], self.dossiers[name], event, self.at, instant(self.at))

    def accepted(self) -> Life:
        self.does("intake", self.counter, intake.accept_dossier(self.state("intake"), self.at, CATALOGUE))
        return self

    def completing(self) -> Life:
        asked = request_completion(self.state("intake"), self.at, CATALOGUE, "Thiếu giấy khai sinh.", 30)
        self.does("intake", self.counter, asked)
        return self

    def assigned(self) -> Life:
        self.does("review", self.specialist, review.assign_case(self.state("review"), self.leader, self.specialist.sub))
        return self

    def waiting(self) -> Life:
        state, who = self.state("review"), self.specialist
        if self.random.random() < 0.5:
            self.does("review", who, review.request_supplement(state, "Đề nghị bổ sung giấy xác nhận cư trú."))
        else:
            self.does("review", who, review.request_payment(state, 20_000, "Lệ phí."))
        return self

    def appraised(self) -> Life:
        self.does("review", self.specialist, review.appraise_case(self.state("review"), "approve", "Đủ."))
        return self

    def approved(self) -> Life:
        self.does("review", self.leader, review.approve_case(self.state("review"), None))
        return self

    def delivered(self) -> Life:
        at = instant(self.at)
        signed = Signed(
            reference=self.id, number=self.code[-4:], kind="certificate", outcome="approved", file="ab" * 32
        )
        self._heard("signing", self.others["signing"].says(signed, at=at))
        self._heard("notify", self.others["notify"].says(Delivered(how="online", informed=True), at=at))
        return self

    def lived(self, how: str) -> Lived:
        moment = Moment(datetime.now(UTC))
        Fold(self.told, MONITOR)(self.dossiers["monitor"], moment)
        documents = {name: _document(dossier) for name, dossier in self.dossiers.items()}
        return Lived(self.id, self.agency, how, self.code, documents)


def _document(dossier: Dossier[Any]) -> dict[str, Any]:
    """As written at once, and published since."""
    return {
        "_id": dossier.id, "version": 1, "seq": dossier.seq, "published": dossier.seq, "heard": dossier.heard,
        "state": dossier.state, "journal": dossier.journal,
    }  # fmt: skip


def live(how: str, number: int, agency: str, now: datetime, random: Random) -> Lived:
    """`how`: where it stands. Open ones were filed within ten days, so that some are late; today's were decided just now."""
    ago = timedelta(days=random.randrange(20, 700)) if how == "ended" else timedelta(hours=random.randrange(30, 240))
    life = Life(number, agency, random, now - (timedelta(hours=30) if how == "today" else ago))
    if how == "filed":
        return life.lived(how)
    if how == "completing":
        return life.completing().lived(how)
    life.accepted()
    if how == "appraisal" and random.random() < 0.3:
        return life.lived(how)  # nobody's yet
    life.assigned()
    if how == "appraisal":
        return life.lived(how)
    if how == "waiting":
        return life.waiting().lived(how)
    if how == "today":
        life.at = now
    life.appraised()
    if how == "approval":
        return life.lived(how)
    if how == "today":
        life.at = now
    return life.approved().delivered().lived(how)


def thousand(now: datetime, seed: int = 13) -> list[Lived]:
    random = Random(seed)
    found: list[Lived] = []
    offices = [(agency, OFFICE) for agency in (STEADY, GROWING)] + [(agency, OTHER_OFFICE) for agency in OTHERS]
    for agency, shares in offices:
        for how, count in shares.items():
            found += [live(how, len(found) + n, agency, now, random) for n in range(count)]
    return found


def again(lived: Sequence[Lived], count: int, seed: int = 14) -> Iterator[Lived]:
    """Until there are `count`, beside the thousand themselves: of the steady office what has ended, of others all; of nobody what
    was decided today, which is what people do in a day."""
    random, number = Random(seed), len(lived)
    shares = {
        STEADY: [one for one in lived if one.agency == STEADY and one.how == "ended"],
        GROWING: [one for one in lived if one.agency == GROWING and one.how != "today"],
        "": [one for one in lived if one.agency in OTHERS],
    }
    turns = (STEADY, GROWING, STEADY, GROWING, "")  # two fifths, two fifths, one fifth
    places = dict.fromkeys(shares, 0)
    while number < count:
        office = turns[number % len(turns)]
        model = shares[office][places[office] % len(shares[office])]
        places[office] += 1
        yield _under_another_name(model, number, random)
        number += 1


def _under_another_name(model: Lived, number: int, random: Random) -> Lived:
    id_, code, name, phone = id_of(number), code_of(model.agency, number), name_of(random), phone_of(random)
    documents = {}
    for service, document in model.documents.items():
        state = {**document["state"], "code": code}
        if service == "monitor":
            folded, end = folded_name(name), phone[-4:]
            found = keys(code, folded, end, state["search"]["whole"])
            state["search"] = {**state["search"], "name": folded, "phone": end, "code": code, "keys": found}
        else:
            state["applicant"] = {**state["applicant"], "name": name, "phone": phone}
            state |= {"holder": name} if "holder" in state else {}
        documents[service] = {**document, "_id": id_, "state": state}
    return Lived(id_, model.agency, model.how, code, documents)


def id_of(number: int) -> str:
    """Scattered, as ids are."""
    return f"{(number * 2654435761) % 2**32:08x}-{number:07d}"


def code_of(agency: str, number: int) -> str:
    """Numbers run through each day."""
    day = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number % 700)
    return f"{agency}-{day:%Y%m%d}-{number:07d}"


def name_of(random: Random) -> str:
    return f"{random.choice(FAMILIES)} {random.choice(MIDDLES)} {random.choice(GIVEN)} {random.choice(GIVEN)}"


def phone_of(random: Random) -> str:
    return f"0912{random.randrange(10**6):06d}"
