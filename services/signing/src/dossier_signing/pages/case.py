"""The page of one result: what its leader reads and looks at before they sign it, or send it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from fastapi import APIRouter

from dossier_shared.clock import Clock, instant, parse_instant
from dossier_shared.http.policy import Context, Decision
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Runner
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.engine import Collection
from dossier_shared.pages.case import Case, Entry, Paper, Tone, case_router
from dossier_shared.pages.rendering import officer_name
from dossier_shared.pages.texts import Lang, Texts, texts
from dossier_shared.problems import NotFound, Problem
from dossier_shared.runtime.directory import Directory
from dossier_shared.vocabulary.answers import Row
from dossier_signing.commands import VERBS, World
from dossier_signing.documents.previews import Preview
from dossier_signing.documents.printed import odd_letters
from dossier_signing.pages.work_list import SUBSTITUTED, apart, said_of
from dossier_signing.policy import POLICY
from dossier_signing.state import SIGNATURE, State

_TONES: Mapping[str, Tone] = {"approved": "good", "signed": "good", "in_review": "going"}


def case_pages(dossiers: Collection, directory: Directory, clock: Clock, runner: Runner[World]) -> APIRouter:
    async def load(who: Principal, id_: str, lang: Lang) -> Case:
        dossier = (await dossiers.load([id_])).get(id_)
        if dossier is None or "code" not in dossier.state:
            raise NotFound()
        POLICY.demand(who, "open", dossier.state)
        points = bool(odd_letters(dossier.state)) or dossier.state.get("failure") in SUBSTITUTED
        try:
            seen = await runner.world.shows(id_, who, clock.now(), points)
        except Problem:  # the leader still reads what there is, and sends it back
            seen = None
        barred = POLICY.decide(who, "sign", dossier.state, Context(runner.world))
        return case_of(directory.shown(dossier), lang, instant(clock.now()), seen, points, barred)

    return case_router(lambda t: t("signing.title"), load, VERBS, runner, POLICY.roles("open"))


def case_of(
    dossier: Dossier[State], lang: Lang, now: str, seen: Preview | None, points: bool, decision: Decision | None = None
) -> Case:
    """`seen`: the document as it would be signed, `points`: with code points for letters no font has.
    `decision`: whether its reader may sign it."""
    state, t = dossier.state, texts(lang)
    due, waits = state["appointment"], state["stage"] == SIGNATURE
    sign = ("substitute-seen" if points else "sign-seen",) if seen else ()
    return Case(
        id=dossier.id,
        resource=state,
        version=dossier.version,
        code=state["code"],
        procedure=state["procedure_name"] or state["procedure"],
        status=t.label("signing_status", state["status"]),
        tone=_TONES.get(state["status"], "bad"),
        turn=apart(_turn(state, t), decision, t) if waits else _turn(state, t),
        due=parse_instant(due) if due else None,
        late=waits and bool(due) and str(due) < now,
        facts=[*_facts(state, seen, t)],
        papers=[*_papers(dossier, seen, points, t)],
        thread=[*_thread(dossier, t)],
        actions=(*sign, "send-back") if waits else (),
        suggested={name: {"preview": seen.sha256, "preview_at": seen.at} for name in sign} if seen else None,
    )


def _turn(state: State, t: Texts) -> str:
    if state["stage"] == SIGNATURE:
        said = said_of(state, t)
        return t("signing.leaders_turn", said=said)
    return t.label("signing_turn", "signing" if "intent" in state else state["status"])


def _facts(state: State, seen: Preview | None, t: Texts) -> Iterator[Row]:
    yield Row(t("signing.holder"), state["holder"] or "–")
    if state["status"] == "rejected":
        yield Row(t("signing.reason"), state["reason"] or "–")
    for row in state["summary"] if isinstance(state["summary"], list) else ():
        if isinstance(row, dict) and row.get("label_vi"):  # of an old event it may be anything
            label = row.get("label_en") if t.lang == "en" else None
            yield Row(str(label or row["label_vi"]), str(row.get("value", "")))
    if seen is not None:
        yield Row(t("signing.hash"), seen.sha256)


def _papers(dossier: Dossier[State], seen: Preview | None, points: bool, t: Texts) -> Iterator[Paper]:
    base = f"/api/v1/dossiers/{dossier.id}"
    if seen is not None:
        asked = {"at": seen.at} | ({"substitute": "true"} if points else {})
        yield Paper(t("signing.to_sign"), "PDF", own_url(f"{base}/preview?{urlencode(asked)}"))
    if (made := dossier.state.get("result")) is not None and made["file"]:
        yield Paper(t("signing.signed_document"), "PDF", own_url(f"{base}/result"))


def _thread(dossier: Dossier[State], t: Texts) -> Iterator[Entry]:
    """What was done here, the latest last."""
    for entry in dossier.journal:
        event = dossier.event("signing", entry)
        what = t.label("signing_event", event.type)
        why = ""
        if event.type == "signing-failed":
            why = t.label("signing_failure", event.data["reason"], t("signing.error", code=event.data["reason"]))
        elif event.sealed is not None:
            why = event.open().get("reason") or ""
        role, _, sub = event.actor.partition(":")
        yield Entry(parse_instant(event.time), what, "" if role == "rule" else officer_name(sub), why)
