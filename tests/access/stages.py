"""Each service's verbs on a store in memory, with a dossier that has come to where the verb can be done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from unittest import mock

from fastapi import APIRouter
from tests.component.intake.papers import filing
from tests.unit.notify.told import CITIZEN_ID, Told
from tests.unit.review.support import AGENCY, ASKED, AT, SPECIALIST, Case
from tests.unit.signing_rules.support import Result

from dossier_intake import completing, filing_api
from dossier_intake import handlers as intake
from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.commands import VERBS as INTAKE
from dossier_intake.commands import World
from dossier_intake.filing.checks import Filing, check_filing
from dossier_intake.policy import POLICY
from dossier_intake.publishing import entries
from dossier_intake.schemas import DossierView, dossier_view
from dossier_local.memory import Author, MemoryCollection
from dossier_monitor.alarms import api as alarms_api
from dossier_monitor.alarms import recording
from dossier_monitor.alarms.commands import VERBS as MONITOR
from dossier_monitor.alarms.judging import Measure, Raised
from dossier_monitor.alarms.observation import AgencyFigures
from dossier_monitor.alarms.rules import read_rules
from dossier_monitor.board.board import Board
from dossier_notify import handlers as notify
from dossier_notify.api import runner_of as notify_runner
from dossier_notify.commands import VERBS as NOTIFY
from dossier_notify.rules.messages import Texts
from dossier_review.commands import TAKEN_BACK
from dossier_review.commands import VERBS as REVIEW
from dossier_review.handlers import RULES as REVIEWED
from dossier_review.handlers import consult_agencies, request_extension
from dossier_review.schemas import CaseView, case_view
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.entries import ProcedureEntry
from dossier_shared.contracts.events import (
    PaymentRequested,
    ReasonSealed,
    SupplementRequested,
    SupplementRequestedSealed,
    WithdrawalRequested,
)
from dossier_shared.contracts.topics import AGENCIES
from dossier_shared.http.policy import Policy
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Runner, Verb, verb_router
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.consumer import Fold
from dossier_shared.journal.dossier import Dossier, New, Rules
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.steps import Moment
from dossier_shared.runtime.directory import Directory
from dossier_signing.commands import VERBS as SIGNING
from dossier_signing.commands import World as SigningWorld
from dossier_signing.handlers import RULES as SIGNED
from dossier_signing.schemas import ResultView, result_view

ABOVE, SIBLING, BELOW = "H19", "H19.3", "H19.1.1"  # of the dossier's agency; ASKED is a sibling, too
CENTRE, PERSON = "H19.9", "p-about"  # it was taken in at, and is about
HOLDER, FILER = "specialist", "citizen"  # the officer who has the dossier, and the account it was filed from
DOSSIER = "d-1"
CLOCK = FixedClock(AT)
APART = ProcedureEntry(
    code="1.001193", name_vi="Đăng ký khai sinh", name_en="Birth registration", catalogue="1", separate_signing=True
)
Offered = Callable[[Policy], AbstractContextManager[APIRouter]]


@dataclass(frozen=True)
class Act:
    """A verb, or filing, ready to be tried. `start`: the store's documents before. `offered(policy)`: its route by a table."""

    service: str
    name: str
    policy: Policy
    records: tuple[str, ...]
    path: str
    body: Mapping[str, Any]
    start: Mapping[str, dict[str, Any]]
    store: MemoryCollection
    offered: Offered
    bulk_path: str | None = None
    besides: Sequence[Mapping[str, dict[str, Any]]] = ()  # other starts, for what else it may record

    @property
    def roles(self) -> tuple[str, ...]:
        return self.policy.roles(self.name)

    def in_a_batch(self) -> Act:
        assert self.bulk_path is not None
        item = {"key": "k", "dossier": DOSSIER, **self.body}
        return replace(self, path=self.bulk_path, body={"items": [item]})


class Unpublished:
    def submit(self, dossiers: Iterable[Dossier]) -> None:
        """Nobody listens."""


