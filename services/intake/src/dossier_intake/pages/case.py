"""The page of one dossier at the counter: what was filed, what came since, and what may be done with it now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter

from dossier_intake.commands import VERBS, World
from dossier_intake.filing.documents import P7S
from dossier_intake.pages.evidence import evidence_sections
from dossier_intake.pages.work_list import ACTIONS
from dossier_intake.papers.listing import FiledPaper, papers_of
from dossier_intake.policy import POLICY
from dossier_intake.state import State, filed_for_another, wish_waits
from dossier_intake.store import Catalogues
from dossier_shared.clock import instant, parse_instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.lifecycle import OPEN
from dossier_shared.http.policy import reads_in_emergency
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Runner
from dossier_shared.pages.case import Case, Entry, Link, Paper, case_router
from dossier_shared.pages.rendering import local_end, local_time, officer_name
from dossier_shared.pages.texts import Lang, Texts, number, texts
from dossier_shared.problems import NotFound
from dossier_shared.runtime.service import Runtime
from dossier_shared.vocabulary.answers import Row, sections
from dossier_shared.vocabulary.phone import dialled

FACTS: Final = ("name", "citizen_id", "tax_code", "representative", "phone", "address")
TEXTS: Final = ("text", "reason", "receipt")  # whichever an event seals
SERVICES_WITH_CASES: Final = ("review", "signing")
_BAD: Final = frozenset({"refused", "rejected", "stopped", "withdrawn"})


def case_pages(
    runtime: Runtime, catalogues: Catalogues, runner: Runner[World], neighbours: Mapping[str, str]
) -> APIRouter:
    """`neighbours`: the other services' public addresses, where the same dossier has pages."""

    async def load(who: Principal, id_: str, lang: Lang) -> Case:
        dossier = (await runtime.dossiers.load_whole([id_])).get(id_)
        if dossier is None:
            raise NotFound()
        POLICY.demand(who, "open", dossier.state)
        shown = catalogues.shown(dossier)
        state, t, events = shown.state, texts(lang), dossier.tail("intake", 0)
        due, now = state.get("appointment"), instant(runtime.clock.now())
        return Case(
            id=id_,
            resource=state,
            version=dossier.version,
            code=state["code"],
            procedure=state.get("procedure_name") or state["procedure"],
            status=t.label("my_status", state["status"]),
            tone="bad"
            if state["status"] in _BAD
            else "good"
            if state["status"] in ("signed", "delivered")
            else "going",
            turn=t.label(
                "counter_turn", state["status"], t("counter.with_agency", agency=state.get("agency_name", ""))
            ),
            due=parse_instant(due) if due else None,
            late=bool(due) and str(due) < now and state["status"] in OPEN - {"signed"},
            lines=[(line[lang], line.get("basis")) for line in state.get("appointment_lines", ()) if lang in line],
            facts=[*_facts(state, t, lang)],
            sections=[
                *sections(_form(runtime, state), _answers(events), lang),
                *evidence_sections(events, state.get("awaits", ()), catalogues.current, state["procedure"], t, lang),
            ],
            papers=[*_papers(id_, papers_of(dossier), catalogues, state)],
            thread=[*_thread(events, _form(runtime, state), t, lang)],
            actions=actions_now(state),
            links=[*_elsewhere(id_, neighbours, t, lang), _all_papers(id_, t, lang)]
            if reads_in_emergency(who, state)
            else [*_links(id_, state, t, lang), *_to_correct(id_, state, bool(_form(runtime, state)), t, lang)],
        )

    return case_router(lambda t: t("counter.case"), load, VERBS, runner, POLICY.roles("open"))


def actions_now(state: State) -> tuple[str, ...]:
    """A consent may be withdrawn also of what is over: who filed it sees it still."""
    status = state["status"]
    consent = ("withdraw-consent",) if filed_for_another(state) and "consent_withdrawn" not in state else ()
    if status not in OPEN or status == "signed":
        return consent
    here = {"awaiting_completion": ("complete",), "awaiting_supplement": ("supplement",)}.get(status, ())
    return (*here, *ACTIONS.get(status, ()), "correct", *(() if wish_waits(state) else ("withdraw",)), *consent)


def _form(runtime: Runtime, state: State) -> Mapping[str, Any]:
    known = runtime.directory.procedures.get(state["procedure"])
    return known.form if known is not None and known.form is not None else {}


def _answers(events: Sequence[Event]) -> Mapping[str, Any]:
    """As they are now: a correction has them whole."""
    told = [event.open().get("form") for event in events if event.type in ("submitted", "corrected")]
    return next((form for form in reversed(told) if form), {})


