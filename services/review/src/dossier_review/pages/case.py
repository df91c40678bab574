"""The page of one case: what its officers read before they act, and the actions of now.

It shows what `GET /api/v1/dossiers/{id}` shows the same reader (schemas.case_detail), in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter

from dossier_review.commands import VERBS
from dossier_review.lists import Day, closing
from dossier_review.pages.work_list import actions_now, step_of
from dossier_review.policy import POLICY
from dossier_review.printing import DRAFT, due_forms, reason_of
from dossier_review.schemas import CaseView, case_detail, case_view
from dossier_review.sharing import APPRAISERS
from dossier_review.state import State
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.lifecycle import ENDED
from dossier_shared.http.policy import reads_in_emergency
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Runner
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.case import Case, Entry, Link, Paper, case_router
from dossier_shared.pages.rendering import local_end, local_time
from dossier_shared.pages.texts import Lang, Texts, number, texts
from dossier_shared.problems import NotFound
from dossier_shared.runtime.directory import Directory
from dossier_shared.runtime.service import Runtime
from dossier_shared.vocabulary.answers import Row, Section, sections
from dossier_shared.vocabulary.phone import dialled

FACTS = ("applicant", "citizen_id", "tax_code", "representative", "phone", "address")
CONSENTS, DELIVERIES = ("sms_code", "paper", "in_person"), ("online", "counter", "post")
APPLICANTS = ("citizen", "agent")  # whose account tells an officer nothing
_BAD = frozenset({"refused", "rejected", "stopped", "withdrawn"})
_SIGNATURE = "application/pkcs7-signature"  # a paper without pages


def case_pages(runtime: Runtime, intake: str | None, ahead: int) -> APIRouter:
    """`intake`: that service's public address, where it is known: papers are read there. `ahead`: see `Day`."""
    directory = runtime.directory

    async def load(who: Principal, id_: str, lang: Lang) -> Case:
        dossier = (await runtime.dossiers.load([id_])).get(id_)
        if dossier is None or "code" not in dossier.state:
            raise NotFound()
        POLICY.demand(who, "open", dossier.state)
        shown = directory.shown(dossier)
        day = Day.of(runtime.clock.now(), ahead, directory.works(shown.state["agency"]))
        view, now = case_detail(shown, who), day.now
        t, due = texts(lang), view["due"]
        return Case(
            id=id_,
            resource=shown.state,
            version=dossier.version,
            code=view["code"],
            procedure=view["procedure_name"] or view["procedure"],
            status=t.label("review_status", view["status"]),
            tone="bad" if view["status"] in _BAD else "good" if view["status"] == "approved" else "going",
            turn=_turn(_hurried(step_of(shown, who, t), shown, day, t), view, t, who, directory.officers.name)
            if "signed_at" not in shown.state
            else t("review.signed"),
            due=parse_instant(due) if due else None,
            late=bool(due) and due < now and view["stage"] is not None,
            lines=[(line[lang], line.get("basis")) for line in view.get("lines") or () if lang in line],
            facts=[*_facts(view, t, directory, lang), *_registers(view, t, lang)],
            sections=_sections(view, directory, lang),
            papers=list(_papers(id_, view, directory, intake)),
            thread=[_entry(line, view["agency"], t, directory, lang) for line in view.get("thread") or ()],
            actions=actions_now(shown, who),
            links=[
                *_links(id_, view, t, lang, intake),
                *_evidence(id_, view, who, t, lang, intake),
                *_forms(id_, shown, who, t),
                *_more_time(id_, shown, who, day, t, lang),
            ],
            suggested=_suggested(view, reason_of(shown.state, directory.agency_name)),
        )

    def agencies(lang: Lang) -> Sequence[tuple[str, str]]:
        known = ((code, directory.agency_name(code, lang=lang)) for code in directory.agencies)
        return sorted(known, key=lambda one: one[1])

    def officers(who: Principal) -> Sequence[tuple[str, str]]:
        listed = directory.officers.of(who.agency or "", runtime.clock.now(), APPRAISERS)
        return [(one.subject, one.name) for one in listed]

    runner = Runner(runtime.ledger, runtime.clock, directory, CaseView, lambda case: case_view(directory.shown(case)))
    return case_router(lambda t: t("review.case"), load, VERBS, runner, POLICY.roles("open"), agencies, officers)