@dataclass
class Stage:
    """One service: its ledger in memory, and its acts."""

    service: str
    rules: Rules
    store: MemoryCollection = field(default_factory=MemoryCollection)
    acts: list[Act] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.rules, self.store, Unpublished(), CLOCK)

    async def put(
        self,
        verb: Verb[Any, Any],
        runner: Runner[Any],
        dossier: Dossier,
        body: Mapping[str, Any],
        others: Sequence[Dossier] = (),
    ) -> None:
        for one in (dossier, *others):
            one.state = {**one.state, "person": PERSON, "received_at": CENTRE}
        before, *besides = [await _stored(one) for one in (dossier, *others)]

        @contextmanager
        def offered(policy: Policy) -> Iterator[APIRouter]:
            api = APIRouter(prefix="/api/v1")
            api.include_router(verb_router([replace(verb, policy=policy)], runner))
            yield api

        self.acts.append(
            Act(
                self.service, verb.name, verb.policy, verb.records, verb.path.replace("{id}", dossier.id), body,
                before, self.store, offered, verb.bulk_path, besides,
            )
        )  # fmt: skip


async def _stored(dossier: Dossier) -> Mapping[str, dict[str, Any]]:
    kept = MemoryCollection()
    assert not await kept.write([dossier], CLOCK.now())
    return kept.documents


@asynccontextmanager
async def acts() -> AsyncIterator[list[Act]]:
    """All there are, in the table's order."""
    catalogue = grown()
    directory = directory_of(catalogue)
    stages = [
        await of_intake(catalogue),
        await of_review(directory),
        await of_signing(directory),
        await of_notify(directory),
        await of_monitor(directory),
    ]
    try:
        yield [act for stage in stages for act in stage.acts]
    finally:
        for stage in stages:
            await stage.ledger.close()


def directory_of(catalogue: Catalogue) -> Directory:
    directory = Directory()
    directory.agencies.update(entries(catalogue, CLOCK.now().date())[AGENCIES.name])  # type: ignore[arg-type]
    directory.whole()
    return directory


def grown() -> Catalogue:
    """The packaged catalogue with the agencies of the matrix, so that every service knows who is above whom."""
    parents = {AGENCY: ABOVE, ASKED: ABOVE, SIBLING: ABOVE, BELOW: AGENCY}
    names = {"name_vi": "Ủy ban nhân dân xã Bù Đăng", "name_en": "People's Committee of Bù Đăng Commune"}
    kind = {"level": "commune", "kind": "peoples_committee"}
    agencies = [{"code": code, "parent": parent, **names, **kind} for code, parent in parents.items()]
    return Catalogue.parse({"agencies": agencies}, Catalogue.load_packaged())


# -- intake -------------------------------------------------------------------------------------------------------------------


