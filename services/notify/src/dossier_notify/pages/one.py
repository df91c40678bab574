"""One result as the counter reads it before and after it is handed over."""

from __future__ import annotations

from collections.abc import Iterator

from dossier_notify.schemas import delivery_view
from dossier_notify.state import State
from dossier_shared.clock import parse_instant
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.case import Case, Entry, Link
from dossier_shared.pages.texts import Lang, Texts, texts
from dossier_shared.vocabulary.answers import Row


def case_of(dossier: Dossier[State], lang: Lang, signing: str | None = None) -> Case:
    """`signing`: that service's public address, where it is known."""
    state, t = dossier.state, texts(lang)
    delivered, signed = "delivery" in state, "result" in state
    stands = "delivered" if delivered else "waits" if signed else "not_yet"
    result = f"{signing}/api/v1/dossiers/{dossier.id}/result"
    return Case(
        id=dossier.id,
        resource=state,
        version=dossier.version,
        code=state["code"],
        procedure=state["procedure_name"] or state["procedure"],
        status=t.label("handing_status", stands),
        tone="good" if delivered else "going",
        turn=t.label("handing_turn", stands),
        facts=[*_facts(state, t)],
        thread=[*_thread(dossier, t)],
        actions=("hand-over",) if signed and not delivered else (),
        links=[Link(t("handing.result"), result)]
        if signing and signed and state["result"]["kind"] != "registry"
        else (),
        suggested={"hand-over": {"receiver": state.get("applicant", "")}},
    )


def _facts(state: State, t: Texts) -> Iterator[Row]:
    yield Row(t("handing.applicant"), state.get("applicant") or "–")
    yield Row(t("handing.wished"), t.label("handing_wish", state.get("wished", "")) or "–")
    if "result" in state:
        yield Row(t("handing.number"), state["result"]["number"])


def _thread(dossier: Dossier[State], t: Texts) -> Iterator[Entry]:
    state, view = dossier.state, delivery_view(dossier)
    if "result" in state:
        yield Entry(parse_instant(state["result"]["at"]), t("handing.signed"), "")
    for message in view["messages"]:
        told = t.label("handing_message", message["status"], message["status"])
        yield Entry(parse_instant(message["requested_at"]), told, message["to"], message["text"])
    if (handed := view["delivery"]) is not None and handed["receiver"]:
        shown = t.label("handing_paper", handed["identified_by"] or "", "")
        words = [
            shown,
            handed["id_number"],
            handed["authority"],
            t.label("handing_signed_on", handed["signed_on"] or "", ""),
        ]
        yield Entry(
            parse_instant(handed["at"]),
            t("handing.handed"),
            handed["receiver"],
            " · ".join(word for word in words if word),
        )