def _turn(step: str, view: Mapping[str, Any], t: Texts, who: Principal, named: Callable[[str], str]) -> str:
    if view["stage"] is not None and who.agency != view["agency"] and not reads_in_emergency(who, view):
        question = (view["waits_for"] or {}).get("text")  # not where what was filed and said is not theirs to see
        return t("review.asked_what", step=step, question=question) if question else step
    if view["stage"] is not None:
        officer = view["assigned_to"]
        return t("review.with_officer", step=step, officer=named(officer)) if officer else step
    return t("review.over") if view["status"] in ENDED else t.label("review_elsewhere", view["status"])


def _facts(view: Mapping[str, Any], t: Texts, directory: Directory, lang: Lang) -> Iterator[Row]:
    told = {"applicant": view.get("applicant"), **(view.get("applicant_details") or {})}
    for name in FACTS:
        if told.get(name):
            yield Row(t.label("review_fact", name), dialled(str(told[name])) if name == "phone" else str(told[name]))
    filed_by = view.get("filed_by") or {}
    if view.get("filed_by_name"):
        kind = str(filed_by.get("kind", ""))
        who = t("review.taken_in_by") if kind in ("counter", "post") else t("review.filed_by")
        yield Row(who, f"{view['filed_by_name']} {t.label('review_filed_by', kind, '')}".strip())
    if consent := view.get("consent"):
        words = t.label("review_consent", str(consent["kind"]))
        yield Row(t("review.consent"), f"{words} {consent.get('reference', '')}".strip())
    if withdrawn := view.get("consent_withdrawn"):
        yield Row(t("review.consent_withdrawn"), local_time(parse_instant(withdrawn), lang))
    elif until := (view.get("consent") or {}).get("until"):
        yield Row(t("review.consent_until"), local_end(until, lang))
    yield Row(t("review.filed_at"), local_time(parse_instant(view["submitted_at"]), lang))
    if view["accepted_at"]:
        yield Row(t("review.accepted_at"), local_time(parse_instant(view["accepted_at"]), lang))
    if view.get("received_at"):
        yield Row(t("review.received_at"), directory.agency_name(view["received_at"], lang=lang))
    if view.get("delivery"):
        yield Row(t("review.delivery"), t.label("review_delivery", view["delivery"]))
    if view.get("fee_vnd"):
        yield Row(t("review.fee"), t("review.dong", amount=number(view["fee_vnd"], lang)))


def _registers(view: Mapping[str, Any], t: Texts, lang: Lang) -> Iterator[Row]:
    """Whether they have answered; what, is read at intake, which notes who has."""
    for one in view.get("registers") or ():
        said = t.label("review_standing", one["standing"])
        if until := one.get("until"):
            said = t("review.register_until", said=said, at=local_time(parse_instant(until), lang))
        yield Row(t.label("review_register", one["source"]), said)


def _sections(view: Mapping[str, Any], directory: Directory, lang: Lang) -> Sequence[Section]:
    """By the form of the catalogue in force; without one, as the filing itself put it in words."""
    known = directory.procedures.get(view["procedure"])
    form = view.get("form") or {}
    if known is not None and known.form is not None and form:
        return sections(known.form, form, lang)
    rows = [Row(row.get("label_en") if lang == "en" and row.get("label_en") else row["label_vi"], row["value"])
            for row in view.get("summary") or ()]  # fmt: skip
    return [Section("", tuple(rows))] if rows else sections({}, form, lang)


def _papers(id_: str, view: Mapping[str, Any], directory: Directory, intake: str | None) -> Iterator[Paper]:
    """Those handed in, by the names the procedure has for them; then what it asks for and nobody brought."""
    known = directory.procedures.get(view["procedure"])
    names = {paper.code: paper.name_vi for paper in known.papers} if known else {}
    here, one_origin = (
        list(view.get("documents") or ()),
        own_url("") != "",
    )  # a page shows pictures of its own origin only
    for n, paper in enumerate(here, 1):
        base = f"{intake}/api/v1/dossiers/{id_}/documents/{n}" if intake else None
        yield Paper(
            names.get(paper["code"], paper["name"]),
            paper["name"],
            base,
            f"{base}/pages/1?width=360" if base and one_origin and paper["type"] != _SIGNATURE else None,
        )
    brought = {paper["code"] for paper in here}
    if known is not None:
        yield from (Paper(paper.name_vi) for paper in known.papers if paper.required and paper.code not in brought)