class Filed:
    """A dossier as intake has it; `hears` what review says."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.rules = catalogue, intake.rules(lambda: catalogue)
        self.dossier, self.review = Dossier(DOSSIER), Author("review", DOSSIER, agency=AGENCY, at=AT)
        filer, wish = Principal(FILER, frozenset({"citizen"})), Filing.model_validate(filing(agency=AGENCY))
        checked = check_filing(catalogue, wish, {}, filer, CLOCK.now().date())
        self.does(intake.submit_dossier(checked, f"{AGENCY}-20250701-0000001", CLOCK.now(), catalogue))

    def does(self, news: Sequence[New]) -> Filed:
        for new in news:
            journal.record(
                self.rules, self.dossier, new, time=AT, recorded=AT, agency=AGENCY, actor=f"counter:{HOLDER}"
            )
        return self

    def hears(self, new: New) -> Dossier:
        self.does(intake.accept_dossier(self.dossier.state, CLOCK.now(), self.catalogue))
        assert journal.hear(self.rules, self.dossier, self.review.says(new.data, new.sealed), CLOCK.now(), AT)
        return self.dossier


async def of_intake(catalogue: Catalogue) -> Stage:
    stage = Stage("intake", intake.rules(lambda: catalogue))
    desk = desk_of(stage, catalogue)
    runner = Runner(stage.ledger, CLOCK, World(desk), DossierView, dossier_view)
    wish = filing(agency=AGENCY)
    for name, path, body in (
        ("file", "/api/v1/dossiers", wish),
        ("file-batch", "/api/v1/dossiers:batch", {"items": [{"key": "k", "filing": wish}]}),
    ):
        stage.acts.append(
            Act("intake", name, POLICY, ("submitted",), path, body, {}, stage.store, filing_offered(desk))
        )
    supplement = New(SupplementRequested(), SupplementRequestedSealed(text="Thiếu chữ ký."))
    payment = New(PaymentRequested(amount_vnd=20_000), ReasonSealed(reason="Lệ phí."))
    missing = completing.request_completion(
        Filed(catalogue).dossier.state, CLOCK.now(), catalogue, "Thiếu chữ ký.", None
    )
    there: dict[str, tuple[Dossier, dict[str, Any]]] = {
        "accept": (Filed(catalogue).dossier, {}),
        "refuse": (Filed(catalogue).dossier, {"reason": "Thiếu giấy tờ."}),
        "request-completion": (Filed(catalogue).dossier, {"text": "Thiếu chữ ký."}),
        "complete": (Filed(catalogue).does(missing).dossier, {"text": "Đã ký."}),
        "withdraw": (Filed(catalogue).dossier, {"reason": "Nộp nhầm."}),
        "withdraw-consent": (for_another(Filed(catalogue)), {}),
        "correct": (Filed(catalogue).dossier, {"reason": "Theo giấy khai sinh.", "applicant": {"name": "Lê Văn An"}}),
        "supplement": (Filed(catalogue).hears(supplement), {"text": "Đã ký."}),
        "payment-confirmed": (Filed(catalogue).hears(payment), {"receipt": "0001"}),
    }
    for verb in INTAKE:
        await stage.put(verb, runner, *there[verb.name])
    return stage


def for_another(filed: Filed) -> Dossier:
    filed.dossier.state = {**filed.dossier.state, "filed_by": {"sub": FILER, "kind": "helper"}}
    return filed.dossier


def desk_of(stage: Stage, catalogue: Catalogue) -> filing_api.FilingDesk:
    """Filing without a database: no file is uploaded, and every dossier gets the same code."""

    async def code(agency: str, day: object) -> str:
        return f"{agency}-20250701-0000002"

    async def no_files(who: Principal, ids: Iterable[str]) -> dict[str, Any]:
        return {}

    runtime: Any = SimpleNamespace(
        ledger=stage.ledger,
        clock=CLOCK,
        dossiers=stage.store,
        settings=SimpleNamespace(development=False),
        registry=SimpleNamespace(marks=lambda _: False),
    )

    async def kept(version: str) -> Catalogue:
        return catalogue

    catalogues: Any = SimpleNamespace(current=catalogue, kept=kept)
    codes: Any = SimpleNamespace(next=code)
    uploads: Any = SimpleNamespace(of=no_files)
    return filing_api.FilingDesk(runtime, catalogues, codes, uploads)


def filing_offered(desk: filing_api.FilingDesk) -> Offered:
    @contextmanager
    def offered(policy: Policy) -> Iterator[APIRouter]:
        with mock.patch.object(filing_api, "POLICY", policy):
            api = APIRouter(prefix="/api/v1")
            api.include_router(filing_api.FilingApi(desk).router())
            yield api

    return offered


# -- review -------------------------------------------------------------------------------------------------------------------


async def of_review(directory: Directory) -> Stage:
    stage = Stage("review", REVIEWED)
    runner = Runner(stage.ledger, CLOCK, directory, CaseView, case_view)
    reason = {"reason": "Không đủ điều kiện."}
    there: dict[str, tuple[Case, dict[str, Any]]] = {
        "appraise": (Case().assigned(), {"proposal": "approve"}),
        "request-supplement": (Case().assigned(), {"text": "Thiếu chữ ký."}),
        "request-payment": (Case().assigned(), {"amount_vnd": 20_000, "reason": "Lệ phí."}),
        "consult": (Case().assigned(), {"agency": ASKED, "question": "Có tranh chấp không?"}),
        "answer-consultation": (consulting(), {"answer": "Không."}),
        "withdraw-consultation": (consulting(), {"id": "q1", **reason}),
        "withdraw-request": (consulting(), reason),
        "assign": (consulting(), {}),
        "approve": (Case().appraised(), {}),
        "return": (consulting(), reason),
        "reject": (consulting(), reason),
        "stop": (consulting(), reason),
        "request-extension": (consulting(), {"amount": 2, "unit": "working_day", **reason}),
        "extend": (late(consulting()), {}),
        "grant-withdrawal": (unwanted(consulting()), {}),
        "decline-withdrawal": (unwanted(consulting()), reason),
        "hand-over": (consulting(), {"agency": SIBLING, **reason}),
        "note": (consulting(), {"text": "Đã gọi điện."}),
    }
    for verb in REVIEW:
        case, body = there[verb.name]
        asking = Case().assigned().asks_for_money()
        other = unwanted(asking) if verb.name == "grant-withdrawal" else asking
        await stage.put(
            verb, runner, case.dossier, body, [other.dossier] if set(TAKEN_BACK) <= set(verb.records) else []
        )
    return stage


def consulting() -> Case:
    """Its officer waits for another agency's opinion."""
    case = Case().assigned()
    case.does(SPECIALIST, consult_agencies(case.state, [ASKED], "Có tranh chấp không?"))
    return case


