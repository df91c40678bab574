"""One procedure as its page tells it: who does what, with which papers, how long and why, for how much, where. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Final, Literal, NamedTuple

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.model import Executor, Paper, Procedure
from dossier_intake.pages.counter.finding import plain
from dossier_intake.rules.calendars import ONE_DAY
from dossier_intake.rules.deadline_lines import amount_text
from dossier_intake.rules.deadlines import appointment
from dossier_shared.pages.texts import Lang, Texts, number, texts
from dossier_shared.problems import Conflict

OFFICES_SHOWN: Final = 120
MORNING: Final = time(9)
OFFICES: Final = (
    "commune-one_stop_shop", "commune-peoples_committee", "commune-police", "ministry-ministry", "province-department",
    "province-one_stop_shop", "province-peoples_committee", "province-police", "province-public_service_unit",
)  # fmt: skip
"""Kinds of offices that have a name for many; another is called by the names the catalogue has."""

PROCEDURE_STEPS: Final = ("received", "appraised", "asked", "decided", "signed", "returned")
DOERS: Final = (
    "counter", "counter_or_centre", "delivery", "head", "officer", "other_head", "register", "rule_decided", "rule_received",
    "signer",
)  # fmt: skip
Group = Literal["hand_in", "show", "online", "fetched", "sometimes"]
GROUPS: Final[tuple[Group, ...]] = ("hand_in", "show", "online", "fetched", "sometimes")
Standing = Literal["in_force", "to_come", "ended"]


class Step(NamedTuple):
    name: str
    who: str


class PaperLine(NamedTuple):
    """`looks`: how it looks; `sample`: the lines of one with people nobody is, in Vietnamese."""

    name: str
    about: str
    looks: str = ""
    sample: Sequence[str] = ()


class Reason(NamedTuple):
    said: str
    basis: str | None


class Office(NamedTuple):
    """`centres`: which receive for it."""

    name: str
    centres: tuple[str, ...]


class Version(NamedTuple):
    procedure: Procedure
    standing: Standing
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """`time_limit`: in words. `why`: how it is counted."""

    procedure: Procedure
    standing: Standing
    spoilt: bool
    kind_of_office: str
    steps: Sequence[Step]
    papers: Sequence[tuple[Group, Sequence[PaperLine]]]
    time_limit: str
    why: Sequence[Reason]
    fees: Sequence[str]
    offices: Sequence[Office]
    more_offices: int
    channels: Sequence[str]
    versions: Sequence[Version]

    @property
    def files_here(self) -> bool:
        """Its page starts the filing."""
        return self.standing == "in_force" and not self.spoilt and self.procedure.offers("online")


def standing(procedure: Procedure, day: date) -> Standing:
    if procedure.in_force(day):
        return "in_force"
    return "to_come" if procedure.key[1] > day else "ended"


def view(catalogue: Catalogue, procedure: Procedure, day: date, lang: Lang) -> View:
    t = texts(lang)
    kind = _kinds(catalogue, procedure, t)
    competent = catalogue.agencies_of(procedure)
    found = sorted(competent, key=lambda code: plain(catalogue.agencies[code].name_vi))
    centres = [one for one in catalogue.agencies.values() if not competent.isdisjoint(one.serves)]
    offices = [
        Office(catalogue.agencies[code].name_vi, tuple(one.name_vi for one in centres if code in one.serves))
        for code in found[:OFFICES_SHOWN]
    ]
    vi, en = amount_text(procedure.deadline.amount, procedure.deadline.unit)
    return View(
        procedure=procedure,
        standing=standing(procedure, day),
        spoilt=procedure.key in catalogue.spoilt,
        kind_of_office=kind,
        steps=_steps(procedure, kind, bool(centres), t),
        papers=_papers(procedure, t),
        time_limit=vi if lang == "vi" else en,
        why=_why(catalogue, procedure, day, lang),
        fees=_fees(procedure, t),
        offices=offices,
        more_offices=max(0, len(found) - OFFICES_SHOWN),
        channels=[t.label("procedure_channel", one) for one in procedure.channels if procedure.offers(one)],
        versions=[
            Version(one, standing(one, day), one.key == procedure.key) for one in catalogue.procedures[procedure.code]
        ],
    )


def _kinds(catalogue: Catalogue, procedure: Procedure, t: Texts) -> str:
    return t("procedures.or").join(dict.fromkeys(_kind(catalogue, procedure, one, t) for one in procedure.executed_by))


def _kind(catalogue: Catalogue, procedure: Procedure, executor: Executor, t: Texts) -> str:
    if executor.agency is not None:
        agency = catalogue.agencies.get(executor.agency)
        return agency.name_vi if agency else executor.agency
    otherwise = ", ".join(procedure.agency_vi) or str(executor.kind)
    return t.label("procedure_office", f"{executor.level}-{executor.kind}", otherwise)


def _steps(procedure: Procedure, office: str, centres: bool, t: Texts) -> list[Step]:
    """In the order of the loop: what the catalogue says of a procedure decides which there are, and who does them."""

    def step(name: str, who: str) -> Step:
        return Step(t.label("procedure_step", name), t.label("procedure_doer", who).format(office=office))

    if procedure.straight_through:
        steps = [step("received", "rule_received"), step("decided", "rule_decided")]
    else:
        received = "counter_or_centre" if centres else "counter"
        steps = [
            step("received", received),
            step("appraised", "officer"),
            *(Step(t.label("procedure_step", "asked"), one) for one in _asked(procedure, t)),
            step("decided", "head"),
        ]
    if procedure.registry_entry:
        return [*steps, step("returned", "register")]
    signed = "other_head" if procedure.separate_signing else "signer"
    return [*steps, step("signed", signed), step("returned", "delivery")]


def _asked(procedure: Procedure, t: Texts) -> list[str]:
    told = []
    for one in procedure.consultation:
        within = ""
        if one.amount is not None and one.unit is not None:
            words = amount_text(one.amount, one.unit)[0 if t.lang == "vi" else 1]
            within = t("procedures.asked_within", time=words)
        told.append(f"{one.with_vi}{within}")
    return told


def group_of(paper: Paper) -> Group:
    """What a person has to do about it."""
    if not paper.required:
        return "sometimes"
    if paper.present_only:
        return "show"
    if paper.reusable_from == "population_db":
        return "fetched"
    return "online" if paper.kind == "electronic" else "hand_in"


def _papers(procedure: Procedure, t: Texts) -> list[tuple[Group, Sequence[PaperLine]]]:
    lines: dict[Group, list[PaperLine]] = {}
    for paper in procedure.documents:
        lines.setdefault(group_of(paper), []).append(_line(paper, procedure, t))
    return [(group, lines[group]) for group in GROUPS if group in lines]


def _line(paper: Paper, procedure: Procedure, t: Texts) -> PaperLine:
    about, sample = _about(paper, procedure, t), paper.sample
    if sample is None:
        return PaperLine(paper.name_vi, about)
    return PaperLine(paper.name_vi, about, sample.vi if t.lang == "vi" else sample.en, sample.lines)


def _about(paper: Paper, procedure: Procedure, t: Texts) -> str:
    said = [t.label("paper_kind", paper.kind)]
    said += (
        [t.plural("procedures.copies", paper.copies)] if paper.kind != "electronic" and not paper.present_only else []
    )
    if paper.present_only:
        said.append(t("procedures.present_only"))
    if paper.only_channels is not None:
        some = [t.label("procedure_channel", one) for one in paper.only_channels]
        within = t("procedures.or").join(one[:1].lower() + one[1:] for one in some)
        said.append(t("procedures.only_channels", channels=within))
    if paper.reusable_from == "population_db":
        said.append(t("procedures.from_population"))
    if paper.reusable_from == "results_repository":
        said.append(t("procedures.from_results"))
    if paper.answered_by_form and procedure.offers("online"):
        said.append(t("procedures.by_form"))
    return "; ".join(said)


def _fees(procedure: Procedure, t: Texts) -> list[str]:
    fee = procedure.fee_vnd
    if fee is None:
        return [t("procedures.fee_unknown")]
    if isinstance(fee, int):
        return [_amount(fee, t)]
    return [f"{one.name}: {_amount(one.amount_vnd, t)}" for one in fee]


def _amount(dong: int, t: Texts) -> str:
    return t("procedures.amount", amount=number(dong, t.lang)) if dong else t("procedures.free")


def _why(catalogue: Catalogue, procedure: Procedure, day: date, lang: Lang) -> list[Reason]:
    """How the limit is counted, by an example in the rules' own sentences, and what stops it."""
    t = texts(lang)
    try:
        calendar = catalogue.working_time()
    except Conflict:  # the calendar in force must be corrected first
        return []
    limit = procedure.deadline
    received = calendar.at(calendar.working_day(max(day, procedure.key[1]) + ONE_DAY), MORNING)
    lines = appointment(received, limit, calendar).lines
    said = [Reason(line.vi if lang == "vi" else line.en, line.basis) for line in lines]
    if limit.unit != "hour":
        cut_off = f"{limit.cut_off or calendar.rules.cut_off:%H:%M}"
        said.append(Reason(t("procedures.cut_off", time=cut_off), calendar.basis("cut_off")))
    said.append(Reason(t("procedures.pause"), calendar.basis("pause")))
    return said
