"""What registers of the State answered for a filing, as an officer reads it: which, when, by which law. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.state_types import Awaited
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.pages.rendering import local_time
from dossier_shared.pages.texts import Lang, Texts
from dossier_shared.vocabulary.answers import Row, Section

TOLD: Final = ("name", "date_of_birth", "sex", "residence", "household_head")


def evidence_sections(
    events: Sequence[Event],
    awaits: Sequence[Awaited],
    catalogue: Catalogue,
    procedure: str,
    t: Texts,
    lang: Lang,
) -> Iterator[Section]:
    """One of each register that was asked, or was to be: the last answer, where it was asked again."""
    found: dict[str, Mapping[str, Any]] = {}
    later: dict[str, str] = {}
    for event in events:
        if event.type == "submitted":
            found |= {one["source"]: one for one in event.open().get("evidence", ())}
        elif event.type == "evidence-received" and (
            again := event.open().get("evidence")
        ):  # of who is erased there is none
            found[again["source"]], later[again["source"]] = again, event.time
    until = {one["source"]: one["until"] for one in awaits}
    for source, one in found.items():
        rows = list(_rows(one, catalogue, procedure, t, lang))
        if at := later.get(source):
            rows.append(Row(t("evidence.again"), local_time(parse_instant(at), lang)))
        if limit := until.get(source):
            rows.append(
                Row(t("evidence.awaited"), t("evidence.awaited_until", at=local_time(parse_instant(limit), lang)))
            )
        yield Section(t("evidence.title", register=t.label("vault_source", source)), tuple(rows))


def _rows(one: Mapping[str, Any], catalogue: Catalogue, procedure: str, t: Texts, lang: Lang) -> Iterator[Row]:
    said = t.label("vault_outcome", one["outcome"])
    if one["outcome"] == "unavailable":
        said = t("evidence.given_up") if one.get("reason") == "given-up" else t("evidence.away")
    elif one["outcome"] == "not-asked":
        said = t("evidence.not_asked")
    yield Row(t("evidence.outcome"), said)
    if one.get("at"):
        yield Row(t("evidence.at"), local_time(parse_instant(one["at"]), lang))
    if one.get("legal_basis"):
        yield Row(t("evidence.basis"), "; ".join(one["legal_basis"]))
    if one.get("papers"):
        names = (catalogue.paper_name(procedure, code) or code for code in one["papers"])
        yield Row(t("evidence.instead_of"), "; ".join(names))
    for name in TOLD:
        if value := one.get("facts", {}).get(name):
            yield Row(t.label("evidence_fact", name), _shown(name, str(value), t))
    for held in one.get("results", ()):
        until = held.get("valid_until")
        valid = t("evidence.until", day=_day(until)) if until else t("evidence.open_ended")
        yield Row(held["name"], f"{held['number']}, {held['issued_by']} ({valid})")
    if one.get("digest"):
        yield Row(t("evidence.digest"), one["digest"])


def _shown(name: str, value: str, t: Texts) -> str:
    if name == "sex":
        return {"male": t("file.male"), "female": t("file.female")}.get(value, value)
    return _day(value) if name == "date_of_birth" else value


def _day(day: str) -> str:
    return "/".join(reversed(day.split("-")))