def late(case: Case) -> Case:
    case.does(SPECIALIST, request_extension(case.state, 2, "working_day", "Chờ xác minh."))
    return case


def unwanted(case: Case) -> Case:
    """The citizen wants it back."""
    return case.hears(New(WithdrawalRequested(), ReasonSealed(reason="Không còn nhu cầu.")))


# -- signing, notify and monitor ---------------------------------------------------------------------------------------------


async def of_signing(directory: Directory) -> Stage:
    """Who has the dossier has decided it, and its procedure lets nobody do both."""
    stage = Stage("signing", SIGNED)
    directory.procedures[APART.code] = APART
    runner = Runner(stage.ledger, CLOCK, SigningWorld(directory, mock.AsyncMock()), ResultView, result_view)
    bodies: dict[str, dict[str, Any]] = {"sign": {}, "send-back": {"reason": "Sai ngày sinh."}}
    for verb in SIGNING:
        await stage.put(verb, runner, Result().decided(by=HOLDER).dossier, bodies[verb.name])
    return stage


async def of_notify(directory: Directory) -> Stage:
    stage = Stage("notify", notify.rules(Texts()))
    runner = notify_runner(stage.ledger, CLOCK, directory)
    told, dossier = Told(DOSSIER), Dossier[Any](DOSSIER)
    Fold([told.submitted(delivery="counter", owner=FILER), told.signed()], stage.rules)(dossier, Moment(CLOCK.now()))
    body = {"receiver": "Nguyễn Thị Ánh", "identified_by": "citizen_id", "id_number": CITIZEN_ID, "signed_on": "paper"}
    for verb in NOTIFY:
        await stage.put(verb, runner, dossier, body)
    return stage


async def of_monitor(directory: Directory) -> Stage:
    stage = Stage("monitor", recording.RULES)
    board = Board(CLOCK.now, 5, 1, directory)

    async def one(alarm: str, *, whole: bool) -> Dossier | None:
        return (await stage.store.load([alarm])).get(alarm)

    alarms: Any = SimpleNamespace(ledger=stage.ledger, clock=CLOCK, board=board, store=SimpleNamespace(one=one))
    for verb in MONITOR:
        await stage.put(verb, alarms_api.runner(alarms), raised(), {"note": "Đã biết."})
    return stage


def raised() -> Dossier:
    """Too much of the agency's work is late."""
    rule = next(rule for rule in read_rules() if rule.kind == "late-share")
    figures = AgencyFigures(AGENCY, 50, 6, name="Xã A", above=(ABOVE,))
    alarm = Dossier(DOSSIER)
    measure = Measure(AGENCY, AGENCY, 0.12, {"open": 50, "late": 6})
    recording.raising(Raised(rule, measure, figures), CLOCK.now(), 1)(alarm, Moment(CLOCK.now()))
    return alarm