def _facts(state: State, t: Texts, lang: Lang) -> Iterator[Row]:
    for name in FACTS:
        if value := state["applicant"].get(name):
            yield Row(t.label("counter_fact", name), dialled(str(value)) if name == "phone" else str(value))
    yield Row(t("counter.came"), t.label("counter_channel", state["channel"]))
    if state.get("delivery"):
        yield Row(t("counter.wish"), t.label("counter_delivery", state["delivery"]))
    if filed_for_another(state):
        yield Row(t("counter.consent"), consent_words(state, t, lang))
    if state.get("fee_vnd"):
        yield Row(t("counter.fee"), t("counter.dong", amount=number(state["fee_vnd"], lang)))


def consent_words(state: State, t: Texts, lang: Lang) -> str:
    if withdrawn := state.get("consent_withdrawn"):
        return t("counter.consent_withdrawn", at=local_time(parse_instant(withdrawn), lang))
    if until := state.get("consent_until"):
        return t("counter.consent_until", at=local_end(until, lang))
    return t("counter.consent_open")


def _papers(id_: str, papers: Sequence[FiledPaper], catalogues: Catalogues, state: State) -> Iterator[Paper]:
    catalogue, one_origin = catalogues.current, own_url("") != ""
    for paper in papers:
        address = own_url(f"/api/v1/dossiers/{id_}/documents/{paper.n}")
        name = catalogue.paper_name(state["procedure"], paper.code) or paper.name
        yield Paper(
            name, paper.name, address, f"{address}/pages/1?width=360" if one_origin and paper.type != P7S else None
        )


def _thread(events: Sequence[Event], form: Mapping[str, Any], t: Texts, lang: Lang) -> Iterator[Entry]:
    """A correction says what stood there before, and what stands there now."""
    answers: Mapping[str, Any] = {}
    applicant: Mapping[str, Any] = {}
    for event in events:
        sealed, told = event.open(), ""
        if event.type in ("submitted", "corrected"):
            now, person = sealed.get("form") or answers, sealed.get("applicant") or applicant
            if event.type == "corrected":
                told = "\n".join(
                    [
                        *_changed(_said(applicant, t), _said(person, t), t),
                        *_changed(_rows(form, answers, lang), _rows(form, now, lang), t),
                    ]
                )
            answers, applicant = now, person
        yield _entry(event, t, told)


def _said(applicant: Mapping[str, Any], t: Texts) -> dict[str, str]:
    return {t.label("counter_fact", name): str(applicant[name]) for name in FACTS if applicant.get(name)}


def _rows(form: Mapping[str, Any], answers: Mapping[str, Any], lang: Lang) -> dict[str, str]:
    return {
        f"{section.title}: {row.label}" if section.title else row.label: row.value
        for section in sections(form, answers, lang)
        for row in section.rows
    }


def _changed(before: Mapping[str, str], after: Mapping[str, str], t: Texts) -> Iterator[str]:
    for label in [*before, *(one for one in after if one not in before)]:
        old, new = before.get(label) or t("answers.nothing"), after.get(label) or t("answers.nothing")
        if old != new:
            yield t("answers.changed", label=label, before=old, after=new)


def _to_correct(id_: str, state: State, has_form: bool, t: Texts, lang: Lang) -> Iterator[Link]:
    if has_form and "correct" in actions_now(state):
        yield Link(t("answers.title"), own_url(f"/cases/{id_}/answers?lang={lang}"))


def _entry(event: Event, t: Texts, told: str) -> Entry:
    sealed = event.open()
    text = "\n".join(filter(None, [told, next((str(sealed[name]) for name in TEXTS if sealed.get(name)), "")]))
    role, _, sub = event.actor.partition(":")
    who = t.label("counter_role", role)
    return Entry(
        parse_instant(event.time),
        t.label("counter_did", event.type),
        who if role in ("rule", "citizen", "agent") else f"{who} {officer_name(sub)}",
        text,
    )


def _links(id_: str, state: State, t: Texts, lang: Lang) -> Iterator[Link]:
    for form, due in (
        ("01", "accepted_at" in state),
        ("02", _missing(state)),
        ("03", "refused_at" in state),
        ("06", True),
    ):
        if due:
            yield Link(t.label("counter_form", form), own_url(f"/api/v1/dossiers/{id_}/forms/{form}"))
    yield _all_papers(id_, t, lang)


def _all_papers(id_: str, t: Texts, lang: Lang) -> Link:
    return Link(t("counter.all_papers"), own_url(f"/dossiers/{id_}/documents?lang={lang}"))


def _elsewhere(id_: str, neighbours: Mapping[str, str], t: Texts, lang: Lang) -> Iterator[Link]:
    """Who reads it in an emergency finds no other way there: it is on none of their lists."""
    for service in SERVICES_WITH_CASES:
        if base := neighbours.get(service):
            yield Link(t.label("emergency_at", service), f"{base}/cases/{id_}?lang={lang}")


def _missing(state: State) -> bool:
    return state.get("asked", {}).get("what") in ("completion", "supplement")