def _entry(line: Mapping[str, Any], agency: str, t: Texts, directory: Directory, lang: Lang) -> Entry:
    who = t.label("review_role", line["role"])
    giver = directory.delegations.giver(line["by"], line["role"], agency, line["at"])
    behalf = " " + t("review.on_behalf", officer=directory.officers.name(giver)) if giver else ""
    return Entry(
        parse_instant(line["at"]),
        t.label("review_did", line["type"]),
        who
        if line["by"] == "rule" or line["role"] in APPLICANTS
        else f"{who} {directory.officers.name(line['by'])}{behalf}",
        "\n".join(_words(line, t, directory, lang)),
    )


def _words(line: Mapping[str, Any], t: Texts, directory: Directory, lang: Lang) -> Iterator[str]:
    if agency := line.get("agency"):
        name = directory.agency_name(agency, line.get("agency_name", ""), lang)
        yield t("review.question", number=line["id"], agency=name) if line.get("id") else name
    if limit := line.get("limit"):
        yield t("review.answer_by", at=local_time(parse_instant(limit), lang))
    if proposal := line.get("proposal"):
        yield t.label("review_proposal", proposal)
    if "amount_vnd" in line:
        yield t("review.dong", amount=number(line["amount_vnd"], lang))
    if "amount" in line:
        yield t.label("review_unit", line["unit"]).format(n=line["amount"])
    if appointment := line.get("appointment"):
        yield t("review.new_appointment", at=local_time(parse_instant(appointment), lang))
    if line.get("late"):
        yield t("review.apology_late")
    if officer := line.get("officer"):
        yield t("review.given_to", officer=directory.officers.name(officer))
    if names := line.get("names"):
        yield ", ".join(names)
    if fields := line.get("fields"):
        yield ", ".join(fields)
    if text := line.get("text"):
        yield text


def _links(id_: str, view: Mapping[str, Any], t: Texts, lang: Lang, intake: str | None) -> Sequence[Link]:
    if intake is None or view.get("documents") is None:
        return ()
    return (Link(t("review.all_papers"), f"{intake}/dossiers/{id_}/documents?lang={lang}"),)


def _evidence(
    id_: str, view: Mapping[str, Any], who: Principal, t: Texts, lang: Lang, intake: str | None
) -> Iterator[Link]:
    """For the office that decides: it is sealed, and kept at intake alone."""
    if intake is not None and view.get("registers") and (who.agency == view["agency"] or reads_in_emergency(who, view)):
        yield Link(t("review.evidence"), f"{intake}/dossiers/{id_}/evidence?lang={lang}")


def _forms(id_: str, dossier: Dossier[State], who: Principal, t: Texts) -> Iterator[Link]:
    if who.agency == dossier.state.get("agency"):
        for form in due_forms(dossier.state):
            yield Link(t.label("review_form", form), own_url(f"/api/v1/dossiers/{id_}/forms/{form}"))


def _hurried(step: str, dossier: Dossier[State], day: Day, t: Texts) -> str:
    soon = closing(dossier.state, day) and dossier.state["due"] >= day.now
    return t("review.soon", step=step) if soon else step


def _more_time(id_: str, dossier: Dossier[State], who: Principal, day: Day, t: Texts, lang: Lang) -> Iterator[Link]:
    """Where the appointment is near or past: form 04 as it would be, and the way to asking for more time, or giving it."""
    state = dossier.state
    if who.agency != state.get("agency") or not closing(state, day):
        return
    yield Link(t("review.draft"), own_url(f"/api/v1/dossiers/{id_}/forms/{DRAFT}"))
    giving = "extend" if "extension" in state else "extend-unasked"
    wanted = giving if "leader" in who.roles else "request-extension"
    allowed = POLICY.may(who, "extend" if "leader" in who.roles else wanted, state)
    if allowed and wanted in actions_now(dossier, who) and not (wanted == "request-extension" and "extension" in state):
        yield Link(t.label("review_more_time", wanted), own_url(f"/cases/{id_}?lang={lang}&do={wanted}#does"))


def _suggested(view: Mapping[str, Any], reason: str) -> Mapping[str, Mapping[str, str]]:
    """What was asked for, where a leader only has to agree; the question when one alone is open; why more time is needed."""
    found: dict[str, dict[str, str]] = {name: {"reason": reason} for name in ("request-extension", "extend-unasked")}
    if extension := view.get("extension"):
        found["extend"] = {"amount": str(extension["amount"]), "reason": extension.get("reason", "")}
    if len(opinions := list(view.get("consultations") or ())) == 1:
        found["withdraw-consultation"] = {"id": opinions[0]["id"]}
    return found
